"""`python -m tests.benchmarks.peak [--queries 1000000] [--wall 3000]`: the peak against theory → reports/peak.md.

In simulated time against M/D/1, whose wait A. K. Erlang gave in 1909; once in wall-clock time with a model that spins,
against theory with its realised mean; and a stall of 50 ms every 2 s as `server` and `single_stream` see it.
"""

import argparse
from decimal import Decimal, getcontext
from math import factorial
from typing import Any

import numpy as np

from tasks.results.process import Process
from tests.benchmarks.agents import machine, table, timed, write

SERVICE_MS, BOUNDS_MS, TOLERANCE, SEEDS = 5.0, (15, 20, 30, 50), 0.004, 5
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
    parser.add_argument("--queries", type=int, default=1_000_000, help="of every rate, in simulated time")
    parser.add_argument("--wall", type=int, default=3000, help="of every rate, in wall-clock time; 0 leaves it out")
    asked = parser.parse_args()
    lines = ["# The peak against theory", ""]
    lines += [f"`python -m tests.benchmarks.peak --queries {asked.queries} --wall {asked.wall}`", ""]
    lines += [f"Simulated time, service {SERVICE_MS:g} ms, p99 within the bound, {SEEDS} fresh seeds.", ""]
    rows = [_simulated(bound, asked.queries) for bound in BOUNDS_MS]
    lines += table(["bound, ms", "M/D/1, per s", "highest that passed", "lowest that failed", "passed / M/D/1"], rows)
    lines += ["", "## A stall of 50 ms every 2 s, service 0.1 ms, simulated time", "", *_stall()]
    if asked.wall:
        lines += ["", "## Wall-clock time, a model that spins for 5 ms, bound 20 ms", "", *_wall(asked.wall)]
    write("peak.md", lines)


def search(bound: float, queries: int, tolerance: float, *more: str) -> Process:
    """One search by an agent of its own."""
    words = ["+model=fixed", f"model.service_ms={SERVICE_MS}", "hw=cpu1", "scenario=peak", "scenario.min_duration_s=0"]
    words += [f"scenario.latency_bound_ms={bound}", f"scenario.min_queries={queries}"]
    return timed([*words, f"scenario.tolerance={tolerance}", f"scenario.confirmations={SEEDS}", *more])


def _simulated(bound: float, queries: int) -> list[str]:
    facts = search(bound, queries, TOLERANCE, "software.options.time=simulated").facts
    expected = theory(bound, SERVICE_MS)
    return [f"{bound:g}", f"{expected:.1f}", *_bracket(facts, expected)]


def _bracket(facts: dict[str, Any], expected: float) -> list[str]:
    """The two rates, and the first one over theory's; on a busy machine none may have passed."""
    passed, failed = facts["peak_passed_qps"], facts["peak_failed_qps"]
    if passed is None:
        return ["none", f"{failed:.1f}", "–"]
    return [f"{passed:.1f}", f"{failed:.1f}", f"{passed / expected:.4f}"]


def _wall(queries: int) -> list[str]:
    process = search(20, queries, 0.02)
    mean_ms = float(process.latency_ns("end_to_end").mean()) / 1e6
    expected, facts = theory(20, mean_ms), process.facts
    row = [f"{mean_ms:.4f}", f"{expected:.1f}", *_bracket(facts, expected)]
    headings = [
        "realised mean, ms",
        "M/D/1 with it, per s",
        "highest that passed",
        "lowest that failed",
        "passed / M/D/1",
    ]
    return [*table(headings, [row]), "", f"{machine(process)}."]


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
