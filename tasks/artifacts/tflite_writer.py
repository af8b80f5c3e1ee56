"""Layer table + arrays → a .tflite file, the same bytes every time.

Written by TensorFlow's own converter, in the environment of tensorflow.lock. Signature: input «input», NCHW with a free
batch as in the manifest, output «logits»; the pictures are transposed once, as in keras_writer.py, and everything
behind that is NHWC. The converter folds batch normalisation into convolutions. Its factor and shift are computed here,
in float64 and by NumPy, so that what is left to the converter are single products of float32: every machine rounds them
alike. Padding is as in keras_writer.py.
"""

import importlib
import math
from pathlib import Path
from typing import Any

import numpy as np

from tasks.artifacts.files import written
from tasks.artifacts.keras_writer import LOWEST, padding, weights
from tasks.artifacts.layers import Layer, Network
from tasks.artifacts.stream import Arrays
from tasks.errors import Refused


def write_tflite(network: Network, arrays: Arrays, path: Path) -> None:
    """Put the model at ``path``, whole or not at all. Raises Refused for a parameter that is missing or misshapen."""
    own = {layer.name: weights(network, layer, arrays) for layer in network.layers}
    tf = importlib.import_module("tensorflow")
    module, function = to_function(tf, network, own)
    written(path, tf.lite.TFLiteConverter.from_concrete_functions([function], module).convert())


def to_function(tf: Any, network: Network, own: dict[str, Any]) -> tuple[Any, Any]:
    """A module that holds nothing, and its one function with the arrays as constants."""
    given = tf.TensorSpec((None, *network.input_shape), tf.float32, name="input")

    def run(pictures: Any) -> dict[str, Any]:
        values = {"input": tf.transpose(pictures, (0, 2, 3, 1))}
        for layer in network.layers:
            values[layer.output] = _put(tf, layer, [values[name] for name in layer.inputs], own[layer.name])
        return {"logits": values["logits"]}

    module = tf.Module()
    module.run = tf.function(run, input_signature=[given], autograph=False)
    return module, module.run.get_concrete_function()


def _put(tf: Any, layer: Layer, inputs: list[Any], own: list[Any]) -> Any:
    value = inputs[0]
    match layer.op:
        case "conv":
            value, around = _padded(tf, layer, value, 0.0)
            return tf.nn.conv2d(value, own[0], int(layer.attributes["stride"]), around)
        case "batch_norm":
            factor, shift = _affine(layer, own)
            return value * factor + shift
        case "relu":
            return tf.nn.relu(value)
        case "max_pool":
            value, around = _padded(tf, layer, value, LOWEST)
            kernel, stride = int(layer.attributes["kernel"]), int(layer.attributes["stride"])
            return tf.nn.max_pool2d(value, kernel, stride, around)
        case "add":
            return inputs[0] + inputs[1]
        case "global_average_pool":
            return tf.reduce_mean(value, (1, 2), keepdims=True)
        case "flatten":
            return tf.reshape(tf.transpose(value, (0, 3, 1, 2)), (-1, math.prod(value.shape[1:])))
        case "linear":
            return tf.matmul(value, own[0]) + own[1]
    raise Refused(f"{layer.name}: the operator {layer.op} has no TFLite form in tasks/artifacts/tflite_writer.py.")


def _padded(tf: Any, layer: Layer, value: Any, filling: float) -> tuple[Any, str]:
    """The value with zeros or the lowest float32 around it, and what the operator is then told to pad."""
    side, around = padding(layer)
    sides = ((0, 0), (side, side), (side, side), (0, 0))
    return tf.pad(value, sides, constant_values=filling) if side else value, around.upper()


def _affine(layer: Layer, own: list[Any]) -> tuple[Any, Any]:
    """Batch normalisation as value × factor + shift; both float32, rounded once."""
    weight, bias, mean, variance = (array.astype(np.float64) for array in own)
    factor = weight / np.sqrt(variance + layer.attributes["epsilon"])
    return factor.astype(np.float32), (bias - mean * factor).astype(np.float32)
