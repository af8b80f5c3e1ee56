"""Pictures → a class for every pixel: for each class how many pixels are of it, are said to be, and are both.

The index has a column «mask», the name of a picture whose values are positions of the labels; the value ``ignored`` of
the manifest's meaning is not judged (-1 where every pixel is). An answer of another size is taken at nearest points.
Beside it stands the best answer that is the same for every picture: at each place the class that is there most often,
or the most frequent one of all where masks differ in size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tasks.errors import Refused
from tasks.modalities import _places
from tasks.modalities._classes import misnamed
from tasks.modalities.base import Base, Batch, Column, Row, one_output
from tasks.processing.samples import Samples


@dataclass(frozen=True)
class Truth:
    """The file of a mask, and the class that is the most frequent at each place of all masks."""

    file: str
    usual: Any


class Modality(Base):
    """``right`` of ``pixels`` have their class, ``level`` is the mean position of the classes that were said."""

    headline = "segmentation_miou"
    answer, close = "right", 1e-3
    varies = "level"
    least = 20

    def columns(self, dataset: Any) -> dict[str, Column]:
        """Pixels: judged, right, and of each class (n: its position) those that are of it, said to be, and both."""
        count = Column(int, 0)
        each = {f"{kind}_{n}": count for n in range(len(dataset.labels)) for kind in KINDS}
        return {"pixels": count, "right": count, "level": Column(float, 0, len(dataset.labels) - 1), **each}

    def lacks(self, dataset: Any) -> str:
        """Two labels, and which value of a mask is none of them."""
        if len(dataset.labels) < 2:
            return f"labels {list(dataset.labels)} are fewer than two; name the class of every value of a mask"
        if not isinstance(dataset.meaning.get("ignored"), int):
            return "meaning has no «ignored», the value of a mask that is not judged (255, or -1 for none)"
        return ""

    def misfit(self, model: Any, head: Any, dataset: Any) -> str:
        """The classes are the same, and the model reads the whole picture."""
        return misnamed(model, head, dataset) or _places.moved(model)

    def truths(self, samples: Samples, dataset: dict[str, Any]) -> list[Truth]:
        """Names of the masks. Raises Refused for values that are no class."""
        names, labels, ignored = samples.column("mask"), len(dataset["labels"]), dataset["meaning"]["ignored"]
        counts: dict[Any, Any] = {}

        def look(i: int) -> None:
            mask = _mask(samples.file(names[i]), labels, ignored)
            at = counts.setdefault(mask.shape, np.zeros((labels, *mask.shape), np.int32))
            for n in range(labels):
                at[n] += mask == n

        _places.told(samples.name, "masks", names, look)
        usual = _usual(list(counts.values()))
        return [Truth(name, usual) for name in names]

    def judged(self, batch: Batch) -> list[Row]:
        """A row a picture; the post-processing has to end in classes of pixels."""
        maps, labels = one_output(batch.result, "Masks"), len(batch.dataset["labels"])
        if maps.ndim != 3 or maps.dtype.kind not in "ui" or len(maps) != len(batch.indices):
            raise Refused(
                f"Masks are judged as classes, whole numbers of (batch, height, width); these are {maps.dtype} of "
                f"{maps.shape}. End the post-processing in the step best_class."
            )
        if maps.size and not 0 <= maps.min() <= maps.max() < labels:
            raise Refused(f"The model says class {int(maps.max())}; dataset has {labels} labels, from 0 on.")
        return [_row(batch, k, maps[k]) for k in range(len(maps))]


KINDS = ("true", "said", "both", "usual", "usual_both")


def _row(batch: Batch, k: int, said: Any) -> Row:
    labels, ignored = len(batch.dataset["labels"]), batch.dataset["meaning"]["ignored"]
    truth = batch.truths[k]
    mask = _mask(batch.samples.file(truth.file), labels, ignored)
    usual = np.broadcast_to(truth.usual, mask.shape)
    judged = mask != ignored
    true, answer, simple = (of[judged] for of in (mask, _places.nearest(said, *mask.shape), usual))
    sets = (true, answer, answer[answer == true], simple, simple[simple == true])
    counts = [np.bincount(of, minlength=labels) for of in sets]
    each = {f"{kind}_{n}": int(of[n]) for n in range(labels) for kind, of in zip(KINDS, counts)}  # noqa: B905
    right = int((answer == true).sum())
    return {"pixels": int(judged.sum()), "right": right, "level": float(said.mean()), **each}


def _mask(data: bytes, labels: int, ignored: int) -> Any:
    """(height, width) int64. Raises Refused for values that are no class."""
    mask = _places.plane(data).astype(np.int64)
    strange = sorted(set(np.unique(mask).tolist()) - {*range(labels), ignored})
    if strange:
        raise Refused(f"its values {', '.join(map(str, strange[:5]))} are none of {labels} labels")
    return mask


def _usual(counts: list[Any]) -> Any:
    """At each place of masks of one size; a single class of those of several."""
    if len(counts) == 1:
        return counts[0].argmax(axis=0)
    return np.argmax(sum(of.sum(axis=(1, 2)) for of in counts))
