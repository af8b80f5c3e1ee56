"""`python -m flows.compare a=<run> b=<run>`, or `+model=… software@a=… software@b=…`: is B faster than A?

Two finished runs are judged by what they recorded; two evaluations are measured now, in turn. `compare(a, b)` does
the latter from Python.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from flows import cli, conf, foreground, pairs
from flows.recorded import REPORTS
from tasks import plugins
from tasks.errors import Refused
from tasks.placement.matching import distributed, matched
from tasks.progress import say
from tasks.results.contrast import Contrasts
from tasks.services import local
from tasks.services.explained import explained
from tasks.services.flow_runs import starting
from tasks.specs.comparison import Asked
from tasks.specs.evaluation import Evaluation

UNDECIDED = 4


def compare(a: Evaluation, b: Evaluation, asked: Asked = Asked()) -> Contrasts:  # noqa: B008  (frozen)
    """Measure both in turn on this machine. What differs between the two is what is asked."""
    return _measured(_ready([pairs.given(a, b)]), asked, [])


def _ready(asked: list[pairs.Pair]) -> list[pairs.Pair]:
    """Satisfied by this machine as far as that can be known at once."""
    for _, evaluation in (side for pair in asked for side in (pair.a, pair.b)):
        if evaluation.dispatch == "all":
            raise Refused("dispatch=all measures on several nodes; a comparison runs on one. Use dispatch=any.")
        if not distributed(evaluation):
            matched(evaluation)
    return asked


def _measured(asked: list[pairs.Pair], how: Asked, words: list[str]) -> Contrasts:
    """Through Prefect."""
    first = asked[0].a[1]
    with local.prefect(first.services, say("start")) as server:
        say("start")(f"{len(asked)} comparison{'s' * (len(asked) > 1)} with {server}")
        from flows.interleaved import compare as flow

        with explained():
            starting()
            return flow([_plain(pair) for pair in asked], how.model_dump(mode="json"), words)


def _plain(pair: pairs.Pair) -> dict[str, Any]:
    sides = {name: words or json.loads(e.model_dump_json()) for name, (words, e) in (("a", pair.a), ("b", pair.b))}
    return {**sides, "question": list(pair.question)}


def _recorded(asked: Asked, words: list[str]) -> Contrasts:
    """Two finished runs; neither Prefect nor Ray is needed."""
    from flows.line import run_name
    from tasks.contrasts.recorded import contrast
    from tasks.reporting.contrast import write

    with tempfile.TemporaryDirectory(prefix="touchstone-") as place:
        a, b = (_folder(str(run), Path(place) / side) for side, run in (("a", asked.a), ("b", asked.b)))
        found = contrast(a, b, asked.metric, asked.allow, asked.plan())
    name = run_name("compare")
    done = Contrasts(name, REPORTS / name, (found,), tuple(words))
    write(done)
    return done


def _folder(run: str, place: Path) -> Path:
    """The report's folder by name, path, or summary.json; or what MLflow has of the run, put into ``place``."""
    for path in (REPORTS / run, Path(run), Path(run.removesuffix("summary.json"))):
        if (path / "summary.json").is_file():
            return path
    if len(run) == 32 and all(c in "0123456789abcdef" for c in run):
        from tasks.tracking.runs import download

        place.mkdir()
        download(cli.default().tracking, run, place)
        return place
    known = sorted(p.parent.name for p in REPORTS.glob("*/summary.json"))
    raise Refused(plugins.unknown("run", run, known[-20:]))


def run(words: list[str]) -> int:
    """Compare, print why the verdict may be said, and end standard output with the path of `summary.json`."""
    own, rest = pairs.split(words, cli.own_fields("compare"))
    asked = cli.own("compare", own, Asked)
    if asked.a and rest:
        raise Refused(f"a= and b= name two finished runs, which {' '.join(rest)} cannot change. Leave one of them out.")
    if asked.a:
        return _shown(_recorded(asked, words))
    found = _ready(pairs.pairs(rest))
    return foreground.led(lambda: _shown(_measured(found, asked, words)))


def _shown(done: Contrasts) -> int:
    """Print it; the exit code."""
    from tasks.reporting.contrast import show

    show(done)
    print(conf.relative(done.folder / "summary.json"))
    return 0 if done.decided else UNDECIDED


if __name__ == "__main__":
    sys.exit(cli.main("compare", run))
