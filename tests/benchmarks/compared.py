"""How often `compare` says what, on machines of several kinds. Part of `python -m tests.benchmarks.coverage`."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.stats import rankdata

from tasks.statistics import Plan, compare
from tests.benchmarks.tables import Section, limit, rate

PLAN = Plan()
Noise = Callable[[np.random.Generator, tuple[int, ...]], Any]


def normal(sd: float, slow: float = 0.0, share: float = 0.05) -> Noise:
    """Log times of processes; a share of them slower."""
    return lambda rng, shape: rng.normal(0, sd, shape) + math.log1p(slow) * (rng.random(shape) < share)


def steps(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """1 % noise; at a random block the machine becomes 10 % slower for good."""
    late = np.arange(shape[1])[None, :, None] >= rng.integers(0, shape[1], (shape[0], 1, 1))
    return rng.normal(0, 0.01, shape) + 0.0953 * late


MACHINES: dict[str, Noise] = {
    "quiet: 0.5 %": normal(0.005),
    "1 %": normal(0.01),
    "noisy: 5 %": normal(0.05),
    "1 %, one process in 20 is 10 % slower": normal(0.01, 0.1),
    "0.5 % × t(2)": lambda rng, shape: 0.005 * rng.standard_t(2, shape),
    "1 %, a lasting 10 % step at a random block": steps,
}


def compared(scale: float) -> Iterator[list[str]]:
    """Verdicts over blocks of two A and two B processes; the signed rank's beside them."""
    rng = np.random.default_rng(21)
    for name, noise in MACHINES.items():
        equal, planted, edge = (
            _blocks(noise, rng, shift, int(trials * scale))
            for shift, trials in ((0.0, 3000), (0.03, 1000), (PLAN.margin, 1000))
        )
        found = [compare(b, PLAN) for b in equal]
        said = [c.verdict for c in found]
        faster_or_slower = len(said) - said.count("SAME") - said.count("UNDECIDED")
        slower = [compare(b, PLAN).verdict for b in planted]
        wrong = slower.count("SAME") + slower.count("FASTER")
        ranked, ranked_planted = signed_rank(equal), signed_rank(planted)
        yield [
            name, limit(faster_or_slower, len(said)), rate(said.count("SAME"), len(said)),
            rate(slower.count("SLOWER"), len(slower)), rate(wrong, len(slower)),
            rate(sum(compare(b, PLAN).verdict == "SAME" for b in edge), len(edge)),
            f"{np.mean([c.blocks for c in found]):.1f}",
            limit(int((ranked == 2).sum()), len(ranked)), rate(int((ranked == 1).sum()), len(ranked)),
            rate(int((ranked_planted == 2).sum()), len(planted)),
        ]  # fmt: skip


def _blocks(noise: Noise, rng: np.random.Generator, shift: float, trials: int) -> Any:
    """Log ratios, trials × blocks: A B B A, B slower by a share."""
    times = noise(rng, (trials, PLAN.looks[-1], 4))
    return times[:, :, 1:3].mean(axis=2) - times[:, :, [0, 3]].mean(axis=2) + math.log1p(shift)


def signed_rank(blocks: Any) -> Any:
    """The same plan with Wilcoxon's exact signed rank: 0 undecided, 1 SAME, 2 FASTER or SLOWER, one a trial."""
    verdicts, looks = np.zeros(len(blocks), dtype=int), len(PLAN.looks)
    for n in PLAN.looks:
        seen = blocks[:, :n]
        different = 2 * looks * np.minimum(_above(seen), _above(-seen))
        beyond = looks * np.maximum(_above(seen - math.log(1 - PLAN.margin)), _above(math.log(1 + PLAN.margin) - seen))
        now = np.where(beyond <= 0.025, 1, np.where(different <= PLAN.false_alarm, 2, 0))
        verdicts = np.where(verdicts == 0, now, verdicts)
    return verdicts


def _above(values: Any) -> Any:
    """P(a sum of signed ranks at least as high) for each row, were each sign a fair coin."""
    n = values.shape[1]
    chances = np.ones(1)
    for rank in range(1, n + 1):
        chances = (np.pad(chances, (0, 2 * rank)) + np.pad(chances, (2 * rank, 0))) / 2
    sums = (rankdata(np.abs(values), axis=1) * np.sign(values)).sum(axis=1)
    return np.cumsum(chances[::-1])[::-1][np.rint(sums + n * (n + 1) / 2).astype(int)]


SECTION = Section(
    "Comparison",
    f"Blocks A B B A of fresh processes, `compare` with its own plan: looks after {PLAN.looks} blocks, margin ±2 %. "
    "False alarms (FASTER or SLOWER of equals) with their exact 95 % upper limit. *Edge*: SAME said of a ratio at the "
    "end of the margin, at most 2.5 % by plan. *Ranks*: the same plan with Wilcoxon's signed rank, which at this level "
    "can find a difference only from 12 blocks on.",
    (
        "noise of a process", "false alarms", "SAME of equals", "3 % found", "3 %: wrong", "edge", "blocks for equals",
        "ranks: false alarms", "ranks: SAME", "ranks: 3 % found",
    ),
    compared,
)  # fmt: skip
