"""The rates of tests of accuracy, alarms, stopping, and bounds. Part of `python -m tests.benchmarks.coverage`."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from tasks.statistics import (
    Budget,
    early_stopping_estimate,
    look_confidence,
    mcnemar,
    mean_interval,
    paired_difference,
    watch,
)
from tests.benchmarks.compared import normal
from tests.benchmarks.tables import Section, rate


def accuracies(scale: float) -> Iterator[list[str]]:
    """Equal and unequal models on independent samples and on pictures of several samples."""
    rng, trials = np.random.default_rng(22), int(600 * scale)
    for groups, size, lean in ((180, 1, 0.0), (9, 20, 0.0), (9, 20, 1.0), (30, 10, 1.0), (60, 5, 1.0)):
        for gain in (0.0, 0.1):
            names, hits, plain, rejected = np.repeat(np.arange(groups), size).tolist(), 0, 0, 0
            for _ in range(trials):
                tilt = np.repeat(rng.uniform(-0.2, 0.2, groups) * lean, size)
                a, b = rng.random(groups * size) < 0.7 - tilt, rng.random(groups * size) < 0.7 + gain + tilt
                found = paired_difference(a.tolist(), b.tolist(), names)
                hits, rejected = hits + (gain in found.interval), rejected + (found.p_value <= 0.05)
                plain += mcnemar(found.gained, found.lost) <= 0.05
            kind = f"{groups} × {size}, {'sources lean' if lean else 'alike'}"
            yield [kind, f"{100 * gain:g} %", rate(hits, trials), rate(rejected, trials), rate(plain, trials)]


def alarms(scale: float) -> Iterator[list[str]]:
    """A daily evaluation; 0.1 alarms a month asked."""
    rng, histories, runs = np.random.default_rng(23), int(150 * scale), 30 * 12
    for name, noise in (("2 %", normal(0.02)), ("1 %, one run in 20 is 10 % slower", normal(0.01, 0.1))):
        watched = [w for xs in np.exp(noise(rng, (histories, 30 + runs))) for w in watch(xs.tolist(), 30)[30:]]
        seen = [
            rate(sum(_alarmed(xs, by) for xs in noise(rng, (4 * histories, 37))), 4 * histories) for by in (0.05, 0.1)
        ]
        months = 12 * histories
        outside, false = sum(w.outside for w in watched), sum(w.changed for w in watched)
        yield [name, f"{outside / months:.3f}", f"{false / months:.3f}", *seen]


def _alarmed(logs: Any, by: float) -> bool:
    """An alarm within seven runs after a lasting change behind thirty."""
    changed = np.exp(logs + math.log1p(by) * (np.arange(len(logs)) >= 30))
    return any(w.changed for w in watch(changed.tolist(), 30)[30:])


def stopped(scale: float) -> Iterator[list[str]]:
    """Processes one by one until the interval of their mean is ± the target."""
    rng, trials = np.random.default_rng(24), int(500 * scale)
    for name, draw in (
        ("normal, 5 %", lambda: rng.normal(10, 0.5, 40)),
        ("log-normal, 5 %", lambda: 10 * rng.lognormal(-0.00125, 0.05, 40)),
    ):
        for target in (0.02, 0.05):
            hits, narrow, units = {"plain": 0, "ours": 0}, 0, 0
            for _ in range(trials):
                xs = draw()
                for kind in hits:
                    found, n, why = _until(xs, target, kind == "ours")
                    hits[kind] += 10 in found
                narrow, units = narrow + (why == "narrow enough"), units + n
            yield [
                name, f"±{100 * target:g} %", rate(hits["plain"], trials), rate(hits["ours"], trials),
                rate(narrow, trials), f"{units / trials:.1f}",
            ]  # fmt: skip


def _until(xs: Any, target: float, spending: bool) -> tuple[Any, int, str | None]:
    budget = Budget(target, len(xs), math.inf)
    for look, n in enumerate(range(3, len(xs) + 1), 1):
        found = mean_interval(xs[:n], look_confidence(look) if spending else 0.95)
        if why := budget.ended(float(np.mean(xs[:n])), found, n, 0.0):
            return found, n, why
    raise AssertionError("the budget ends at the last number")


def bounds(scale: float) -> Iterator[list[str]]:
    """LoadGen's estimate on independent queries."""
    rng, trials = np.random.default_rng(25), int(2000 * scale)
    for p, n in ((0.9, 64), (0.9, 1000), (0.99, 1000)):
        found = [early_stopping_estimate(x, p) for x in rng.random((trials, n))]
        yield [f"p{100 * p:g}", str(n), rate(sum(f is not None and f >= p for f in found), trials)]


SECTIONS = (
    Section(
        "Accuracy on the same samples",
        "Two models, groups × samples each; where sources lean, each suits one of the models. Interval and test of "
        "`paired_difference`; McNemar as if samples were independent beside it.",
        ("samples", "true difference", "interval holds it", "rejected at 5 %", "McNemar rejects"),
        accuracies,
    ),
    Section(
        "Over time",
        "A run a day, a year after 30 days, 0.1 false alarms a month asked; then a lasting change.",
        ("noise of a run", "outside a month", "false alarms a month", "5 % seen within a week", "10 % seen"),
        alarms,
    ),
    Section(
        "Stopping",
        "Processes one by one, from 3 to 40, until the mean's interval is narrow enough; a look after each.",
        ("processes", "target", "plain 95 %", "ours", "narrow enough", "processes used"),
        stopped,
    ),
    Section(
        "LoadGen's early stopping",
        "One-sided, 99 %: how often the estimate is not below the percentile.",
        ("percentile", "n", "holds"),
        bounds,
    ),
)
