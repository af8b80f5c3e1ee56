"""The seam of a modality: what its index says, what fits, and rows out of a batch.

In: the index of a data set and a model's outputs. Out: one row a sample, of plain numbers that statistics are made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List

import numpy as np

from tasks.errors import Refused
from tasks.processing.samples import Samples

Row = Dict[str, Any]


@dataclass(frozen=True)
class Column:
    """One column of the judged table: type, smallest and largest value, and what is said of one outside.

    An optional column (``required=False``) is left out where its values are None; a ``nullable`` one may hold NaN.
    """

    kind: type
    low: float | None = None
    high: float | None = None
    outside: str = ""
    nullable: bool = False
    required: bool = True


@dataclass(frozen=True)
class Batch:
    """What is judged at once: positions in the samples, their truths, and what went in and came out.

    ``inputs`` are stacked as the model read them (a tuple where it reads several), ``outputs`` are the framework's,
    ``result`` is what the post-processing made of them. ``model`` and ``dataset`` are those of the agent's request.
    """

    indices: list[int]
    samples: Samples
    truths: list[Any]
    inputs: Any
    outputs: Any
    result: Any
    model: dict[str, Any]
    dataset: dict[str, Any]


class Base:
    """What a modality says of itself. A class `Modality` in a file of this folder fills it in."""

    headline = ""  # the metric that says how right a model is: a name in tasks/metrics
    answer = ""  # the column in which every timed process has to agree with the accuracy process
    close = 0.0  # … up to this relative difference
    varies = ""  # the column that must not be the same whatever goes in
    least = 2  # samples from which on a floor is judged

    def columns(self, dataset: Any) -> dict[str, Column]:
        """name → column of a row, beside those that every table has. ``dataset`` has ``labels`` and ``meaning``."""
        raise NotImplementedError

    def misfit(self, model: Any, head: Any, dataset: Any) -> str:
        """One sentence when the head of a model was not made for a data set; else nothing.

        All three are as `tasks/specs` has them. ``head`` and ``dataset`` have ``meaning``, names → values that must be
        the same; what the names are, the modality says.
        """
        raise NotImplementedError

    def lacks(self, dataset: Any) -> str:
        """What a data set's manifest has to say and does not; else nothing."""
        return ""

    def truths(self, samples: Samples, dataset: dict[str, Any]) -> list[Any]:
        """What is true of each sample, from the rows of the index. Raises Refused with every mistake at once."""
        raise NotImplementedError

    def judged(self, batch: Batch) -> List[Row]:
        """A row a sample, with the names of `columns`. Raises Refused for outputs that are none of this modality."""
        raise NotImplementedError


def said(values: Any, names: tuple[str, ...]) -> str:
    """A meaning in words: «scale 3»."""
    return ", ".join(f"{name} {values[name]}" for name in names if name in values) or "nothing of it"


def differs(model: Any, head: Any, dataset: Any, names: tuple[str, ...]) -> str:
    """One sentence when head and data set do not say the same of each of these names."""
    if all(name in head.meaning and head.meaning.get(name) == dataset.meaning.get(name) for name in names):
        return ""
    return (
        f"{model.name} was made for {said(head.meaning, names)}, dataset={dataset.id} is of "
        f"{said(dataset.meaning, names)}; choose another data set, or correct the head in the model's manifest."
    )


def finite(outputs: Any, count: int) -> list[bool]:
    """Whether all numbers of each sample are finite, in every output."""
    each = outputs if isinstance(outputs, tuple) else (outputs,)
    whole = [np.isfinite(np.asarray(array)).reshape(count, -1).all(axis=1) for array in each]
    return [bool(all(of)) for of in zip(*whole)]  # noqa: B905  (Python 3.9)


def table(judge: Base, rows: list[Row], dataset: Any) -> dict[str, list[Any]]:
    """Columns in their order: what every table has, the modality's, and the optional ones that the rows have."""
    own = judge.columns(dataset)
    first = ["sample", "file", "group", *(name for name, column in own.items() if column.required), "finite"]
    more = [n for n, c in own.items() if not c.required and rows and rows[0].get(n) is not None]
    return {name: [row[name] for row in rows] for name in (*first, *more)}


def one_output(outputs: Any, what: str) -> Any:
    """The only output of a model. Raises Refused where there are several."""
    if isinstance(outputs, tuple):
        raise Refused(f"{what} are judged by one output, this model has {len(outputs)}.")
    return np.asarray(outputs)
