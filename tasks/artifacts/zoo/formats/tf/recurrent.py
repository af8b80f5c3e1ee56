"""GRU and LSTM, one step after the other."""

from typing import Any

from tasks.artifacts.zoo.formats.tf.values import HERE, Node, Values, Write
from tasks.errors import Refused


def _recurrent(values: Values, node: Node) -> None:
    """GRU or LSTM over (time, batch, features), one step after the other, in one direction or in both."""
    how, tf = node["attributes"], values.tf
    names = [*node["inputs"], "", "", "", ""]
    hidden, both = how["hidden_size"], how.get("direction", "forward") == "bidirectional"
    if how.get("layout") or names[4] or how.get("direction", "forward") == "reverse" or "activations" in how:
        raise Refused(f"This kind of {node['op']} has no {HERE}.")
    given = values.whole(names[0])
    weights = [values.first(name) for name in names[1:4]]
    ways = [_way(values, node, given, [w[k] for w in weights], [_began(values, n, k, hidden) for n in names[5:7]], k)
            for k in range(1 + both)]  # fmt: skip
    answers = [tf.stack([way[0] for way in ways], axis=1)]
    answers += [tf.stack([way[1][place] for way in ways]) for place in range(len(ways[0][1]))]
    for name, answer in zip(node["outputs"], answers, strict=False):
        if name:
            values.put(name, answer)


def _began(values: Values, name: str, way: int, hidden: int) -> Any:
    """What is remembered at the start: (batch, hidden)."""
    tf = values.tf
    return values.whole(name)[way] if name else tf.zeros(tf.stack([values.batch, hidden]))


def _way(
    values: Values, node: Node, given: Any, weights: list[Any], began: list[Any], way: int
) -> tuple[Any, list[Any]]:
    """(time, batch, hidden), and what is remembered at the end."""
    tf, (into, again, bias) = values.tf, weights
    step = {"LSTM": _lstm_step, "GRU": _gru_step}[node["op"]]
    half = len(bias) // 2
    parts = tf.unstack(tf.matmul(given, into.T) + bias[:half], axis=0)
    state, seen = began[: 1 + (node["op"] == "LSTM")], []
    for part in reversed(parts) if way else parts:
        state = step(tf, part, tf.matmul(state[0], again.T) + bias[half:], state, node["attributes"])
        seen.append(state[0])
    return tf.stack(seen[::-1] if way else seen, axis=0), state


def _lstm_step(tf: Any, part: Any, recurrent: Any, state: list[Any], _: dict[str, Any]) -> list[Any]:
    enter, leave, forget, new = tf.split(part + recurrent, 4, axis=1)
    cell = tf.sigmoid(forget) * state[1] + tf.sigmoid(enter) * tf.tanh(new)
    return [tf.sigmoid(leave) * tf.tanh(cell), cell]


def _gru_step(tf: Any, part: Any, recurrent: Any, state: list[Any], how: dict[str, Any]) -> list[Any]:
    if not how.get("linear_before_reset"):
        raise Refused(f"A GRU that resets before its matrix has no {HERE}.")
    (update, reset, new), (z, r, n) = tf.split(part, 3, axis=1), tf.split(recurrent, 3, axis=1)
    update, reset = tf.sigmoid(update + z), tf.sigmoid(reset + r)
    new = tf.tanh(new + reset * n)
    return [new + update * (state[0] - new)]


OPERATORS: dict[str, Write] = {
    "LSTM": _recurrent,
    "GRU": _recurrent,
}
