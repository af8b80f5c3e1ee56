"""Convolutions, pooling, and resizing, of pictures and of series."""

from typing import Any

from tasks.artifacts.zoo.formats.mx.values import HERE, LARGE, Node, Values, Write
from tasks.errors import Refused


def padded(values: Values, symbol: Any, axis: int, before: int, after: int, number: float) -> Any:
    """The symbol with so many slices of a number on both sides of an axis."""
    if not (before or after):
        return symbol
    one = values.sym.slice_axis(symbol, axis=axis, begin=0, end=1) * 0 + number
    beside = [values.sym.broadcast_axis(one, axis=axis, size=count) if count else None for count in (before, after)]
    parts = [part for part in (beside[0], symbol, beside[1]) if part is not None]
    return values.sym.concat(*parts, dim=axis)


def _sides(values: Values, node: Node, number: float = 0.0) -> tuple[Any, tuple[int, ...]]:
    """The value and what MXNet is told to pad; where sides differ, they are put there beforehand."""
    name, how = node["inputs"][0], node["attributes"]
    spatial, symbol = len(values.shapes[name]) - 2, values.get(name)
    pads = how.get("pads", [0] * 2 * spatial)
    if pads[:spatial] == pads[spatial:]:
        return symbol, tuple(pads[:spatial])
    for k in range(spatial):
        symbol = padded(values, symbol, k + 2, pads[k], pads[spatial + k], number)
    return symbol, (0,) * spatial


def _conv(values: Values, node: Node) -> None:
    how, (_, weight, *bias) = node["attributes"], node["inputs"]
    if weight not in values.constants:
        raise Refused(f"A convolution whose weights are computed has no {HERE}.")
    sizes, ones = values.shapes[weight], [1] * (len(values.shapes[weight]) - 2)
    symbol, pad = _sides(values, node)
    own = [values.get(name) for name in (weight, *bias) if name]
    answer = values.sym.Convolution(
        symbol,
        *own,
        kernel=tuple(sizes[2:]),
        stride=tuple(how.get("strides", ones)),
        dilate=tuple(how.get("dilations", ones)),
        pad=pad,
        num_filter=sizes[0],
        num_group=how.get("group", 1),
        no_bias=len(own) == 1,
    )
    values.put(node["outputs"][0], answer)


def _conv_transpose(values: Values, node: Node) -> None:
    how, (name, weight, *bias) = node["attributes"], node["inputs"]
    sizes, spatial = values.shapes[weight], len(values.shapes[weight]) - 2
    pads, group = how.get("pads", [0] * 2 * spatial), how.get("group", 1)
    if pads[:spatial] != pads[spatial:] or max(how.get("dilations", [1])) > 1:
        raise Refused(f"A transposed convolution with uneven sides has no {HERE}.")
    own = [values.get(n) for n in (weight, *bias) if n]
    answer = values.sym.Deconvolution(
        values.get(name),
        *own,
        kernel=tuple(sizes[2:]),
        stride=tuple(how.get("strides", [1] * spatial)),
        pad=tuple(pads[:spatial]),
        adj=tuple(how.get("output_padding", [0] * spatial)),
        num_filter=sizes[1] * group,
        num_group=group,
        no_bias=len(own) == 1,
    )
    values.put(node["outputs"][0], answer)


def _pool(kind: str) -> Write:
    def put(values: Values, node: Node) -> None:
        how, kernel = node["attributes"], node["attributes"]["kernel_shape"]
        symbol, pad = _sides(values, node, -LARGE if kind == "max" else 0.0)
        if how.get("ceil_mode") or max(how.get("dilations", [1])) > 1:
            raise Refused(f"Pooling beyond the border has no {HERE}.")
        answer = values.sym.Pooling(
            symbol,
            pool_type=kind,
            kernel=tuple(kernel),
            stride=tuple(how.get("strides", [1] * len(kernel))),
            pad=pad,
            count_include_pad=bool(how.get("count_include_pad")),
        )
        values.put(node["outputs"][0], answer)

    return put


def _resize(values: Values, node: Node) -> None:
    how, name, out = node["attributes"], node["inputs"][0], values.shapes[node["outputs"][0]]
    sizes, where = values.shapes[name], how.get("coordinate_transformation_mode", "half_pixel")
    scales = [side / size for size, side in zip(sizes[2:], out[2:], strict=True)]
    if how.get("mode") == "nearest" and where == "asymmetric" and len(set(scales)) == 1 and scales[0] % 1 == 0:
        answer = values.sym.UpSampling(values.get(name), scale=int(scales[0]), sample_type="nearest")
    elif how.get("mode") == "linear" and where in ("half_pixel", "pytorch_half_pixel", "align_corners"):
        corners = where == "align_corners"
        answer = values.sym.contrib.BilinearResize2D(
            values.get(name), height=out[2], width=out[3], align_corners=corners
        )
    else:
        raise Refused(f"Resizing by {how.get('mode')}, {where} has no {HERE}.")
    values.put(node["outputs"][0], answer)


def _depth_to_space(values: Values, node: Node) -> None:
    side, (_, channels, high, wide) = node["attributes"]["blocksize"], values.shapes[node["inputs"][0]]
    of, symbol = channels // side**2, values.get(node["inputs"][0])
    if node["attributes"].get("mode", "DCR") == "CRD":
        blocks = values.sym.reshape(symbol, shape=(-1, of, side, side, high, wide))
        turned = values.sym.transpose(blocks, axes=(0, 1, 4, 2, 5, 3))
    else:
        blocks = values.sym.reshape(symbol, shape=(-1, side, side, of, high, wide))
        turned = values.sym.transpose(blocks, axes=(0, 3, 4, 1, 5, 2))
    values.put(node["outputs"][0], values.sym.reshape(turned, shape=(-1, of, high * side, wide * side)))


OPERATORS: dict[str, Write] = {
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "MaxPool": _pool("max"),
    "AveragePool": _pool("avg"),
    "Resize": _resize,
    "DepthToSpace": _depth_to_space,
}
