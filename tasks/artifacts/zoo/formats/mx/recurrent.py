"""GRU and LSTM as MXNet's one operator for both; its gates come in another order than ONNX's."""

from typing import Any

import numpy as np

from tasks.artifacts.zoo.formats.mx.values import HERE, Node, Values, Write
from tasks.errors import Refused

ORDER = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2)}  # i o f c → i f c o; z r h → r z h


def _recurrent(values: Values, node: Node) -> None:
    """(time, batch, features) → (time, directions, batch, hidden), and what is remembered at the end."""
    how, op = node["attributes"], node["op"]
    names, direction = [*node["inputs"], "", "", "", ""], how.get("direction", "forward")
    plain = not how.get("layout") and not names[4] and direction != "reverse" and "activations" not in how
    if not plain or (op == "GRU" and not how.get("linear_before_reset")):
        raise Refused(f"This kind of {op} has no {HERE}.")
    out, hidden, ways = node["outputs"], how["hidden_size"], 1 + (direction == "bidirectional")
    own = values.array(f"{out[0]}.weights", _packed(op, *(values.constants[name] for name in names[1:4])))
    states = [_began(values, name, out[0], ways, hidden) for name in names[5 : 6 + (op == "LSTM")]]
    answer = values.sym.RNN(
        values.whole(names[0]),
        own,
        *states,
        mode=op.lower(),
        state_size=hidden,
        num_layers=1,
        bidirectional=ways == 2,
        state_outputs=True,
    )
    time = values.shapes[names[0]][0]
    each = values.sym.reshape(answer[0], shape=(time, -1, ways, hidden))
    values.put(out[0], values.sym.transpose(each, axes=(0, 2, 1, 3)))
    for place, name in enumerate(out[1:], 1):
        if name:
            values.put(name, answer[place])


def _packed(op: str, into: Any, again: Any, bias: Any) -> Any:
    """One vector: every direction's matrices, then every direction's biases."""
    matrices, biases = [], []
    for way in range(len(into)):
        matrices += [_ordered(op, into[way]).reshape(-1), _ordered(op, again[way]).reshape(-1)]
        biases += [_ordered(op, half) for half in np.split(bias[way], 2)]
    return np.concatenate([*matrices, *biases])


def _ordered(op: str, array: Any) -> Any:
    gates = np.split(array, len(ORDER[op]))
    return np.concatenate([gates[place] for place in ORDER[op]])


def _began(values: Values, name: str, out: str, ways: int, hidden: int) -> Any:
    """What is remembered at the start: (directions, batch, hidden)."""
    if name:
        return values.whole(name)
    zeros = values.array(f"{out}.zeros", np.zeros((ways, 1, hidden)))
    return values.sym.broadcast_like(zeros, values.like, lhs_axes=(1,), rhs_axes=(0,))


OPERATORS: dict[str, Write] = {"LSTM": _recurrent, "GRU": _recurrent}
