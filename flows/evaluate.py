"""`python -m flows.evaluate +model=resnet50`, and `evaluate(request)` from Python.

The request is read, validated, and held against this machine before Prefect, Ray, or MLflow are imported.
"""

import json
import sys

from flows import cli, conf, foreground
from flows.recorded import asked_again
from tasks.placement.matching import distributed, matched
from tasks.progress import say
from tasks.results.measurement import Result, Sweep
from tasks.services import local
from tasks.services.explained import explained
from tasks.services.flow_runs import starting


def evaluate(request: cli.Request, resume: str | None = None) -> Result | Sweep:
    """Evaluate override strings, one `Evaluation`, or several: one gives a Result, several a Sweep.

    ``resume`` names a sweep: its finished cells are not measured again; an empty request is what that sweep asked.
    """
    return _flow(asked_again(resume) if resume and not request else _ready(request), resume)


def _ready(request: cli.Request) -> list[cli.Job]:
    """The request, valid, and satisfied by this machine as far as that can be known at once."""
    jobs = cli.jobs(request)
    if len(jobs) == 1 and not distributed(jobs[0][1]):
        matched(jobs[0][1])
    return jobs


def _flow(jobs: list[cli.Job], resume: str | None) -> Result | Sweep:
    """Through Prefect. What it is given is what its UI shows: words where there are words."""
    shown = jobs[0][1].title if len(jobs) == 1 else f"{len(jobs)} evaluations" + (f", {resume} again" if resume else "")
    asked = [words or json.loads(evaluation.model_dump_json()) for words, evaluation in jobs]
    with local.prefect(jobs[0][1].services, say("start")) as server:
        say("start")(f"{shown} with {server}")
        from flows.outcome import value
        from flows.pipeline import evaluate as flow

        with explained():
            starting()
            return value(flow(asked[0] if len(jobs) == 1 and jobs[0][0] else asked, resume, return_state=True))


def run(words: list[str]) -> int:
    """Evaluate, print ten lines (``show=all``: everything), and end standard output with the path of `summary.json`."""
    everything, words = "show=all" in words, [w for w in words if w != "show=all"]
    named = [w.removeprefix("resume=") for w in words if w.startswith("resume=")]
    rest = [w for w in words if not w.startswith("resume=")]
    jobs = asked_again(named[-1]) if named and not rest else _ready(rest)

    def drive() -> int:
        done = _flow(jobs, named[-1] if named else None)
        from tasks.reporting.terminal import show

        show(done, everything=everything)
        print(conf.relative(done.folder / "summary.json"))
        return done.exit_code

    return foreground.led(drive)


if __name__ == "__main__":
    sys.exit(cli.main("evaluate", run))
