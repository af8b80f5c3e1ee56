"""`python -m flows.evaluate +model=resnet50`, and `evaluate(request)` from Python.

The request is read, validated, and held against this machine before Prefect, Ray, or MLflow are imported.
"""

import json
import sys

from flows import cli
from tasks import services
from tasks.placement.matching import on_this_machine
from tasks.placement.request import require_samples
from tasks.progress import say
from tasks.results.measurement import Result, Sweep
from tasks.specs.evaluation import Evaluation


def evaluate(request: cli.Request) -> Result | Sweep:
    """Evaluate override strings, one `Evaluation`, or several: one gives a Result, several a Sweep."""
    evaluations = cli.read(request)
    if len(evaluations) == 1 and evaluations[0].workers.kind == "local":
        on_this_machine(evaluations[0].hw)
        require_samples(evaluations[0])
    say("start")(f"{evaluations[0].title} with {services.prepare(say('start'))}")
    from flows.pipeline import evaluate as flow

    words = [] if isinstance(request, Evaluation) else [word for word in request if isinstance(word, str)]
    return flow(words or [json.loads(e.model_dump_json()) for e in evaluations])


def run(words: list[str]) -> int:
    """Evaluate, print the table, and end standard output with the path of `summary.json`."""
    done = evaluate(words)
    from tasks.reporting.terminal import show

    show(done)
    print(cli.relative(done.folder / "summary.json"))
    return 0 if done.passed else 1


if __name__ == "__main__":
    sys.exit(cli.main("evaluate", run))
