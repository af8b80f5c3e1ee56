"""Pictures or texts → vectors: is another sample of the same thing the nearest one?

The index has a column «truth», what a sample shows or says: those that have it in common are each other's right
answers. The gallery is all samples that were predicted, whose vectors are together only then: a row holds its vector,
and ranks are made of the whole table (`tasks/metrics/retrieval.py`). Beside it stand counts of each colour, or byte.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from tasks.errors import Refused
from tasks.modalities import _vectors
from tasks.modalities.base import Base, Batch, Column, Row, differs, one_output
from tasks.processing.samples import Samples


class Modality(Base):
    """``embedding`` and ``simple`` are vectors as text, ``truth`` is a number for what is shown."""

    headline = "retrieval_recall_at_1"
    answer, close = "distance", 1e-3
    varies = "distance"
    least = 100

    def columns(self, dataset: Any) -> dict[str, Column]:
        """The distance is of the vector at length 1, and never 0, so that processes can be held against each other."""
        return {
            "truth": Column(int, 0),
            "distance": Column(float, 0, nullable=True),
            "embedding": Column(str),
            "simple": Column(str),
        }

    def lacks(self, dataset: Any) -> str:
        """What samples are."""
        named, known = dataset.meaning.get("samples"), ", ".join(_vectors.SIMPLE)
        return "" if named in _vectors.SIMPLE else f"meaning.samples is {named!r}; it has to be one of: {known}"

    def misfit(self, model: Any, head: Any, dataset: Any) -> str:
        """It reads such samples."""
        return differs(model, head, dataset, ("samples",))

    def truths(self, samples: Samples, dataset: dict[str, Any]) -> list[int]:
        """Numbers of what samples have in common. Raises Refused where a sample has no other."""
        said = samples.column("truth")
        if not all(said):
            raise Refused(f"{samples.name}: «truth» is empty in {said.count('')} rows; name what each sample shows.")
        numbers = {name: number for number, name in enumerate(sorted(set(said)))}
        if alone := [name for name, count in Counter(said).items() if count < 2]:
            raise Refused(f"{samples.name}: {len(alone)} truths have one sample, so no answer, such as «{alone[0]}».")
        return [numbers[name] for name in said]

    def judged(self, batch: Batch) -> list[Row]:
        """A row a sample."""
        vectors = one_output(batch.result, "Embeddings").astype(np.float64)
        if vectors.ndim != 2 or len(vectors) != len(batch.indices) or not 1 < vectors.shape[1] <= _vectors.LONGEST:
            raise Refused(
                f"Embeddings are judged as one vector a sample, (batch, 2 to {_vectors.LONGEST}); these are "
                f"{vectors.shape}."
            )
        return [self._row(batch, k, vector) for k, vector in enumerate(vectors)]

    def _row(self, batch: Batch, k: int, vector: Any) -> Row:
        simple = _vectors.SIMPLE[str(batch.dataset["meaning"]["samples"])]
        length = float(np.linalg.norm(vector))
        unit = vector / length if length > 0 else vector
        return {
            "truth": batch.truths[k],
            "distance": float(np.linalg.norm(unit - _point(len(unit)))),
            "embedding": _vectors.as_text(vector),
            "simple": _vectors.as_text(simple(batch.samples.read(batch.indices[k]))),
        }


def _point(size: int) -> Any:
    """Of length 2, so outside, and in no symmetric place: every coordinate counts."""
    point = np.sin(1.0 + np.arange(size))
    return 2 * point / np.linalg.norm(point)
