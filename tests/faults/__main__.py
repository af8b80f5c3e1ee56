"""`make test-faults` (`python -m tests.faults [--times 3] [--fault NAME …] [--step NAME …]`) → reports/faults.md.

Every fault in every step in which it can happen, on a real evaluation with real services. Cases come one after the
other, so that each run is the «next run» of the one before it; the table is rewritten after every case. `--again`
begins anew, otherwise what stands in reports/faults.json is not repeated.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

from tasks import ROOT
from tests.faults import faults, laws, wire
from tests.faults.faults import FAULTS
from tests.faults.ground import Ground, mountable
from tests.faults.laws import Case
from tests.faults.runs import Run

HEAD = """\
# Faults

`make test-faults`: real evaluations on real services, each hurt in the middle of a step, at a random moment of it. A
case holds when the run ends by itself with an exit code that is right for the fault and without a traceback; no driver,
agent, or busy worker of it is left after {gone:g} s; every report and MLflow run is whole and there once; no flow run
stays «running»; and the next run marks a killed driver's flow run as crashed and logs what had been measured.

| fault | step | held | exit codes | seconds | what a user read |
|---|---|---|---|---|---|
"""
PREPARED = {"clock": faults.clocked, "wire": faults.wired}
TABLE, RECORD = ROOT / "reports" / "faults.md", ROOT / "reports" / "faults.json"
Wanted = tuple[str, str, int]  # fault, step, which time
_writing = Lock()


def main() -> int:
    """Run what is missing, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--fault", nargs="*", default=list(FAULTS), choices=list(FAULTS))
    parser.add_argument("--step", nargs="*")
    parser.add_argument("--lanes", type=int, default=2, help="clones that are hurt side by side")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--mended", action="store_true", help="what did not hold is tried once more")
    asked = parser.parse_args()
    done = [[] if asked.again or not RECORD.exists() else json.loads(RECORD.read_text())]
    if asked.mended:
        done[0] = [case for case in done[0] if not case["broken"]]
    chosen = [f for f in asked.fault if not _impossible(f)]
    for fault in set(asked.fault) - set(chosen):
        print(f"{fault}: skipped, {_impossible(fault)}", flush=True)
    missing = sorted(_missing(chosen, asked.step, asked.times, done[0]), key=lambda wanted: wanted[2])  # whole rounds
    alike = {needs: [w for w in missing if FAULTS[w[0]].needs == needs] for needs in (*PREPARED, "")}
    cables = [alike["wire"][i::2] for i in (0, 1)]  # what is cut waits, mostly
    parts = [lane for lane in [alike["clock"], *cables, *_dealt(alike[""], asked.lanes)] if lane]
    with ThreadPoolExecutor(max_workers=asked.lanes) as pool:
        for future in [pool.submit(_lane, lane, done) for lane in parts]:
            future.result()
    return 1 if any(case["broken"] for case in json.loads(RECORD.read_text())) else 0


def _impossible(fault: str) -> str:
    if FAULTS[fault].needs == "clock" and shutil.which("cc") is None:
        return "there is no C compiler to build the clock that jumps"
    if fault == "disk full" and not mountable():
        return "a file system of its own cannot be had (it needs root)"
    if FAULTS[fault].needs == "wire" and not wire.POSSIBLE:
        return "a network namespace cannot be had (it needs root and `ip`)"
    return ""


def _missing(chosen: list[str], steps: list[str] | None, times: int, done: list[dict[str, Any]]) -> Iterator[Wanted]:
    have = [(case["fault"], case["step"]) for case in done]
    for fault in chosen:
        for step in FAULTS[fault].steps:
            if steps is None or step in steps:
                yield from ((fault, step, n) for n in range(have.count((fault, step)), times))


def _dealt(wanted: list[Wanted], lanes: int) -> list[list[Wanted]]:
    """A fault's cases stay together, in one lane."""
    names = list(dict.fromkeys(fault for fault, *_ in wanted))
    return [[w for w in wanted if names.index(w[0]) % lanes == lane] for lane in range(lanes)]


def _lane(wanted: list[Wanted], done: list[list[Any]]) -> None:
    """Cases in one clone, each the next run of the one before."""
    ground = Ground()
    if needs := FAULTS[wanted[0][0]].needs:
        PREPARED[needs](ground)
    cases: list[Case] = []
    with _writing:
        done.append(cases)
    try:
        for fault, step, n in wanted:
            case = _case(fault, step, n, ground, cases)
            _write(done)
            print(f"{fault} · {step} · {n + 1}: {case.run.code} in {case.run.took_s:.0f} s,", end=" ")
            print("; ".join(case.broken) or "holds", flush=True)
        last = Run(ground, "render", 0)
        last.begin()
        last.end()
        laws.settle(cases, last)
        cases[-1].broken += [] if last.code == 0 else [f"the last run ended with {last.code}: {last.said[-400:]}"]
        laws.finish(cases, ground)
    finally:
        faults.unwired(ground)
        ground.end()
        _write(done)


def _write(done: list[list[Any]]) -> None:
    """What was recorded before, and every lane's cases as they are now."""
    with _writing:
        records = [c.record() if isinstance(c, Case) else c for cases in done for c in cases]
        RECORD.write_text(json.dumps(records, indent=1, ensure_ascii=False) + "\n")
        TABLE.write_text(_table(records))


def _case(fault: str, step: str, n: int, ground: Ground, cases: list[Case]) -> Case:
    more = faults.tracking(ground) if fault == "MLflow server" else ""
    run = Run(ground, step, seed=n * 101 + len(step), more=(f"tracking.uri={more}",) if more else ())
    case = Case(fault, run)
    run.begin()
    reached = run.reach()
    struck = reached and FAULTS[fault].hurt(run)
    run.end()
    FAULTS[fault].mend(ground)
    laws.settle(cases, run)
    laws.judge(case, reached, struck)
    cases.append(case)
    return case


def _table(done: list[dict[str, Any]]) -> str:
    lines = [HEAD.format(gone=laws.GONE_S).rstrip()]
    order = [(fault, step) for fault, of in FAULTS.items() for step in of.steps]
    seen = {(case["fault"], case["step"]) for case in done}
    for fault, step in (pair for pair in order if pair in seen):
        cases = [case for case in done if (case["fault"], case["step"]) == (fault, step)]
        held = sum(not case["broken"] for case in cases)
        codes = ", ".join(sorted({str(case["code"]) for case in cases}))
        took = f"{min(c['took_s'] for c in cases):.0f}–{max(c['took_s'] for c in cases):.0f}"
        broken = "; ".join(sorted({b for case in cases for b in case["broken"]}))
        said = broken or next((case["last"] for case in cases if case["code"] == 1), "")
        lines.append(
            f"| {fault} | {step} | {held} of {len(cases)} | {codes} | {took} | {said.replace('|', '/')[:220]} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
