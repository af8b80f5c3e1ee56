"""Classification, whatever goes in: a label from the index, the best classes of the model; shared by modalities."""

from __future__ import annotations

from typing import Any

from tasks.errors import Refused, TouchstoneError
from tasks.modalities.base import Base, Batch, Column, Row
from tasks.processing.outputs import Ranked
from tasks.processing.samples import Samples


class Classes(Base):
    """``label`` and ``predicted`` are class indices, ``score`` is the model's own value for the predicted class."""

    headline = "accuracy_top1"
    answer = "predicted"
    varies = "score"
    least = 500

    def columns(self, dataset: Any) -> dict[str, Column]:
        """A class is a position in the data set's labels."""
        last = len(dataset.labels) - 1
        index = Column(int, 0, last, f"is no class index from 0 to {last}")
        return {
            "label": index,
            "predicted": index,
            "score": Column(float, nullable=True),
            "top5": Column(bool, required=False),
        }

    def lacks(self, dataset: Any) -> str:
        """Two labels are the least there is to tell apart."""
        if len(dataset.labels) < 2:
            return f"labels {list(dataset.labels)} are fewer than two; name every class"
        return ""

    def misfit(self, model: Any, head: Any, dataset: Any) -> str:
        """The positions of the last layer mean labels, in order."""
        return misnamed(model, head, dataset)

    def truths(self, samples: Samples, dataset: dict[str, Any]) -> list[int]:
        """Class indices; labels that the manifest does not name are refused, all named at once."""
        names = samples.column("label")
        index = positions(set(names), list(dataset["labels"]), samples.name)
        return [index[name] for name in names]

    def judged(self, batch: Batch) -> list[Row]:
        """The best class, its score, and whether the label is among the best five."""
        if not isinstance(batch.result, Ranked):
            raise TouchstoneError(
                "The post-processing of a classification must end in top_k, or in a function that returns Ranked."
            )
        return [self._row(batch, k) for k in range(len(batch.indices))]

    def _row(self, batch: Batch, k: int) -> Row:
        label, best = batch.truths[k], [int(c) for c in batch.result.classes[k]]
        return {
            "label": label,
            "predicted": best[0],
            "score": float(batch.result.scores[k][0]),
            "top5": label in best[:5] if len(best) >= 5 else None,
        }


def positions(found: set[str], labels: list[str], name: str) -> dict[str, int]:
    """label → index. Raises Refused for those that the manifest does not name."""
    strange = sorted(found - set(labels))
    if strange:
        shown = ", ".join(strange[:5]) + (", …" if len(strange) > 5 else "")
        raise Refused(
            f"{name} has {len(strange)} labels that the manifest does not name: {shown}. "
            f"The manifest names {len(labels)}, from {labels[0]} to {labels[-1]}."
        )
    return {label: i for i, label in enumerate(labels)}


def misnamed(model: Any, head: Any, dataset: Any) -> str:
    """One sentence when the labels of a data set are not those of the head, in order; else nothing."""
    if head.fits(dataset.labels):
        return ""
    shown = f"{len(dataset.labels)}: {', '.join(dataset.labels[:3])}, …"
    return (
        f"The labels of dataset={dataset.id} ({shown}) are not, in this order, those that the head of "
        f"{model.name} was made for; use the data set's own manifest or another head."
    )
