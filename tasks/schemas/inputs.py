"""Pre-processed inputs held against the model's contract, before anything is predicted.

In: the evaluation and the process of role «inputs» (one row a sample and channel). Out: a `Verdict` whose sentences
name what was seen, what was promised, and what usually causes the difference.
"""

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from tasks.results.measurement import Check, Verdict
from tasks.results.process import Process
from tasks.schemas.tables import check_table, inputs, rows
from tasks.specs.evaluation import Evaluation
from tasks.specs.model import Channels, Tensor


def check_inputs(evaluation: Evaluation, process: Process) -> Verdict:
    """Shape and type, values inside the range, and the channels' means and deviations where the head promises them."""
    table, promised = process.inputs, evaluation.model.inputs[0]
    whole = check_table("inputs", table, inputs())
    if not whole.passed:
        broken = process.facts.get("undecodable") or []
        why = f"; {len(broken)} samples could not be decoded, first {broken[0]['file']}" if broken else ""
        return Verdict((Check("inputs", False, whole.sentence + why, whole.rows),))
    checks = [whole, _shape(table, promised), _dtype(table, promised), _range(table, promised)]
    channels = evaluation.head.channels
    if channels is not None:
        checks += _channels(table, channels)
    return Verdict(tuple(checks))


def _shape(table: pd.DataFrame, promised: Tensor) -> Check:
    expected = tuple(d for d in promised.shape if d != "batch")
    shapes = table["shape"].map(lambda text: tuple(int(d) for d in re.findall(r"\d+", text)))
    wrong = table[[shape != expected for shape in shapes]]
    if wrong.empty:
        return Check("input shape", True, f"every sample is {_by(expected)}")
    seen = shapes[wrong.index[0]]
    other = "NHWC" if promised.layout == "NCHW" else "NCHW"
    rolled = (*seen[-1:], *seen[:-1]) if promised.layout == "NCHW" else (*seen[1:], *seen[:1])
    if rolled == expected:
        hint = f"layout {other}? The model reads {promised.layout}; see the transpose step."
    elif seen[1:] == expected or seen == (1, *expected):
        hint = "a sample carries a batch dimension of its own?"
    else:
        hint = "is the size of the resize or crop step the model's?"
    sentence = f"{wrong['sample'].nunique()} samples are {_by(seen)}, the model's input is {_by(expected)}: {hint}"
    return Check("input shape", False, sentence, rows(wrong))


def _by(shape: tuple[object, ...]) -> str:
    return " x ".join(map(str, shape))


def _dtype(table: pd.DataFrame, promised: Tensor) -> Check:
    wrong = table[table["dtype"] != promised.dtype]
    if wrong.empty:
        return Check("input type", True, f"every sample is {promised.dtype}")
    seen = wrong["dtype"].iloc[0]
    hint = "the normalize step is missing?" if seen == "uint8" else "a step computes in another precision?"
    sentence = f"{wrong['sample'].nunique()} samples are {seen}, the model's input is {promised.dtype}: {hint}"
    return Check("input type", False, sentence, rows(wrong))


def _range(table: pd.DataFrame, promised: Tensor) -> Check:
    least, most = promised.range
    slack = 1e-5 * (most - least)  # float32 rounds the ends
    inside = (table["low"] >= least - slack) & (table["high"] <= most + slack)
    low, high = float(table["low"].min(skipna=False)), float(table["high"].max(skipna=False))
    seen = f"values lie in {low:.4g} … {high:.4g}"
    if inside.all():
        return Check("input range", True, f"{seen}, promised {least:.4g} … {most:.4g}")
    wrong = table[~inside]
    sentence = f"{seen}, the model promises {least:.4g} … {most:.4g}: {_range_hint(low, high, least, most)}"
    return Check("input range", False, sentence, rows(wrong))


def _range_hint(low: float, high: float, least: float, most: float) -> str:
    if not np.isfinite([low, high]).all():
        return "a step divides by zero?"
    if high > 10 * max(most, 1.0) and high <= 255.5:
        return "0 … 255 looks like raw pixels; the scale step is missing?"
    if least >= 0 > low:
        return "the model wants no mean subtracted?"
    return "other mean and deviation in the normalize step than the model's?"


def _channels(table: pd.DataFrame, promised: Channels) -> Iterator[Check]:
    """Over all pixels of the samples present; a mean may shift absolutely, a deviation relatively by the tolerance.

    Samples are of one size, so the law of total variance gives the deviation over all pixels from those within samples.
    """
    within = table.assign(variance=table["std"] ** 2).groupby("channel")
    seen = pd.DataFrame({"mean": within["mean"].mean()})
    seen["std"] = np.sqrt(within["variance"].mean() + within["mean"].var(ddof=0))
    if len(seen) != len(promised.mean):
        sentence = f"inputs have {len(seen)} channels, the head promises {len(promised.mean)}"
        yield Check("input channels", False, sentence)
        return
    mean, std = seen["mean"].to_numpy(), seen["std"].to_numpy()
    wanted, spread = np.array(promised.mean), np.array(promised.std)
    close = bool((np.abs(mean - wanted) <= promised.tolerance).all())
    hint = "" if close else f": {_mean_hint(mean, wanted, promised.tolerance)}"
    yield Check("input means", close, _against("channel means", mean, wanted, promised.tolerance, "") + hint)
    ratio = std / spread
    alike = bool((np.abs(ratio - 1) <= promised.tolerance).all())
    hint = "" if alike else f": {_deviation_hint(ratio)}"
    sentence = _against("channel deviations", std, spread, 100 * promised.tolerance, " %")
    yield Check("input deviations", alike, sentence + hint)


Array = np.ndarray[tuple[int], np.dtype[np.float64]]


def _mean_hint(seen: Array, wanted: Array, tolerance: float) -> str:
    if (np.abs(seen[::-1] - wanted) <= tolerance).all():
        return "in reverse order they fit; BGR instead of RGB, or the reverse?"
    if (seen > 20 * np.maximum(np.abs(wanted), 1e-9)).all() and seen.max() > 2:
        return "they are on the scale of 0 … 255; the scale step is missing?"
    if np.ptp(seen) < 0.1 * np.ptp(wanted):
        return "all channels are alike; was the picture read as grey?"
    return "another data set or split, or a normalize step with other means?"


def _deviation_hint(ratio: Array) -> str:
    if (np.abs(ratio / 255 - 1) < 0.5).all():
        return "about 255 times too large; the scale step is missing?"
    if (ratio < 0.02).all():
        return "far too small; scaled by 1/255 twice?"
    return "another resize, or a normalize step with other deviations?"


def _against(what: str, seen: Array, wanted: Array, tolerance: float, unit: str) -> str:
    numbers = " ".join(f"{x:.3g}" for x in seen), " ".join(f"{x:.3g}" for x in wanted)
    return f"{what} {numbers[0]}, promised {numbers[1]} (± {tolerance:.3g}{unit})"
