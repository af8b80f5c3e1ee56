"""`python -m tests.benchmarks.coverage [--scale 1]`: how often intervals hold the truth → reports/coverage.md.

Simulations of known truth, one seed a section, ours beside what is usual. `--scale` multiplies the trials. The rates
of verdicts, tests, and alarms are in `compared.py` and `rates.py` beside this file.
"""

import argparse
import math
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from scipy.signal import lfilter
from scipy.special import ndtri

from tasks import ROOT
from tasks.statistics import (
    Interval,
    effective_size,
    mean_interval,
    percentile,
    percentile_interval,
    pooled,
    replicated_percentile,
    two_level_percentile,
)
from tests.benchmarks import compared, rates
from tests.benchmarks.tables import Section, rate
from tests.statistics.queues import md1_latencies, md1_percentile

PERCENTILES = (0.5, 0.9, 0.99)
QUEUES = ((0.5, 4000, 500), (0.8, 15000, 400), (0.9, 40000, 250))  # utilisation, queries a replication, trials
Method = Callable[[list[Any], float], "Interval | None"]


def naive(series: list[Any], p: float) -> Interval | None:
    """As if all numbers were independent."""
    return percentile_interval(pooled(series), p)


def within(series: list[Any], p: float) -> Interval | None:
    """The exact interval at the effective size."""
    return percentile_interval(pooled(series), p, effective=effective_size(series, p))


def between(series: list[Any], p: float) -> Interval | None:
    """Student's t over the series' percentiles alone."""
    return mean_interval([percentile(x, p) for x in series])


def gaussian(rng: np.random.Generator, k: int, n: int, phi: float, between_sd: float = 0.0) -> Any:
    """k AR(1) series of n numbers with variance 1 around 10, each at a level of its own."""
    noise = rng.normal(size=(k, n + 200))
    steady = lfilter([math.sqrt(1 - phi**2)], [1, -phi], noise, axis=1)[:, 200:]
    return 10 + steady + between_sd * rng.normal(size=(k, 1))


def covered(
    draw: Callable[[], Any], truths: Sequence[float], methods: Sequence[Method], p: float, trials: int
) -> list[str]:
    """A share of the stated intervals for every method and truth; then how many the last method refused."""
    hits, stated = np.zeros((len(methods), len(truths)), dtype=int), np.zeros(len(methods), dtype=int)
    for _ in range(trials):
        series = list(draw())
        for m, method in enumerate(methods):
            found = method(series, p)
            if found is not None:
                stated[m] += 1
                hits[m] += [truth in found for truth in truths]
    shares = [rate(int(h), int(stated[m])) for m in range(len(methods)) for h in hits[m]]
    return [*shares, f"{100 * (1 - stated[-1] / trials):.0f} %"]


def one_series(scale: float) -> Iterator[list[str]]:
    """One process: the exact interval, plain and at the effective size."""
    rng = np.random.default_rng(11)
    for name, phi, bend in (
        ("independent normal", 0.0, np.asarray),
        ("independent log-normal", 0.0, np.exp),
        ("AR(1), φ = 0.5", 0.5, np.asarray),
        ("AR(1), φ = 0.9", 0.9, np.asarray),
    ):
        for n in (400, 4000):
            for p in PERCENTILES:
                truth = float(bend(10 + ndtri(p)))
                draw = partial(lambda phi, bend, n: bend(gaussian(rng, 1, n, phi)), phi, bend, n)
                cells = covered(draw, [truth], (naive, within), p, int(1000 * scale))
                yield [name, str(n), f"p{100 * p:g}", *cells]


def processes(scale: float) -> Iterator[list[str]]:
    """Two levels: processes of 400 queries at levels of their own."""
    rng = np.random.default_rng(12)
    for phi in (0.0, 0.9):
        for sd in (0.0, 0.1, 1.0):
            for k in (3, 5, 10):
                for p in PERCENTILES:
                    truths = [10 + float(ndtri(p)), 10 + float(ndtri(p)) * math.sqrt(1 + sd**2)]
                    draw = partial(gaussian, rng, k, 400, phi, sd)
                    plain, _, t, _, ours, mixture, refused = covered(
                        draw, truths, (naive, between, two_level_percentile), p, int(400 * scale)
                    )
                    yield [f"{phi:g}", f"{sd:g}", str(k), f"p{100 * p:g}", plain, t, ours, mixture, refused]


def queues(scale: float) -> Iterator[list[str]]:
    """Ten replications of M/D/1 from an empty queue."""
    rng = np.random.default_rng(13)
    for load, n, trials in QUEUES:
        for p in PERCENTILES:
            draw = partial(md1_latencies, rng, load, (10, n))
            methods = (naive, between, replicated_percentile)
            cells = covered(draw, [md1_percentile(load, p)], methods, p, int(trials * scale))
            yield [f"{load:g}", str(n), f"p{100 * p:g}", *cells]


SECTIONS = (
    Section(
        "One process",
        "Queries of one process, 95 % intervals of a percentile. *As if independent*: the exact order-statistic "
        "interval. *Ours*: the same at the effective size, refused below 6, 36, 368 effective samples.",
        ("series", "n", "percentile", "as if independent", "ours", "refused"),
        one_series,
    ),
    Section(
        "Processes and samples",
        "k processes of 400 queries, deviation 1 within, levels of their own (deviation *between*), AR(1) within with "
        "φ. *Ours*: the percentile a fresh process is expected to have. *Mixture*: the same interval held against the "
        "percentile of all queries of all possible processes, which a few processes that differ as much as their "
        "queries do cannot bound; up to 0.1 there is no difference.",
        ("φ", "between", "k", "percentile", "all independent", "t over processes", "ours", "mixture", "refused"),
        processes,
    ),
    Section(
        "A queue",
        "M/D/1, ten independently seeded replications from an empty queue, against its exact long-run percentile.",
        ("utilisation", "queries each", "percentile", "as if independent", "t over replications", "ours", "refused"),
        queues,
    ),
)


def main() -> None:
    """Simulate, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    scale, begin = parser.parse_args().scale, time.monotonic()
    parts = ["# Coverage\n", ""]
    for section in (*SECTIONS, compared.SECTION, *rates.SECTIONS):
        parts.append(section.render(scale))
        print(f"{time.monotonic() - begin:.0f} s: {section.title}", flush=True)
    parts[1] = (
        f"`python -m tests.benchmarks.coverage{f' --scale {scale:g}' if scale != 1 else ''}`: simulations of known "
        "truth,\nfixed seeds. In percent, ± the 95 % Monte Carlo error.\n"
    )
    (ROOT / "reports" / "coverage.md").write_text("\n".join(parts))


if __name__ == "__main__":
    main()
