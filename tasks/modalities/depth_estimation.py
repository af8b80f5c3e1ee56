"""Pictures → how far away every pixel is: errors in metres and in shares of the truth (Eigen et al., NIPS 2014, §4).

The index has a column «depth», the name of a picture of whole numbers; the manifest's meaning says how many are a metre
(``per_metre``), up to where pixels are judged (``farthest``, in metres; 0 is unknown), and how answers are aligned
(``alignment``), which a model's head has to say too:
none      they are metres
scale     times median(truth) / median(answer) of the picture (Zhou et al., arXiv 1704.07813)
inverse   they are 1 / depth up to a scale and a shift: least squares against 1 / truth of the picture
          (Ranftl et al., arXiv 1907.01341)
Answers are then cut to 1 mm … farthest. Beside it stands one depth for all pixels of the data set, the one with the
least relative error, aligned in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tasks.errors import Refused
from tasks.modalities import _places
from tasks.modalities.base import Base, Batch, Column, Row, differs, one_output
from tasks.processing.samples import Samples

ALIGNMENTS = ("none", "scale", "inverse")
CLOSEST = 1e-3  # metres
NEAR = 1.25  # the least of the three thresholds


@dataclass(frozen=True)
class Truth:
    """The file of a depth, and the best single depth of the data set in metres."""

    file: str
    constant: float


class Modality(Base):
    """Sums over ``pixels``; ``level`` is the mean answer before it is aligned by ``scale`` and ``shift``."""

    headline = "depth_abs_rel"
    answer, close = "abs_rel", 1e-3
    varies = "level"
    least = 20

    def columns(self, dataset: Any) -> dict[str, Column]:
        """Σ |d - d*| / d*, Σ (d - d*)² in m², and the pixels with max(d / d*, d* / d) < 1.25; of the constant too."""
        total, count, any_number = Column(float, 0, nullable=True), Column(int, 0), Column(float, nullable=True)
        sums = {"abs_rel": total, "squared": total, "within": count}
        beside = {f"constant_{name}": column for name, column in sums.items()}
        return {"pixels": Column(int, 1), **sums, **beside, **dict.fromkeys(("level", "scale", "shift"), any_number)}

    def lacks(self, dataset: Any) -> str:
        """What a value of a truth is, and how answers are held against it."""
        for name, words in (("per_metre", "how many units of a depth are a metre"), ("farthest", "in metres")):
            value = dataset.meaning.get(name)
            if isinstance(value, str) or not value or value <= 0:
                return f"meaning.{name} is {value!r}; it has to be a number above 0, {words}"
        if (named := dataset.meaning.get("alignment")) not in ALIGNMENTS:
            return f"meaning.alignment is {named!r}; it has to be one of: {', '.join(ALIGNMENTS)}"
        return ""

    def misfit(self, model: Any, head: Any, dataset: Any) -> str:
        """Answers are aligned as the head says, and the model reads the whole picture."""
        return differs(model, head, dataset, ("alignment",)) or _places.moved(model)

    def truths(self, samples: Samples, dataset: dict[str, Any]) -> list[Truth]:
        """Names of the depths, and the constant that is best for all of them."""
        names, meaning = samples.column("depth"), dataset["meaning"]
        counts = np.zeros(1 << 16, np.int64)

        def look(i: int) -> None:
            depth = _places.plane(samples.file(names[i])).astype(np.int64)
            if depth.max() >= len(counts):
                raise Refused(f"its value {depth.max()} is above {len(counts) - 1}")
            known = depth[(depth > 0) & (depth <= meaning["farthest"] * meaning["per_metre"])]
            if not len(known):
                raise Refused(f"none of its pixels lies within 0 … {meaning['farthest']:g} m")
            counts[:] += np.bincount(known, minlength=len(counts))

        _places.told(samples.name, "depths", names, look)
        constant = _constant(counts) / meaning["per_metre"]
        return [Truth(name, constant) for name in names]

    def judged(self, batch: Batch) -> list[Row]:
        """A row a picture."""
        maps = one_output(batch.result, "Depths")
        maps = maps[:, 0] if maps.ndim == 4 and maps.shape[1] == 1 else maps
        if maps.ndim != 3 or maps.dtype.kind != "f" or len(maps) != len(batch.indices):
            raise Refused(
                f"Depths are judged as real numbers of (batch, height, width) or (batch, 1, height, width); these are "
                f"{maps.dtype} of {maps.shape}."
            )
        return [_row(batch, k, maps[k]) for k in range(len(maps))]


def _constant(counts: Any) -> int:
    """The value c with the least Σ |c - d| / d: the median of d with weights 1 / d; ``counts`` are of each value."""
    weights = counts / np.maximum(np.arange(len(counts)), 1)
    return int(np.searchsorted(np.cumsum(weights), weights.sum() / 2))


def _row(batch: Batch, k: int, answer: Any) -> Row:
    meaning, of = batch.dataset["meaning"], batch.truths[k]
    truth = _places.plane(batch.samples.file(of.file)) / meaning["per_metre"]
    judged = (truth > 0) & (truth <= meaning["farthest"])
    true, said = truth[judged], _places.smooth(answer, *truth.shape)[judged].astype(np.float64)
    found, scale, shift = aligned(said, true, meaning["alignment"], meaning["farthest"])
    simple, _, _ = aligned(np.full_like(true, of.constant), true, meaning["alignment"], meaning["farthest"])
    beside = {f"constant_{name}": value for name, value in errors(simple, true).items()}
    level = {"level": float(said.mean()), "scale": scale, "shift": shift}
    return {"pixels": int(judged.sum()), **errors(found, true), **beside, **level}


def aligned(said: Any, true: Any, way: str, farthest: float) -> tuple[Any, float, float]:
    """Answers in metres, 1 mm … ``farthest``, and the scale and the shift that made them of what was said."""
    scale, shift = 1.0, 0.0
    if not np.isfinite(said).all():
        return np.full_like(true, np.nan), np.nan, np.nan
    if way == "scale":
        middle = float(np.median(said))
        scale = float(np.median(true)) / middle if middle > 0 else 0.0
    if way == "inverse":
        known = np.stack([said, np.ones_like(said)], axis=1)
        scale, shift = map(float, np.linalg.lstsq(known, 1 / true, rcond=None)[0])
        return 1 / np.clip(scale * said + shift, 1 / farthest, 1 / CLOSEST), scale, shift
    return np.clip(scale * said, CLOSEST, farthest), scale, shift


def errors(found: Any, true: Any) -> Row:
    """Sums over pixels; all of them count as far off where an answer is no number."""
    off = np.abs(found - true)
    ratio = np.maximum(found / true, true / found)
    return {
        "abs_rel": float((off / true).sum()),
        "squared": float((off * off).sum()),
        "within": int((ratio < NEAR).sum()),
    }
