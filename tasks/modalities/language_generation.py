"""Texts → the next token, at every place: how surprising the true one is, and whether it is the likeliest.

The text is its own truth, so the index needs nothing but files and groups: logits at place t (batch, places, words) are
judged by the token at t + 1, up to the end of the text or of what the model reads. Beside it stands a unigram of all
texts of the data set, the best one that there is for them.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np

from tasks.errors import Refused
from tasks.modalities.base import Base, Batch, Column, Row, differs, one_output
from tasks.processing.samples import Samples

VOCABULARIES = {"bytes": 256}  # name → words


class Modality(Base):
    """``nll`` and ``unigram_nll`` are sums of -ln p over ``tokens``, ``entropy`` is a mean over them, in nats."""

    headline = "text_perplexity"
    answer, close = "nll", 1e-3
    varies = "entropy"
    least = 100

    def columns(self, dataset: Any) -> dict[str, Column]:
        """Sums over the places of a text; ``right`` counts places whose likeliest token is the true one."""
        count, nats = Column(int, 1), Column(float, 0, nullable=True)
        return {
            "tokens": count,
            "bytes": count,
            "nll": nats,
            "right": Column(int, 0),
            "entropy": nats,
            "unigram_nll": Column(float, 0),
        }

    def lacks(self, dataset: Any) -> str:
        """What a token is."""
        named = dataset.meaning.get("vocabulary")
        known = ", ".join(VOCABULARIES)
        return "" if named in VOCABULARIES else f"meaning.vocabulary is {named!r}; it has to be one of: {known}"

    def misfit(self, model: Any, head: Any, dataset: Any) -> str:
        """Tokens are the same, and the model reads all of them."""
        words, most = VOCABULARIES.get(dataset.meaning.get("vocabulary"), 0), model.inputs[0].range[1]
        if most < words - 1:
            return f"{model.name} reads tokens up to {most:g}, dataset={dataset.id} has {words}."
        return differs(model, head, dataset, ("vocabulary",))

    def truths(self, samples: Samples, dataset: dict[str, Any]) -> list[Any]:
        """-ln p of every byte by its share in all texts; the same for each sample."""
        counts = Counter(b"".join(samples.read(i) for i in range(len(samples))))
        total = sum(counts.values())
        costs = np.array([-math.log(max(counts[byte], 1) / total) for byte in range(256)])
        return [costs] * len(samples)

    def judged(self, batch: Batch) -> list[Row]:
        """A row a text."""
        logits = one_output(batch.outputs, "Texts")
        ids = batch.inputs[0] if isinstance(batch.inputs, tuple) else batch.inputs
        if logits.ndim != 3 or logits.shape[:2] != ids.shape:
            raise Refused(
                f"Texts are judged by logits of every place, (batch, places, words) of {ids.shape}; these are "
                f"{logits.shape}."
            )
        return [self._row(batch, k, ids[k], logits[k]) for k in range(len(ids))]

    def _row(self, batch: Batch, k: int, ids: Any, logits: Any) -> Row:
        places = min(len(batch.samples.read(batch.indices[k])), len(ids)) - 1
        true, values = ids[1 : places + 1], logits[:places].astype(np.float64)
        shifted = values - values.max(axis=1, keepdims=True)
        total = np.log(np.exp(shifted).sum(axis=1))
        entropy = total - (np.exp(shifted - total[:, None]) * shifted).sum(axis=1)
        return {
            "tokens": places,
            "bytes": places,
            "nll": float(np.maximum(total - shifted[np.arange(places), true], 0).sum()),
            "right": int((values.argmax(axis=1) == true).sum()),
            "entropy": float(np.maximum(entropy, 0).mean()),
            "unigram_nll": float(batch.truths[k][true].sum()),
        }
