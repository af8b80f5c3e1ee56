"""Who would click what: a score for each pair of a user and an item, judged by whether it was clicked.

The index has a column «truth», 0 or 1, and may have two numbers that stand beside every result: «popularity», the share
of clicks that the item had before, and «probability», the true one, where the data set is made up and it is known.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tasks.errors import Refused
from tasks.modalities.base import Base, Batch, Column, Row, differs, one_output
from tasks.processing.samples import Samples

BESIDE = ("popularity", "probability")
LEAST_SHARE = 1e-15  # of a probability: the loss of one that is 0 and yet came true is 34.5
MEANT = ("users", "items")


class Modality(Base):
    """``score`` is the model's own value, ``loss`` is -ln p of what was true, in nats."""

    headline = "ranking_auc"
    answer, close = "loss", 1e-3
    varies = "score"
    least = 500

    def columns(self, dataset: Any) -> dict[str, Column]:
        """What is true, and what the model and the two numbers beside it say."""
        share = Column(float, 0, 1, required=False)
        return {
            "truth": Column(int, 0, 1),
            "score": Column(float, nullable=True),
            "loss": Column(float, 0, nullable=True),
            **dict.fromkeys(BESIDE, share),
        }

    def lacks(self, dataset: Any) -> str:
        """How many users and items are numbered."""
        wrong = [name for name in MEANT if not _count(dataset.meaning.get(name))]
        return f"meaning has no «{'», no «'.join(wrong)}», how many are numbered from 0 on" if wrong else ""

    def misfit(self, model: Any, head: Any, dataset: Any) -> str:
        """The numbers are those of the same users and items."""
        return differs(model, head, dataset, MEANT)

    def truths(self, samples: Samples, dataset: dict[str, Any]) -> list[dict[str, Any]]:
        """truth, and the numbers beside it, of each sample."""
        said = samples.column("truth")
        if wrong := [text for text in said if text not in ("0", "1")]:
            raise Refused(f"{samples.name}: «truth» is neither 0 nor 1 in {len(wrong)} rows, such as «{wrong[0]}».")
        known = [name for name in BESIDE if name in samples.rows[0]]
        numbers = {name: [_share(samples.name, name, text) for text in samples.column(name)] for name in known}
        return [
            {"truth": int(text), **{name: numbers[name][k] for name in known}} for k, text in enumerate(said)
        ]  # fmt: skip

    def judged(self, batch: Batch) -> list[Row]:
        """A row a pair."""
        scores, meaning = one_output(batch.result, "Recommendations"), batch.model["outputs"][0]["meaning"]
        if scores.shape not in ((len(batch.indices),), (len(batch.indices), 1)):
            raise Refused(
                f"Recommendations are judged by one score a sample, (batch,) or (batch, 1); these are {scores.shape}."
            )
        if meaning not in LOSSES:
            raise Refused(f"Recommendations are judged by {' or '.join(LOSSES)}; this output means {meaning}.")
        values = [float(score) for score in scores.reshape(-1)]
        return [
            {**truth, "score": value, "loss": LOSSES[meaning](value, truth["truth"])}
            for value, truth in zip(values, batch.truths)  # noqa: B905  (Python 3.9)
        ]


def _count(value: Any) -> bool:
    return type(value) is int and value > 0


def _share(where: str, name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise Refused(f"{where}: «{name}» is «{text}» in a row; it has to be a number from 0 to 1.")
    return value


def of_logits(score: float, truth: int) -> float:
    """-ln of the logistic function of the log-odds, or of its complement."""
    return float(np.logaddexp(0.0, -score if truth else score))


def of_probabilities(share: float, truth: int) -> float:
    """-ln of the probability of what was true. Raises Refused for what is none."""
    if share < 0 or share > 1:
        raise Refused(f"An output that means probabilities is {share:g}; name it logits, or correct the model.")
    return -math.log(max(share if truth else 1 - share, LEAST_SHARE)) + 0.0


LOSSES = {"logits": of_logits, "probabilities": of_probabilities}
