"""What every framework offers: load, predict, unload. LoadGen's SUT, MLModelScope's predictor.

A predictor file holds a class `Predictor`. Keyword-only parameters of its `__init__` are the schema of
`software.options`; the framework is imported in `load`, so that listing predictors imports nothing. Lean, Python 3.9.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Sequence

from tasks.errors import TouchstoneError


@dataclass(frozen=True)
class Setup:
    """What a predictor is told: where to run, with how many threads, and the manifest's tensors.

    ``service_ms`` is there for a model that only takes time.
    """

    device: str
    intra_threads: int
    inter_threads: int
    inputs: list[dict[str, Any]]
    outputs: list[dict[str, Any]]
    service_ms: float | None = None


class Loaded(Protocol):
    """What is ready to predict: a predictor, or several as one."""

    def predict(self, batch: Any) -> Any:
        """A batch of inputs → a batch of outputs."""

    def unload(self) -> None:
        """Give memory and devices back."""


class Base(Protocol):
    """Three operations.

    ``formats`` are the kinds of model file that it reads, the preferred one first, ``module`` what Python imports. One
    whose time is simulated has a ``clock`` as well: ``now()`` in ns, and ``wait_until(ns)``. One that asks a server has
    ``client()``: what its own side costs, measured once it is loaded, as facts of the process by name.

    One that knows more of a prediction than how long it took names it in ``publishes``, columns of whole numbers (times
    in ns since `predict` was called, with names in ``_ns``), and has ``published()``: a row for each prediction of the
    calling thread since it was last asked, in order. ``at_once``: how many queries of a schedule it may be given before
    the first is answered; 1 where it is not there.
    """

    formats: tuple[str, ...]
    module: str

    def load(self, path: Path, setup: Setup) -> dict[str, Any]:
        """Make the model ready and return the *effective* stack: version, device, precision, threads, build."""

    def predict(self, batch: Any) -> Any:
        """Input array, batch first → array of the output. Returns when the result is there.

        Where the manifest names several inputs or outputs, tuples in its order.
        """

    def unload(self) -> None:
        """Give memory and devices back."""


def precision(setup: Setup) -> str:
    """The floating type of the manifest's tensors: of its inputs, or of its outputs where those are whole numbers."""
    kinds: list[str] = [t["dtype"] for t in (*setup.inputs, *setup.outputs)]
    return next((kind for kind in kinds if kind.startswith("float")), kinds[0])


def fed(names: list[str], batch: Any) -> dict[str, Any]:
    """Input name → array, from what `predict` is given."""
    return {names[0]: batch} if len(names) == 1 else dict(zip(names, batch))  # noqa: B905  (Python 3.9)


def given_back(outputs: Sequence[Any]) -> Any:
    """What `predict` returns, from the outputs in the manifest's order."""
    return outputs[0] if len(outputs) == 1 else tuple(outputs)


def require_tensors(
    kind: str, found: dict[str, tuple[list[Any], str]], asked: list[dict[str, Any]], where: str = "the model file"
) -> None:
    """Compare the tensors that are there, name → (shape, dtype), with the manifest's; raise with both when they differ.

    Free dimensions (None, names, «batch») agree with anything.
    """
    for tensor in asked:
        name = tensor["name"]
        if name not in found:
            raise TouchstoneError(f"The manifest names the {kind} «{name}», {where} has {', '.join(sorted(found))}.")
        shape, dtype = found[name]
        if dtype != tensor["dtype"]:
            raise TouchstoneError(f"The {kind} «{name}» is {tensor['dtype']} in the manifest and {dtype} in {where}.")
        if "shape" in tensor and not agree(shape, list(tensor["shape"])):
            raise TouchstoneError(
                f"The {kind} «{name}» has shape {list(tensor['shape'])} in the manifest and {shape} in {where}."
            )


def line(error: Exception) -> str:
    """What a framework raised, in one line."""
    return " ".join(str(error).split())[:300]


def agree(found: list[Any], asked: list[Any]) -> bool:
    """Whether two shapes are one; a free dimension agrees with anything."""
    pairs = list(zip(found, asked))  # noqa: B905  (strict= is newer than Python 3.9; lengths are compared)
    return len(found) == len(asked) and all(f == a or not (isinstance(f, int) and isinstance(a, int)) for f, a in pairs)
