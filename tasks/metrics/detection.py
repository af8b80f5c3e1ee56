"""How right boxes are: mean average precision (COCO), with the boxes of another picture beside it.

From the answers and truths of the accuracy process (`tasks/modalities/object_detection.py`), matched by pycocotools.
The number is no mean over pictures, so its interval is a jackknife: pictures of one source leave it together, and
sources are dealt to at most 50 parts.
"""

import json
from functools import lru_cache, partial

import numpy as np

from tasks.metrics._coco import Matches, Precisions
from tasks.metrics._judged import groups_of, predictions
from tasks.metrics.base import Metric
from tasks.results.measurement import Estimate, Measurement
from tasks.statistics import jackknife_interval

PARTS = 50  # more would only take longer: each is an accumulation over nearly all pictures
Texts = tuple[str, ...]
Parts = tuple[int, ...]


def over_overlaps(measurement: Measurement) -> Estimate | None:
    """The mean over overlaps 0.50 … 0.95."""
    return _precision(measurement, 0)


def at_half(measurement: Measurement) -> Estimate | None:
    """At an overlap of 0.50."""
    return _precision(measurement, 1)


def _precision(measurement: Measurement, which: int) -> Estimate | None:
    table = predictions(measurement, "answers", "truths")
    if table is None:
        return None
    answers, truths = (tuple(table[name]) for name in ("answers", "truths"))
    if not table["present"].any():
        return Estimate(None, "mAP", n=len(table), processes=1, note="not stated: no picture has a box")
    groups = groups_of(table)
    parts = parted(tuple(groups or map(str, range(len(table)))))
    whole, simple, without = _precisions(answers, truths, parts)
    rest = [each[which] for each in without]
    interval = None if np.isnan(rest).any() else jackknife_interval(whole[which], rest)
    low, high = (max(interval.low, 0.0), min(interval.high, 1.0)) if interval else (None, None)
    said = f"clustered by source: {len(set(groups))} groups" if groups else f"over {len(table)} independent samples"
    beside = f"the boxes of the picture before: {simple[which]:.3f}"
    note = f"{int(table['present'].sum()):,} boxes of {len(table)} pictures; jackknife interval {said}; {beside}"
    return Estimate(whole[which], "mAP", low, high, n=len(table), processes=1, note=note)


def parted(groups: Texts) -> Parts:
    """The part of each picture: sources in the order they come, dealt to at most PARTS."""
    known = {name: k % PARTS for k, name in enumerate(dict.fromkeys(groups))}
    return tuple(known[name] for name in groups)


@lru_cache(maxsize=4)
def _precisions(answers: Texts, truths: Texts, parts: Parts) -> tuple[Precisions, Precisions, list[Precisions]]:
    """Of all pictures, of the boxes of the picture before as answers, and with each part left out."""
    matches = Matches(answers, truths)
    rest = [[n for n, at in enumerate(parts) if at != part] for part in range(max(parts) + 1)]
    others = [json.dumps([[kind, 1.0, *edges] for kind, *edges in json.loads(text)]) for text in truths]
    without = [matches.precisions(chosen) for chosen in rest if chosen]
    return matches.precisions(), Matches(others[-1:] + others[:-1], truths).precisions(), without


Output = partial(Metric, "detection", unit="mAP", direction="higher", boundary="output")

METRICS = (
    Output(
        name="detection_map",
        formula="mean over classes and overlaps 0.50, 0.55 … 0.95 of average precision (COCO, 101 points, 100 boxes)",
        compute=over_overlaps,
    ),
    Output(
        name="detection_map50",
        formula="mean over classes of average precision at an overlap of 0.50 (COCO, 101 points, 100 boxes)",
        compute=at_half,
    ),
)
