"""Every software that reads a new model's file opens it, and predicts twice on synthetic inputs, untimed.

In: the manifest's fields and the file. Out: what runs it, what does not and why. Environments that are not built are
not built for this.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows import cli, conf
from tasks.errors import Refused, TouchstoneError
from tasks.placement.agents import run_agent
from tasks.placement.request import agent_request
from tasks.progress import say
from tasks.specs.evaluation import Evaluation
from tasks.specs.unanswered import neutral
from tasks.stacks.build import present
from tasks.stacks.lock import Lock

LONGEST_S = 120.0
ELSEWHERE = ("openai", "served", "simulated")  # no framework that reads a file here


@dataclass(frozen=True)
class Tried:
    """``runs`` is None where it was not tried."""

    software: str
    runs: bool | None
    why: str = ""


def tried(fields: dict[str, Any], files: dict[str, Path], only: str | None = None) -> list[Tried]:
    """All software of conf/software that reads one of these, format → file, or the one that was named."""
    found = []
    for name in [only] if only else conf.options("software"):
        if name in ELSEWHERE:
            continue
        evaluation = cli.default([f"software={name}", f"dataset={cli.SYNTHETIC}", "scenario=quick"])
        form = next((form for form in evaluation.software.formats if form in files), None)
        if form:
            found.append(_tried(_with(evaluation, fields), files[form]))
        elif only:
            reads, there = (" and ".join(kinds) for kinds in (evaluation.software.formats, files))
            raise Refused(f"software={only} reads {reads} files, and here is {there}; leave software= out.")
    return found


def _with(evaluation: Evaluation, fields: dict[str, Any]) -> Evaluation:
    """The same evaluation of another model."""
    model = neutral({name: value for name, value in fields.items() if name != "defaults"})
    return cli.validated({**json.loads(evaluation.model_dump_json()), "model": model}, {"model": str(fields["id"])}, [])


def _tried(evaluation: Evaluation, path: Path) -> Tried:
    software = evaluation.software
    if evaluation.hw.device not in software.devices:
        return Tried(software.id, None, f"runs on {', '.join(software.devices)} only")
    stack = present(Lock(software.python, software.packages), software.id)
    if stack is None:
        return Tried(software.id, None, "its environment is not built yet")
    tell = say("add")
    tell(f"trying {software.id} …")
    request = agent_request(evaluation, "accuracy", 0, [0], path, Path())
    try:
        run_agent(str(stack.python), request, software.env, LONGEST_S, tell)
    except TouchstoneError as error:
        return Tried(software.id, False, str(error))
    return Tried(software.id, True)
