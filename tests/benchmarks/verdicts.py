"""`python -m tests.benchmarks.verdicts`: how often a verdict is wrong on this machine → reports/verdicts.md.

Trials are formed from the pool (`pool.py`): each takes blocks in the order they ran until its verdict, as
`flows.compare` would, and no block is in two of them.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tasks import ROOT
from tasks.statistics import Comparison, Plan, compare, detectable, log_ratio, proportion_interval
from tests.benchmarks.pool import Part, read

PLAN, ENOUGH, ONE_SIDED = Plan(), 299, 0.9  # equal tails of 5 %: a one-sided 95 % limit
QUIET = 2.3  # load of a minute: one lane a core of two, and nothing else
VERDICTS = ("FASTER", "SLOWER", "SAME", "UNDECIDED")


def trials(log_ratios: Sequence[float], plan: Plan = PLAN) -> list[Comparison]:
    """One verdict a disjoint run of blocks; what is left at the end and has none is no trial."""
    found, begin, needed = list[Comparison](), 0, plan.looks[0]
    while begin + needed <= len(log_ratios):
        one = compare(log_ratios[begin : begin + needed], plan)
        further = plan.next_look(needed) if one.verdict == "UNDECIDED" else None
        if further is not None:
            needed = further
            continue
        found.append(one)
        begin, needed = begin + needed, plan.looks[0]
    return found


def report(parts: list[Part]) -> str:
    """The rates, with exact (Clopper-Pearson) one-sided 95 % limits."""
    ratios = [{kind: _ratios(blocks, kind) for kind in (False, True)} for _, blocks in parts]
    equal, planted = ([t for of in ratios for t in trials(of[kind])] for kind in (False, True))
    alarms = sum(t.verdict in ("FASTER", "SLOWER") for t in equal)
    blocks, head = [b for _, of in parts for b in of], parts[0][0]
    times = sorted(b["at"] for b in blocks)
    lines = [
        "# How often a verdict is wrong",
        "",
        "`python -m tests.benchmarks.pool add`, then `python -m tests.benchmarks.verdicts`:",
        f"{len(blocks)} blocks A B B A of fresh processes of `{' '.join(head['words'])}`,",
        f"{times[0]} to {times[-1]}, load {_span([b['load_1m'] for b in blocks])}.",
        f"Metric {head['metric']}; looks after {PLAN.looks} blocks, margin ±{100 * PLAN.margin:g} %.",
        "",
        f"| trials | n | {' | '.join(VERDICTS)} | blocks a trial | one-sided 95 % limit |",
        f"|{'---|' * (len(VERDICTS) + 4)}",
        _row("equal", equal, f"false alarms ≤ {_limit(alarms, len(equal), True)}"),
        _row("planted", planted, _found(planted)),
        *_by_load(parts),
        "",
        *(_part(head, blocks, of) for (head, blocks), of in zip(parts, ratios, strict=True)),
    ]
    if len(equal) < ENOUGH:
        lines += ["", f"{len(equal)} trials of equals are fewer than the {ENOUGH} that can show at most 1 %: add more."]
    return "\n".join(lines) + "\n"


def _by_load(parts: list[Part]) -> list[str]:
    """The planted ones once more, from the blocks beside which nothing else ran, and from the others."""
    rows = []
    for name, quiet in ((f"planted, load up to {QUIET:g}", True), ("planted, load above", False)):
        kept = [[b for b in of if (b["load_1m"] <= QUIET) is quiet] for _, of in parts]
        found = [t for of in kept for t in trials(_ratios(of, True))]
        rows.append(_row(name, found, _found(found)))
    return rows


def _found(planted: list[Comparison]) -> str:
    hits = sum(t.verdict == "SLOWER" for t in planted)
    share = f"{100 * hits / len(planted):.0f} % found" if planted else "–"
    return f"{share}, ≥ {_limit(hits, len(planted), False)}"


def _ratios(blocks: list[dict[str, Any]], planted: bool) -> list[float]:
    return [log_ratio(b["a"], b["b"]) for b in blocks if b["planted"] is planted]


def _part(head: dict[str, Any], blocks: list[dict[str, Any]], ratios: dict[bool, list[float]]) -> str:
    """Where, what was planted, and what equal blocks say of this machine."""
    a = np.mean([b["a"] for b in blocks])
    seen = 1e3 * math.expm1(float(np.mean(ratios[True]))) * a if ratios[True] else math.nan
    smallest = detectable(ratios[False], PLAN.looks[0])
    shown = "needs four equal blocks" if smallest is None else f"{100 * smallest:.2g} % in {PLAN.looks[0]} blocks"
    return (
        f"- {head['cpu']}, core {head['cores']}, {len(blocks)} blocks: {a:.4g} ms; planted a wait of "
        f"{head['wait_us']:.1f} µs, {100 * head['planted']:g} % when it began, seen {seen:.1f} µs; smallest difference "
        f"that would show (95 %, power 80 %): {shown}."
    )


def _span(values: list[float]) -> str:
    low, middle, high = np.percentile(values, [5, 50, 95]) if values else (math.nan,) * 3
    return f"{middle:.3g} ({low:.3g} to {high:.3g})"


def _limit(hits: int, n: int, upper: bool) -> str:
    if not n:
        return "–"
    found = proportion_interval(hits, n, ONE_SIDED)
    return f"{100 * (found.high if upper else found.low):.2f} %"


def _row(name: str, found: list[Comparison], limit: str) -> str:
    counts = [str(sum(t.verdict == verdict for t in found)) for verdict in VERDICTS]
    used = f"{np.mean([t.blocks for t in found]):.1f}" if found else "–"
    return f"| {name} | {len(found)} | {' | '.join(counts)} | {used} | {limit} |"


def main() -> None:
    """Write the table."""
    parts = [part for part in read() if part[1]]
    if not parts:
        raise SystemExit("There is no pool yet: python -m tests.benchmarks.pool add --minutes 10")
    text = report(parts)
    (ROOT / "reports" / "verdicts.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
