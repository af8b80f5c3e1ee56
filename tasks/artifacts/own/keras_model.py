"""A .keras file as data: its tensors, from its configuration. Lambda layers and classes of its own are refused."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tasks.artifacts.own.found import Found, Port
from tasks.errors import Refused
from tasks.predictors._keras_file import require_data

LAYERS = ("Functional", "Model", "Sequential")


def read(path: Path) -> Found:
    """What the file says. Raises TouchstoneError where it is damaged, or no data; Refused where it has no inputs."""
    require_data(path)
    with zipfile.ZipFile(path) as archive:
        model = json.loads(archive.read("config.json"))
        said = json.loads(archive.read("metadata.json"))
    if model.get("class_name") not in LAYERS:
        raise Refused(
            f"{path} is a {model.get('class_name')}, and only functional and sequential models say their inputs."
        )
    layers = {layer["config"]["name"]: layer for layer in model["config"]["layers"]}
    first, last = _ends(model)
    given = tuple(_input(path, layers[name], list(layers.values())) for name in first)
    outputs = tuple(Port(name, None, _dtype(layers[name])) for name in last)
    return Found(
        "keras", path, given, outputs, facts=(f"Keras {said.get('keras_version', '?')}", f"{len(layers)} layers")
    )


def _ends(model: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The names of the layers that take inputs, and of those that give outputs."""
    config = model["config"]
    if model["class_name"] == "Sequential":
        return [config["layers"][0]["config"]["name"]], [config["layers"][-1]["config"]["name"]]
    return list(_named(config["input_layers"])), list(_named(config["output_layers"]))


def _named(places: Any) -> Iterator[str]:
    """Names of layers in ["name", 0, 0], or lists or dictionaries of these."""
    if isinstance(places, dict):
        places = list(places.values())
    if places and isinstance(places[0], str):
        yield places[0]
        return
    for place in places:
        yield from _named(place)


def _input(path: Path, layer: dict[str, Any], layers: list[dict[str, Any]]) -> Port:
    config = layer["config"]
    if layer["class_name"] != "InputLayer" or not config.get("batch_shape"):
        raise Refused(
            f"{path} does not say what goes in: its first layer is {layer['class_name']}. Begin the model with "
            "keras.Input(shape), and save it again."
        )
    rows = [other["config"]["input_dim"] for other in layers if _reads(other, config["name"], layers)]
    values = (0, min(rows) - 1) if rows else None
    why = f"the table that it looks up in has {min(rows)} rows" if rows else ""
    return Port(config["name"], tuple(config["batch_shape"]), _dtype(layer), values, why)


def _reads(layer: dict[str, Any], name: str, layers: list[dict[str, Any]]) -> bool:
    """Whether it is a table that this input looks up in; in a sequential model the layer behind the input is."""
    if layer["class_name"] != "Embedding":
        return False
    inbound = json.dumps(layer.get("inbound_nodes") or [])
    return f'"{name}"' in inbound or (inbound == "[]" and layers.index(layer) == 1)


def _dtype(layer: dict[str, Any]) -> str:
    """What a layer computes in; a policy such as mixed_bfloat16 names two types."""
    said = layer["config"].get("dtype", "float32")
    name = said["config"]["name"] if isinstance(said, dict) else said
    return str(name).removeprefix("mixed_")
