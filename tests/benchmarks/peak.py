"""`python -m tests.benchmarks.peak [--queries 600000] [--wall 1000]`: the peak against theory → reports/peak.md.

In simulated time against M/D/1, whose wait A. K. Erlang gave in 1909, with what that many queries can tell; once in
wall-clock time with a model that spins, against theory with its realised mean; and a stall of 50 ms every 2 s as
`server` and `single_stream` see it. Ends with exit code 1 where a bracket in simulated time is not within 1 %.
"""

import argparse
import math
import sys
from decimal import Decimal, getcontext
from math import factorial
from typing import Any

import numpy as np

from tasks.predictors.simulated import Clock
from tasks.results.process import latency_ns
from tasks.scenarios import peak
from tasks.scenarios.base import Log, System
from tests.benchmarks.agents import machine, table, timed, write
from tests.statistics.queues import md1_latencies, md1_share

SERVICE_MS, BOUNDS_MS, TOLERANCE, SEEDS, PERCENTILE, WITHIN = 5.0, (15, 20, 30, 50), 0.002, 5, 99.0, 0.01
PIECES, PIECE = 32, 50_000  # queues from which the error of more queries is reckoned
getcontext().prec = 80  # the sum alternates and cancels


def waits_at_most(t: Decimal, rate: Decimal, service: Decimal) -> Decimal:
    """P(wait ≤ t) = (1 - ρ) Σ_k (-λ(t - kD))^k / k! · e^{λ(t - kD)}, k = 0 … ⌊t/D⌋."""
    terms = [(rate * (t - k * service), k) for k in range(int(t / service) + 1)]
    return (1 - rate * service) * sum(((-x) ** k / factorial(k) * x.exp() for x, k in terms), Decimal(0))


def theory(bound_ms: float, service_ms: float, share: float = 0.99) -> float:
    """The rate, per s, at which this share of M/D/1's responses is within the bound; 0 where none is."""
    service, left = Decimal(service_ms) / 1000, (Decimal(bound_ms) - Decimal(service_ms)) / 1000
    low, high = Decimal(0), 1 / service
    for _ in range(50):
        middle = (low + high) / 2
        inside = waits_at_most(left, middle, service) >= Decimal(share)
        low, high = (middle, high) if inside else (low, middle)
    return float(low)


def main() -> None:
    """Measure, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=600_000, help="of every rate and seed, in simulated time")
    parser.add_argument("--wall", type=int, default=1000, help="of every rate, in wall-clock time; 0 leaves it out")
    asked = parser.parse_args()
    lines = ["# The peak against theory", ""]
    lines += [f"`python -m tests.benchmarks.peak --queries {asked.queries} --wall {asked.wall}`", ""]
    lines += [f"Simulated time, service {SERVICE_MS:g} ms, p99 within the bound, {SEEDS} fresh seeds, one process.", ""]
    found = {bound: _simulated(bound, asked.queries) for bound in BOUNDS_MS}
    rows = [[f"{bound:g}", f"{theory(bound, SERVICE_MS):.1f}", *_bracket(*found[bound])] for bound in BOUNDS_MS]
    lines += table(["bound, ms", "M/D/1, per s", *BRACKET], rows)
    lines += ["", f"## What {SEEDS} × {asked.queries} queries can tell", "", *_errors(SEEDS * asked.queries)]
    lines += ["", "## A stall of 50 ms every 2 s, service 0.1 ms, simulated time", "", *_stall()]
    if asked.wall:
        lines += ["", "## Wall-clock time, a model that spins for 5 ms, bound 20 ms", "", *_wall(asked.wall)]
    write("peak.md", lines)
    apart = [bound for bound, seen in found.items() if not _within(*seen)]
    sys.exit(f"not within {WITHIN:.0%} of theory: bounds of {apart} ms" if apart else 0)


BRACKET = ["highest that passed", "lowest that failed", "passed / M/D/1", "failed / M/D/1"]


def _simulated(bound: float, queries: int) -> tuple[float | None, float, float]:
    """(passed, failed, theory's rate): the scenario itself, on a clock that is moved."""
    clock, log = Clock(), Log()

    def predict(query: Any) -> Any:
        clock.ns += int(1e6 * SERVICE_MS)
        return query

    system = System(lambda query: query, predict, lambda query: query, [0], clock.now, clock.wait_until)
    asked = {"tolerance": TOLERANCE, "confirmations": SEEDS, "warmup_queries": 3, "min_duration_s": 0.0}
    peak.run(system, log, latency_bound_ms=bound, percentile=PERCENTILE, min_queries=queries, **asked)
    return log.facts["peak_passed_qps"], log.facts["peak_failed_qps"], theory(bound, SERVICE_MS)


def _bracket(passed: float | None, failed: float, expected: float) -> list[str]:
    """The two rates, and both over theory's; none may have passed, and theory may have no rate."""
    rates = [passed, failed]
    shown = ["none" if rate is None else f"{rate:.1f}" for rate in rates]
    return shown + ["–" if rate is None or not expected else f"{rate / expected:.4f}" for rate in rates]


def _within(passed: float | None, failed: float, expected: float) -> bool:
    return all(rate is not None and abs(rate / expected - 1) <= WITHIN for rate in (passed, failed))


def _errors(queries: int) -> list[str]:
    """Bias of the late share at theory's rate, and the standard error of the peak from so many queries.

    The error of the share over the share, divided by its elasticity in the rate, which theory gives.
    """
    rng, rows = np.random.default_rng(0), []
    for bound in BOUNDS_MS:
        times, rate = bound / SERVICE_MS, theory(bound, SERVICE_MS)
        load, late = rate * SERVICE_MS / 1000, 1 - PERCENTILE / 100
        elasticity = math.log((1 - md1_share(1.01 * load, times)) / late) / math.log(1.01)
        each = [float((md1_latencies(rng, load, (PIECE,)) > times).mean()) for _ in range(PIECES)]
        error = float(np.std(each, ddof=1))
        peak_error = error / late / elasticity * math.sqrt(PIECE / queries)
        mean = f"{100 * np.mean(each):.3f} ± {100 * error / math.sqrt(PIECES):.3f}"
        rows.append([f"{bound:g}", mean, f"{elasticity:.1f}", f"{100 * peak_error:.2f}"])
    seen = f"From {PIECES} queues of {PIECE} queries at theory's rate, each begun empty, seed 0; 1 % should be late."
    headings = ["bound, ms", "late, %", "late share's elasticity in the rate", "standard error of the peak, %"]
    return [seen, "", *table(headings, rows)]


def _wall(queries: int) -> list[str]:
    words = ["+model=fixed", f"model.service_ms={SERVICE_MS}", "hw=cpu1", "scenario=peak", "scenario.min_duration_s=0"]
    words += ["scenario.latency_bound_ms=20", f"scenario.min_queries={queries}", "scenario.tolerance=0.02"]
    process = timed([*words, f"scenario.confirmations={SEEDS}"])
    mean_ms = float(latency_ns(process.every_point, "end_to_end").mean()) / 1e6
    expected, facts = theory(20, mean_ms), process.facts
    bracket = _bracket(facts["peak_passed_qps"], facts["peak_failed_qps"], expected)
    headings = ["realised mean, ms", "M/D/1 with it, per s", *BRACKET]
    return [*table(headings, [[f"{mean_ms:.4f}", f"{expected:.1f}", *bracket]]), "", f"{machine(process)}."]


def _stall() -> list[str]:
    words = ["+model=fixed", "model.service_ms=0.1", "hw=cpu1", "software.options.time=simulated"]
    words += ["software.options.stall_ms=50", "software.options.stall_every_s=2", "scenario.min_duration_s=60"]
    server = timed([*words, "scenario=server", "scenario.target_qps=1000"])
    single = timed([*words, "scenario=single_stream"])
    seen = [("server, 1000 per s: response", server.latency_ns("response"))]
    seen += [("single_stream: end to end", single.latency_ns("end_to_end"))]
    rows = [[name, *(f"{x:.2f}" for x in np.percentile(ns, [50, 99, 99.9]) / 1e6)] for name, ns in seen]
    return table(["scenario", "p50, ms", "p99, ms", "p99.9, ms"], rows)


if __name__ == "__main__":
    main()
