"""Two evaluations measured in turn: blocks A B B A of fresh processes, and between them A A A A, until a verdict.

In: two sides that are placed and judged, and a plan. Out: blocks, and why they ended. A/A blocks are the same session's
own noise: they say how small a difference it could have shown.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tasks.contrasts import sides
from tasks.measure import measure
from tasks.metrics import Metric
from tasks.progress import say
from tasks.results.contrast import Block
from tasks.results.measurement import Result
from tasks.results.pending import Pending
from tasks.results.process import Process
from tasks.specs.comparison import Asked
from tasks.stacks.stack import Stack
from tasks.statistics import Comparison, compare

NULLS_FIRST, NULLS_EVERY = 4, 3  # an A/A block after each of the first four, then after every third


@dataclass
class Runner:
    """One side under way: what `line` has made of it, and the processes so far."""

    result: Result
    stack: Stack
    pending: Pending
    processes: list[Process]
    values: list[float] = field(default_factory=list)
    steps: dict[str, float] = field(default_factory=dict)

    def timed(self, metric: Metric) -> float:
        """One more fresh process; the metric as a time."""
        index = sum(p.role == "timed" for p in self.processes)
        begin = time.monotonic()
        process = measure(self.result, "timed", index, self.stack, self.pending)
        self.steps["timed"] = round(self.steps.get("timed", 0.0) + time.monotonic() - begin, 3)
        self.processes.append(process)
        self.values.append(sides.value(metric, process))
        return sides.time(metric, self.values[-1])


@dataclass(frozen=True)
class Session:
    """Every block in order, and how it ended."""

    blocks: tuple[Block, ...]
    nulls: tuple[Block, ...]
    comparison: Comparison
    ended: str


def session(a: Runner, b: Runner, metric: Metric, asked: Asked) -> Session:
    """Blocks until the first verdict, or the budget of blocks or seconds."""
    blocks, nulls, began, plan, tell = list[Block](), list[Block](), time.monotonic(), asked.plan(), say("compare")
    while True:
        found = compare([block.log_ratio for block in blocks], plan)
        spent_s = time.monotonic() - began
        if found.verdict != "UNDECIDED":
            return Session(tuple(blocks), tuple(nulls), found, f"a verdict after {found.blocks} blocks")
        if (look := plan.next_look(len(blocks))) is None:
            return Session(tuple(blocks), tuple(nulls), found, f"the budget of {plan.looks[-1]} blocks")
        if spent_s >= asked.seconds:
            found = compare([block.log_ratio for block in blocks], plan, ended=True)
            why = f"the budget of {asked.seconds:g} s, after {len(blocks)} blocks"
            return Session(tuple(blocks), tuple(nulls), found, why)
        tell(f"block {len(blocks) + 1}, {_so_far(found, len(blocks), spent_s, look)}")
        blocks.append(_block(a, b, metric))
        if len(blocks) <= NULLS_FIRST or len(blocks) % NULLS_EVERY == 0:
            tell(f"block {len(blocks)}: A against itself")
            nulls.append(_block(a, a, metric))


def _block(a: Runner, b: Runner, metric: Metric) -> Block:
    """A B B A, in that order, so that a steady drift cancels."""
    order: list[Callable[[Metric], float]] = [a.timed, b.timed, b.timed, a.timed]
    first, second, third, fourth = (timed(metric) for timed in order)
    return Block((first, fourth), (second, third))


def _so_far(found: Comparison, blocks: int, spent_s: float, look: int) -> str:
    left = (
        f"about {spent_s / blocks * (look - blocks):.0f} s to the next look" if blocks else f"{look} to the first look"
    )
    ratio = "" if found.ratio is None else f"; B/A so far {found.ratio:.4f}, no verdict"
    return left + ratio
