"""The grid software × model: which cells there are, and for a cell the real answers and the float64 reference.

Found from conf/, nothing lists them. TOUCHSTONE_STACKS=all runs every software, else `DEFAULT` frameworks only.
"""

import json
import math
import os
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from flows import cli, conf
from flows.tried import ELSEWHERE
from tasks import ROOT
from tasks.agent.setting import open_data, seeded_order
from tasks.artifacts.layers import Network
from tasks.artifacts.store import fetch
from tasks.artifacts.tables import read_table
from tasks.errors import HardwareMissing
from tasks.placement.matching import on_this_machine
from tasks.placement.request import agent_request, samples_path
from tasks.specs.evaluation import Evaluation
from tasks.specs.hardware import Hardware
from tasks.stacks.build import ensure
from tasks.stacks.lock import Lock
from tasks.stacks.stack import environ
from tests.contracts import reference

# Those with a layer table; a model of the zoo is held against its own float64 reference in every evaluation.
MODELS = [
    m
    for m in conf.options("model")
    if not {"service_ms", "build", "pipeline"} & set(asked := yaml.safe_load(conf.manifest("model", m).read_text()))
    and "served" not in asked["artifacts"]  # a server has its files
]
# Without those that ask a server: tests in tests/predictors start one.
CELLS = [(software, model) for model in MODELS for software in conf.options("software") if software not in ELSEWHERE]
DEFAULT = ("onnxruntime", "pytorch")
SMALL = 10_000  # pixels, below which a float64 reference costs nothing
PART = 64  # samples of the reference at once
TIME_LIMIT_S = 300


@dataclass(frozen=True)
class Answer:
    """What a predictor said, (n, classes), what it really ran on, and what single predictions took."""

    outputs: NDArray[Any]
    effective: dict[str, Any]
    predict_ns: list[int]


def left_out(software: str, model: str) -> str:
    """Why a cell is not run here, or ""."""
    spec, formats = _yaml("software", software), _formats(model)
    reads = cli.plugins.load("tasks.predictors", spec["framework"]).Predictor.formats[0]
    ours = (conf.CONF / "software" / f"{software}.yaml").exists()
    few = os.environ.get("TOUCHSTONE_STACKS") != "all" and not (spec["id"] == spec["framework"] in DEFAULT)
    if ours and few:
        return f"software={software} runs with TOUCHSTONE_STACKS=all (make test-stacks)"
    if not _hw(software):
        return f"software={software} is for {', '.join(spec['devices'])} only, and no hw of conf/ with one is here"
    missing = [name for name in (reads, "table") if name not in formats]
    return f"{model} has no artifact of the format «{missing[0]}»" if missing else ""


@cache
def evaluation(software: str, model: str) -> Evaluation:
    """On `patches`, with the model's default weights."""
    return cli.composed([f"+model={model}", f"software={software}", "dataset=patches", f"hw={_hw(software)}"])


@cache
def table(model: str) -> tuple[Network, dict[str, Any]]:
    """The layer table of the default weights, and its arrays."""
    spec = evaluation(DEFAULT[0], model).model
    return read_table(fetch(spec.artifacts[spec.weights]["table"], ROOT))


@cache
def inputs(model: str, whole: bool = False) -> NDArray[Any]:
    """Pre-processed samples, the same for every software: 128 small ones (``whole``: all of the data set), or 4."""
    asked = evaluation(DEFAULT[0], model)
    assert asked.dataset.archive
    fetch(asked.dataset.archive, ROOT)
    data = open_data(_request(asked, Path()))
    small = math.prod(table(model)[0].input_shape[1:]) < SMALL
    count = (len(data.samples) if whole else 128) if small else 4
    return np.asarray(data.batch(seeded_order(len(data.samples), count, seed=0)))


@cache
def expected(model: str, whole: bool = False) -> NDArray[np.float64]:
    """The float64 reference for `inputs`."""
    pictures = inputs(model, whole)
    parts = [reference.logits(*table(model), pictures[i : i + PART]) for i in range(0, len(pictures), PART)]
    return np.concatenate(parts)


@cache
def answer(software: str, model: str, seconds: float = 0.0, whole: bool = False) -> Answer:
    """The real predictor in the real stack, on one core."""
    asked = evaluation(software, model)
    return asked_of(asked, fetch(asked.artifact, ROOT), inputs(model, whole), seconds)


def asked_of(asked: Evaluation, path: Path, pictures: NDArray[Any], seconds: float = 0.0) -> Answer:
    """The same with any model file and any inputs. Raises AssertionError with a failing process's last words."""
    stack = ensure(Lock(asked.software.python, asked.software.packages), asked.software.id)
    with tempfile.TemporaryDirectory() as folder:
        request, given, out = (Path(folder) / name for name in ("request.json", "inputs.npy", "out"))
        request.write_text(json.dumps(_request(asked, path)))
        np.save(given, pictures)
        command = [str(stack.python), "-m", "tests.contracts.answer", *map(str, (request, given, out, seconds))]
        environment = {**environ(stack, ROOT), **asked.software.env}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=TIME_LIMIT_S)
        assert done.returncode == 0, f"{asked.software.id} on {path.name}: {done.stderr[-1500:]}"
        facts = json.loads(out.with_suffix(".json").read_text())
        return Answer(np.load(out.with_suffix(".npy")), facts["effective"], facts["predict_ns"])


def _request(asked: Evaluation, path: Path) -> dict[str, Any]:
    return agent_request(asked, "accuracy", 0, [0], path, samples_path(asked))


@cache
def _hw(software: str) -> str:
    """hw=local where it will do, else the first hardware with the device that this machine has, or ""."""
    devices = _yaml("software", software)["devices"]
    for option in ["local", *conf.options("hw")]:
        hw = Hardware.model_validate(_yaml("hw", option))
        with suppress(HardwareMissing):
            if hw.device in devices and on_this_machine(hw):
                return option
    return ""


def _yaml(group: str, option: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(conf.manifest(group, option).read_text())
    return loaded


def _formats(model: str) -> list[str]:
    spec = _yaml("model", model)
    return list(spec["artifacts"][spec["weights"]])
