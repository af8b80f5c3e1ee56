"""Convolutions, pooling, and resizing, with the channels last; a series is a picture of height one."""

from typing import Any

import numpy as np

from tasks.artifacts.zoo.formats.tf.values import HERE, Node, Values, Write
from tasks.errors import Refused

LOWEST = float(np.finfo(np.float32).min)


def _conv(values: Values, node: Node) -> None:
    """As a convolution of pictures; a series is a picture of height one."""
    how, value, weight = node["attributes"], values.last(node["inputs"][0]), values.first(node["inputs"][1])
    if not isinstance(weight, np.ndarray):
        raise Refused(f"A convolution whose weights are computed has no {HERE}.")
    flat, tf = weight.ndim == 3, values.tf
    spatial = weight.ndim - 2
    strides, dilations = how.get("strides", [1] * spatial), how.get("dilations", [1] * spatial)
    pads = how.get("pads", [0] * 2 * spatial)
    if flat:
        value, weight = value[:, None], weight[:, :, None]
        strides, dilations, pads = [strides[0]] * 2, [1, dilations[0]], [0, pads[0], 0, pads[1]]
    value, around = _around(tf, value, list(weight.shape[2:]), strides, dilations, pads)
    group = how.get("group", 1)
    if group == 1 or weight.shape[1] > 1:
        answer = tf.nn.conv2d(value, weight.transpose(2, 3, 1, 0), strides, around, dilations=dilations)
    else:
        answer = _depthwise(tf, value, weight, group, strides, dilations, around)
    if len(node["inputs"]) > 2 and node["inputs"][2]:
        answer = answer + values.first(node["inputs"][2])
    values.put(node["outputs"][0], answer[:, 0] if flat else answer, last=True)


def _depthwise(tf: Any, value: Any, weight: Any, group: int, strides: Any, dilations: Any, around: str) -> Any:
    per = weight.shape[0] // group  # outputs of a channel
    kernel = weight.reshape(group, per, *weight.shape[2:]).transpose(2, 3, 0, 1)
    return tf.raw_ops.DepthwiseConv2dNative(
        input=value, filter=kernel, strides=[1, *strides, 1], padding=around, dilations=[1, *dilations, 1]
    )


def _around(tf: Any, value: Any, kernel: list[int], strides: Any, dilations: Any, pads: list[int]) -> tuple[Any, str]:
    """The value with zeros around it, and what the operator is then told to pad."""
    half = len(pads) // 2
    if not any(pads):
        return value, "VALID"
    same = [d * (k - 1) for d, k in zip(dilations, kernel, strict=True)]
    even = all(s == 1 for s in strides) and all(2 * p == s for p, s in zip(pads, same * 2, strict=True))
    if even:
        return value, "SAME"
    sides = [[0, 0], *([pads[i], pads[half + i]] for i in range(half)), [0, 0]]
    return tf.pad(value, sides), "VALID"


def _conv_transpose(values: Values, node: Node) -> None:
    how, value, weight = node["attributes"], values.last(node["inputs"][0]), values.first(node["inputs"][1])
    flat, spatial, tf = weight.ndim == 3, weight.ndim - 2, values.tf
    if how.get("group", 1) != 1 or max(how.get("dilations", [1])) > 1:
        raise Refused(f"A transposed convolution in groups has no {HERE}.")
    strides, pads = how.get("strides", [1] * spatial), how.get("pads", [0] * 2 * spatial)
    more = how.get("output_padding", [0] * spatial)
    if flat:
        value, weight = value[:, None], weight[:, :, None]
        strides, pads, more = [1, strides[0]], [0, pads[0], 0, pads[1]], [0, more[0]]
    sides = [(n - 1) * s + k for n, s, k in zip(value.shape[1:3], strides, weight.shape[2:], strict=True)]
    rows = values.sides(values.shapes[node["inputs"][0]][:1])
    shape = tf.concat([rows, [*sides, weight.shape[1]]], 0)
    answer = tf.nn.conv2d_transpose(value, weight.transpose(2, 3, 1, 0), shape, strides, "VALID")
    if any(more):
        answer = tf.pad(answer, [[0, 0], *([0, m] for m in more), [0, 0]])
    ends = [n + m - p for n, m, p in zip(sides, more, pads[2:], strict=True)]
    if any(pads):
        answer = answer[:, pads[0] : ends[0], pads[1] : ends[1]]
    if len(node["inputs"]) > 2:
        answer = answer + values.first(node["inputs"][2])
    values.put(node["outputs"][0], answer[:, 0] if flat else answer, last=True)


def _pool(kind: str) -> Write:
    def put(values: Values, node: Node) -> None:
        how, value, tf = node["attributes"], values.last(node["inputs"][0]), values.tf
        if how.get("ceil_mode") or max(how.get("dilations", [1])) > 1:
            raise Refused(f"Pooling beyond the border has no {HERE}.")
        kernel, flat = how["kernel_shape"], len(how["kernel_shape"]) == 1
        strides, pads = how.get("strides", [1] * len(kernel)), how.get("pads", [0] * 2 * len(kernel))
        if flat:
            value, kernel, strides, pads = value[:, None], [1, *kernel], [1, *strides], [0, pads[0], 0, pads[1]]
        if any(pads):
            if kind == "avg" and not how.get("count_include_pad"):
                raise Refused(f"An average without its padding has no {HERE}.")
            sides = [[0, 0], [pads[0], pads[2]], [pads[1], pads[3]], [0, 0]]
            value = tf.pad(value, sides, constant_values=LOWEST if kind == "max" else 0.0)
        answer = getattr(tf.nn, f"{kind}_pool2d")(value, kernel, strides, "VALID")
        values.put(node["outputs"][0], answer[:, 0] if flat else answer, last=True)

    return put


def _resize(values: Values, node: Node) -> None:
    how, out = node["attributes"], values.shapes[node["outputs"][0]]
    where = how.get("coordinate_transformation_mode", "half_pixel")
    mode, nearest = how.get("mode", "nearest"), how.get("nearest_mode", "round_prefer_floor")
    exact = (mode, where, nearest) if mode == "nearest" else (mode, where)
    options = {
        ("nearest", "asymmetric", "floor"): {},
        ("linear", "half_pixel"): {"half_pixel_centers": True},
        ("linear", "pytorch_half_pixel"): {"half_pixel_centers": True},
        ("linear", "asymmetric"): {},
        ("linear", "align_corners"): {"align_corners": True},
    }.get(exact)
    if options is None or len(out) != 4:
        raise Refused(f"Resizing by {', '.join(exact)} has no {HERE}.")
    name = {"nearest": "resize_nearest_neighbor", "linear": "resize_bilinear"}[mode]
    resized = getattr(values.tf.compat.v1.image, name)(values.last(node["inputs"][0]), out[2:], **options)
    values.put(node["outputs"][0], resized, last=True)


def _depth_to_space(values: Values, node: Node) -> None:
    """TensorFlow counts channels inside a block, PyTorch («CRD») blocks inside a channel."""
    side, value = node["attributes"]["blocksize"], values.last(node["inputs"][0])
    channels = values.shapes[node["inputs"][0]][1]
    if node["attributes"].get("mode", "DCR") == "CRD" and channels != side * side:
        order = np.arange(channels).reshape(-1, side * side).T.reshape(-1)
        value = values.tf.gather(value, order.astype(np.int32), axis=3)
    values.put(node["outputs"][0], values.tf.nn.depth_to_space(value, side), last=True)


OPERATORS: dict[str, Write] = {
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "MaxPool": _pool("max"),
    "AveragePool": _pool("avg"),
    "Resize": _resize,
    "DepthToSpace": _depth_to_space,
}
