"""Layer table + arrays → a .keras file, the same bytes every time.

Written by Keras itself, in the environment of tensorflow.lock. Input «input» is NCHW with a free batch, as in the
manifest; TensorFlow convolves NHWC on processors, so the first layer, «channels_last», transposes the pictures once and
everything behind it is NHWC. Output «logits», float32. Padding is the table's own: «same» where Keras pads equally on
both sides (odd kernel, stride 1), else a layer that pads, with zeros before convolutions and with the lowest float32
before maxima. Arrays are only transposed and copied. Dates and object identities, which vary, are taken out.
"""

import importlib
import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.artifacts.files import written
from tasks.artifacts.layers import Layer, Network
from tasks.artifacts.stream import Arrays
from tasks.artifacts.zips import packed
from tasks.errors import Refused

LOWEST = float(np.finfo(np.float32).min)
VARYING = ("shared_object_id", "date_saved")


def write_keras(network: Network, arrays: Arrays, path: Path) -> None:
    """Put the model at ``path``, whole or not at all. Raises Refused for a parameter that is missing or misshapen."""
    keras = importlib.import_module("keras")
    model = to_keras(keras, network)
    for layer in network.layers:
        if layer.parameters:
            model.get_layer(layer.output).set_weights(weights(network, layer, arrays))
    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/model.keras")
        written(path, normalized((Path(folder) / "model.keras").read_bytes()))


def to_keras(keras: Any, network: Network) -> Any:
    """The functional model; a layer is named as its output."""
    given = keras.Input(network.input_shape, name="input", dtype="float32")
    values = {"input": keras.layers.Permute((2, 3, 1), name="channels_last")(given)}
    for layer in network.layers:
        values[layer.output] = _put(keras, layer, [values[name] for name in layer.inputs])
    return keras.Model(given, values["logits"], name=network.name)


def _put(keras: Any, layer: Layer, inputs: list[Any]) -> Any:
    layers, value, name = keras.layers, inputs[0], layer.output
    match layer.op:
        case "conv":
            padded, padding = _padded(keras, layer, value, 0.0)
            kernel, stride = int(layer.attributes["kernel"]), int(layer.attributes["stride"])
            options = {"padding": padding, "use_bias": False, "name": name}
            return layers.Conv2D(layer.shapes[0][0], kernel, stride, **options)(padded)
        case "batch_norm":
            return layers.BatchNormalization(epsilon=layer.attributes["epsilon"], name=name)(value)
        case "relu":
            return layers.ReLU(name=name)(value)
        case "max_pool":
            padded, padding = _padded(keras, layer, value, LOWEST)
            kernel, stride = int(layer.attributes["kernel"]), int(layer.attributes["stride"])
            return layers.MaxPooling2D(kernel, stride, padding=padding, name=name)(padded)
        case "add":
            return layers.Add(name=name)(inputs)
        case "global_average_pool":
            return layers.GlobalAveragePooling2D(keepdims=True, name=name)(value)
        case "flatten":
            return layers.Flatten(name=name)(_channels_first(keras, layer, value))
        case "linear":
            return layers.Dense(layer.shapes[0][0], name=name)(value)
    raise Refused(f"{layer.name}: the operator {layer.op} has no Keras form in tasks/artifacts/keras_writer.py.")


def _padded(keras: Any, layer: Layer, value: Any, filling: float) -> tuple[Any, str]:
    """The value with the table's padding around it, and what Keras is then told to pad."""
    side, rest = padding(layer)
    if side == 0:
        return value, rest
    if filling == 0.0:
        return keras.layers.ZeroPadding2D(side, name=f"{layer.output}.padding")(value), rest
    around = ((0, 0), (side, side), (side, side), (0, 0))
    return keras.ops.pad(value, around, constant_values=filling), rest


def _channels_first(keras: Any, layer: Layer, value: Any) -> Any:
    """The value in the table's order; a single pixel has no other."""
    if tuple(value.shape[1:3]) == (1, 1):
        return value
    return keras.layers.Permute((3, 1, 2), name=f"{layer.output}.channels_first")(value)


def padding(layer: Layer) -> tuple[int, str]:
    """Pixels to put around a picture beforehand, and how its window is then padded: «valid» or «same»."""
    kernel, stride, side = (int(layer.attributes[key]) for key in ("kernel", "stride", "padding"))
    return (0, "same") if side and stride == 1 and kernel == 2 * side + 1 else (side, "valid")


def weights(network: Network, layer: Layer, arrays: Arrays) -> list[NDArray[np.float32]]:
    """The layer's arrays as TensorFlow holds them: (out, in, h, w) → (h, w, in, out), (out, in) → (in, out)."""
    found = []
    for name, shape in layer.parameters.items():
        if name not in arrays:
            raise Refused(f"{network.name} needs the parameter {name}, which the weights do not hold.")
        if arrays[name].shape != shape:
            raise Refused(f"{network.name}: {name} has shape {arrays[name].shape}, the layer table says {shape}.")
        order = {4: (2, 3, 1, 0), 2: (1, 0)}.get(len(shape), (0,))
        found.append(np.ascontiguousarray(arrays[name].transpose(order), np.float32))
    return found


def normalized(data: bytes) -> bytes:
    """A .keras file without what varies between two savings of one model."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in sorted(archive.namelist())}
    for name in ("config.json", "metadata.json"):
        members[name] = json.dumps(_steady(json.loads(members[name])), sort_keys=True).encode()
    return packed(members)


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _steady(inner) for key, inner in value.items() if key not in VARYING}
    return [_steady(inner) for inner in value] if isinstance(value, list) else value
