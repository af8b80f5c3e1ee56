"""Layer table + arrays → MXNet's symbol and parameters in one ZIP, the same bytes every time.

Written by MXNet itself, in its own environment (mxnet.lock). Members: «symbol.json» and «weights.params». Input
«input» with a free batch (0 in MXNet's shapes), output «logits» (MXNet says «logits_output»), float32. Arrays are only
copied: nothing is computed, folded or fused.
"""

import importlib
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from tasks.artifacts.files import written
from tasks.artifacts.layers import STATISTICS, Layer, Network
from tasks.artifacts.stream import Arrays
from tasks.artifacts.zips import packed
from tasks.errors import Refused

SYMBOL, WEIGHTS = "symbol.json", "weights.params"


def write_mxnet(network: Network, arrays: Arrays, path: Path) -> None:
    """Put the model at ``path``, whole or not at all. Raises Refused for a parameter that is missing or misshapen."""
    mx = importlib.import_module("mxnet")
    symbol = json.dumps(json.loads(to_symbol(mx, network).tojson()), sort_keys=True)
    written(path, packed({SYMBOL: symbol.encode(), WEIGHTS: _parameters(mx, network, arrays)}))


def to_symbol(mx: Any, network: Network) -> Any:
    """The graph as MXNet's symbol."""
    values = {"input": mx.sym.Variable("input", shape=(0, *network.input_shape), dtype="float32")}
    for layer in network.layers:
        own = [mx.sym.Variable(name) for name in layer.parameters]
        values[layer.output] = _put(mx.sym, layer, [values[name] for name in layer.inputs], own)
    return values["logits"]


def _put(sym: Any, layer: Layer, inputs: list[Any], own: list[Any]) -> Any:
    """One operator, named as its output."""
    value, name = inputs[0], layer.output
    match layer.op:
        case "conv":
            channels = layer.shapes[0][0]
            return sym.Convolution(value, *own, num_filter=channels, no_bias=True, name=name, **_window(layer))
        case "batch_norm":
            epsilon = layer.attributes["epsilon"]
            return sym.BatchNorm(value, *own, eps=epsilon, fix_gamma=False, use_global_stats=True, name=name)
        case "relu":
            return sym.Activation(value, act_type="relu", name=name)
        case "max_pool":  # what is padded never wins: MXNet leaves it out of the window
            return sym.Pooling(value, pool_type="max", name=name, **_window(layer))
        case "add":
            return sym.elemwise_add(*inputs, name=name)
        case "global_average_pool":
            return sym.Pooling(value, pool_type="avg", global_pool=True, kernel=(1, 1), name=name)
        case "flatten":
            return sym.Flatten(value, name=name)
        case "linear":
            return sym.FullyConnected(value, *own, num_hidden=layer.shapes[0][0], name=name)
    raise Refused(f"{layer.name}: the operator {layer.op} has no MXNet form in tasks/artifacts/mxnet_writer.py.")


def _window(layer: Layer) -> dict[str, tuple[int, int]]:
    kernel, stride, padding = (int(layer.attributes[key]) for key in ("kernel", "stride", "padding"))
    return {"kernel": (kernel, kernel), "stride": (stride, stride), "pad": (padding, padding)}


def _parameters(mx: Any, network: Network, arrays: Arrays) -> bytes:
    """MXNet's binary format, in table order; «aux:» for the statistics, «arg:» for what is learned."""
    named = {}
    for name, shape in network.parameters().items():
        if name not in arrays:
            raise Refused(f"{network.name} needs the parameter {name}, which the weights do not hold.")
        if arrays[name].shape != shape:
            raise Refused(f"{network.name}: {name} has shape {arrays[name].shape}, the layer table says {shape}.")
        kind = "aux" if name.endswith(STATISTICS) else "arg"
        named[f"{kind}:{name}"] = mx.nd.array(np.ascontiguousarray(arrays[name], "<f4"), dtype="float32")
    with tempfile.TemporaryDirectory() as folder:
        mx.nd.save(f"{folder}/{WEIGHTS}", named)
        return (Path(folder) / WEIGHTS).read_bytes()
