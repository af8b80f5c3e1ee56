"""Small pictures → large ones: mean squared error and SSIM of luma against the picture that the small one was made of.

The index has a column «truth», the name of the large picture in the archive. Judged is the middle that answer and truth
have in common, for a model of fixed size may have been given less or more than the whole, without ``scale`` pixels at
each side. Beside it stands bicubic interpolation of the same small picture.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tasks.errors import Refused
from tasks.modalities import _pictures
from tasks.modalities.base import Base, Batch, Column, Row, differs, one_output
from tasks.processing.samples import Samples

LEAST = 24  # pixels that SSIM's window is moved over


class Modality(Base):
    """``mse`` is of values within 0 … 1, ``level`` the mean of the answer in grey levels, 0 … 255."""

    headline = "picture_psnr_db"
    answer, close = "mse", 1e-3
    varies = "level"
    least = 20

    def columns(self, dataset: Any) -> dict[str, Column]:
        """Likeness of the answer, and of what bicubic interpolation makes of the same picture."""
        error, likeness = Column(float, 0, 1), Column(float, -1, 1)
        both = {"mse": error, "ssim": likeness, "bicubic_mse": error, "bicubic_ssim": likeness}
        return {**both, "level": Column(float, 0, 255)}

    def lacks(self, dataset: Any) -> str:
        """How many times as large the truths are."""
        return "" if "scale" in dataset.meaning else "meaning has no «scale», how many times as large a truth is"

    def misfit(self, model: Any, head: Any, dataset: Any) -> str:
        """The enlargement is the same."""
        return differs(model, head, dataset, ("scale",))

    def truths(self, samples: Samples, dataset: dict[str, Any]) -> list[str]:
        """Names of the large pictures."""
        return samples.column("truth")

    def judged(self, batch: Batch) -> list[Row]:
        """A row a picture; the post-processing has to end in pixels."""
        pictures = one_output(batch.result, "Pictures")
        if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[1] not in (1, 3):
            raise Refused(
                f"Enlarged pictures are judged as pixels, uint8 of (batch, 1 or 3, height, width); these are "
                f"{pictures.dtype} of {pictures.shape}. End the post-processing in the step pixels."
            )
        order = -1 if batch.model["inputs"][0]["color"] == "BGR" else 1
        answers = [one[0] if len(one) == 1 else _pictures.luma(np.moveaxis(one[::order], 0, -1)) for one in pictures]
        scale = int(batch.dataset["meaning"]["scale"])
        return [self._row(batch, k, answer, scale) for k, answer in enumerate(answers)]

    def _row(self, batch: Batch, k: int, answer: Any, scale: int) -> Row:
        truth = _pictures.grey(batch.samples.file(batch.truths[k]))
        simple = _pictures.enlarged(_pictures.grey(batch.samples.read(batch.indices[k])), *truth.shape)
        height, width = (min(sizes) - 2 * scale for sizes in zip(answer.shape, truth.shape))  # noqa: B905
        if min(height, width) < LEAST:
            raise Refused(f"{width}×{height} pixels are too few to be judged; {LEAST}×{LEAST} are the least.")
        cut, wanted, other = (_pictures.middle(of, height, width) for of in (answer, truth, simple))
        return {
            "mse": _pictures.squared_error(cut, wanted),
            "ssim": _pictures.similarity(cut, wanted),
            "bicubic_mse": _pictures.squared_error(other, wanted),
            "bicubic_ssim": _pictures.similarity(other, wanted),
            "level": float(cut.mean()),
        }
