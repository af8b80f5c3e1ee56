"""Predicting samples once and judging them: a row each, by the judge of the model's modality.

In: a predictor, opened data with a judge, and the request. Out: the table «predictions», and what could not be decoded.
"""

from __future__ import annotations

import json
import sys
import time
from types import SimpleNamespace
from typing import Any, Callable

from tasks.agent.pictured import Pictured, stacked
from tasks.agent.setting import Data, postprocessing
from tasks.modalities.base import Batch, Row, finite, table
from tasks.predictors.base import Loaded
from tasks.processing import Undecodable
from tasks.processing.seams import Carried


def predict_all(
    predictor: Loaded, data: Data, order: list[int], request: dict[str, Any]
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """Predict every sample; rows are those that could be decoded."""
    batch_size, after = request["batch_size"], postprocessing(request)
    rows: list[Row] = []
    undecodable: list[dict[str, str]] = []
    told = time.monotonic()
    for start in range(0, len(order), batch_size):
        ready = []
        for i in order[start : start + batch_size]:
            try:
                ready.append((i, data.one(i)))
            except Undecodable as error:
                undecodable.append({"file": data.samples.files[i], "why": str(error)})
        if ready:
            inputs = stacked([array for _, array in ready])
            rows.extend(_judged(data, request, [i for i, _ in ready], inputs, predictor.predict(inputs), after))
        if time.monotonic() - told > 5:
            told = time.monotonic()
            say(f"{min(start + batch_size, len(order))} of {len(order)} samples predicted")
    asked = SimpleNamespace(**request["dataset"])
    return table(data.judge, rows, asked) if data.judge else {}, undecodable


def _judged(
    data: Data, request: dict[str, Any], indices: list[int], inputs: Any, outputs: Any, after: Callable[[Any], Any]
) -> list[Row]:
    """A row a sample: where it is from, what the modality's judge says, and whether every number is finite."""
    assert data.judge is not None
    samples, truths = data.samples, [data.truths[i] for i in indices]
    result, good = after(outputs), _finite(outputs, len(indices))
    inputs = inputs.inputs if isinstance(inputs, Pictured) else inputs
    outputs = outputs.answer if isinstance(outputs, Carried) else outputs
    batch = Batch(indices, samples, truths, inputs, outputs, result, request["model"], request["dataset"])
    whole = zip(indices, data.judge.judged(batch), good)  # noqa: B905  (Python 3.9)
    return [
        {"sample": i, "file": samples.files[i], "group": samples.groups[i], **row, "finite": fine}
        for i, row, fine in whole
    ]


def _finite(outputs: Any, count: int) -> list[bool]:
    """Of each sample; of a pipeline, of all that was made of it."""
    if not isinstance(outputs, Carried):
        return finite(outputs, count)
    good = finite(outputs.answer, len(outputs.owners)) if outputs.owners else []
    bad = {owner for owner, fine in zip(outputs.owners, good) if not fine}  # noqa: B905  (Python 3.9)
    return [owner not in bad for owner in range(count)]


def say(text: str) -> None:
    """Progress for whoever relays it: one JSON line on standard output."""
    sys.stdout.write(json.dumps({"progress": text}) + "\n")
    sys.stdout.flush()
