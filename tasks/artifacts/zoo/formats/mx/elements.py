"""What works on every element, and on those of several values, of which smaller ones are repeated."""

from collections.abc import Callable
from typing import Any

from tasks.artifacts.zoo.formats.mx.values import LARGE, Node, Values, Write

WHOLE = (6, 7)  # ONNX's numbers for int32 and int64


def _each(of: Callable[[Any, Any, dict[str, Any]], Any]) -> Write:
    def put(values: Values, node: Node) -> None:
        values.put(node["outputs"][0], of(values.sym, values.get(node["inputs"][0]), node["attributes"]))

    return put


def _pair(name: str, single: Callable[[Any, float], Any] | None = None) -> Write:
    """MXNet's operator on two values; ``single`` where the second is a number."""

    def put(values: Values, node: Node) -> None:
        first, second = node["inputs"]
        number, rank = values.number(second), len(values.shapes[node["outputs"][0]])
        if single and number is not None and len(values.shapes[first]) == rank and first not in values.constants:
            answer = single(values.get(first), number)
        else:
            answer = getattr(values.sym, name)(values.get(first, rank), values.get(second, rank))
        values.put(node["outputs"][0], answer)

    return put


def _where(values: Values, node: Node) -> None:
    """c·a + (1 − c)·b: MXNet's own repeats nothing. Infinite constants become the largest finite number."""
    rank, sym = len(values.shapes[node["outputs"][0]]), values.sym
    chosen, *both = (values.get(name, rank) for name in node["inputs"])
    one, other = (sym.clip(v, -LARGE, LARGE) for v in both)
    kept = sym.broadcast_add(sym.broadcast_mul(chosen, one), sym.broadcast_mul(1 - chosen, other))
    values.put(node["outputs"][0], kept)


def _prelu(values: Values, node: Node) -> None:
    value, slope = (values.get(name, len(values.shapes[node["inputs"][0]])) for name in node["inputs"])
    below = values.sym.broadcast_mul(values.sym.relu(-value), slope)
    values.put(node["outputs"][0], values.sym.relu(value) - below)


def _clip(sym: Any, value: Any, how: dict[str, Any]) -> Any:
    low, high = how.get("min"), how.get("max")
    return sym.clip(value, -LARGE if low is None else low, LARGE if high is None else high)


def _hard_sigmoid(sym: Any, value: Any, how: dict[str, Any]) -> Any:
    return sym.clip(value * how.get("alpha", 0.2) + how.get("beta", 0.5), 0.0, 1.0)


OPERATORS: dict[str, Write] = {
    "Relu": _each(lambda sym, x, how: sym.relu(x)),
    "Sigmoid": _each(lambda sym, x, how: sym.sigmoid(x)),
    "Tanh": _each(lambda sym, x, how: sym.tanh(x)),
    "Gelu": _each(lambda sym, x, how: x * 0.5 * (1 + sym.erf(x * 0.7071067811865476))),
    "Erf": _each(lambda sym, x, how: sym.erf(x)),
    "Sqrt": _each(lambda sym, x, how: sym.sqrt(x)),
    "Exp": _each(lambda sym, x, how: sym.exp(x)),
    "Log": _each(lambda sym, x, how: sym.log(x)),
    "Abs": _each(lambda sym, x, how: sym.abs(x)),
    "Sin": _each(lambda sym, x, how: sym.sin(x)),
    "Cos": _each(lambda sym, x, how: sym.cos(x)),
    "Neg": _each(lambda sym, x, how: -x),
    "Not": _each(lambda sym, x, how: 1 - x),
    "Reciprocal": _each(lambda sym, x, how: 1 / x),
    "Identity": _each(lambda sym, x, how: sym.identity(x)),
    "HardSwish": _each(lambda sym, x, how: x * sym.clip(x * (1 / 6) + 0.5, 0.0, 1.0)),
    "HardSigmoid": _each(_hard_sigmoid),
    "LeakyRelu": _each(lambda sym, x, how: sym.LeakyReLU(x, act_type="leaky", slope=how.get("alpha", 0.01))),
    "Clip": _each(_clip),
    "Cast": _each(lambda sym, x, how: sym.fix(x) if how["to"] in WHOLE else x * 1 if how["to"] == 1 else x != 0),
    "Add": _pair("broadcast_add", lambda x, n: x + n),
    "Sub": _pair("broadcast_sub", lambda x, n: x - n),
    "Mul": _pair("broadcast_mul", lambda x, n: x * n),
    "Div": _pair("broadcast_div", lambda x, n: x / n),
    "Pow": _pair("broadcast_power", lambda x, n: x * x if n == 2 else x**n),
    "Max": _pair("broadcast_maximum"),
    "Min": _pair("broadcast_minimum"),
    "And": _pair("broadcast_mul"),
    "Equal": _pair("broadcast_equal", lambda x, n: x == n),
    "Greater": _pair("broadcast_greater", lambda x, n: x > n),
    "Less": _pair("broadcast_lesser", lambda x, n: x < n),
    "LessOrEqual": _pair("broadcast_lesser_equal", lambda x, n: x <= n),
    "GreaterOrEqual": _pair("broadcast_greater_equal", lambda x, n: x >= n),
    "Where": _where,
    "PRelu": _prelu,
}
