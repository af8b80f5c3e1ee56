"""Comparisons end to end: finished runs, and evaluations measured in turn by the real Prefect, Ray, and agents."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flows import cli, pairs
from flows.compare import compare, run
from flows.evaluate import evaluate
from tasks import ROOT
from tasks.errors import Refused
from tasks.results.contrast import Contrasts
from tasks.results.measurement import Result
from tasks.specs.comparison import Asked
from tests.flows.conftest import InRepository

CLI = [sys.executable, "-m", "flows.compare"]


def said(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **variables}
    return subprocess.run([*CLI, *words], cwd=ROOT, capture_output=True, text=True, timeout=120, env=env)


def test_words_with_a_mark_belong_to_one_side_and_name_the_question() -> None:
    words = ["+model=patchnet", "software@a=onnxruntime", "software@b=openvino", "scenario.seed@b=3", "hw=cpu1"]
    (pair,) = pairs.pairs(words)
    assert pair.a[0] == ["+model=patchnet", "software=onnxruntime", "hw=cpu1"]
    assert pair.b[0] == ["+model=patchnet", "software=openvino", "scenario.seed=3", "hw=cpu1"]
    assert pair.a[1].software.id == "onnxruntime" and pair.b[1].scenario.seed == 3
    assert pair.question == ("software", "scenario")
    (models,) = pairs.pairs(["+model@a=patchnet", "+model@b=resnet50"])
    assert (models.a[1].model.id, models.b[1].model.id, models.question) == ("patchnet", "resnet50", ("model",))


def test_a_sweep_of_one_side_gives_a_pair_for_each() -> None:
    found = pairs.pairs(["-m", "+model=patchnet", "software@a=onnxruntime", "software@b=pytorch,openvino"])
    assert [(p.a[1].software.id, p.b[1].software.id) for p in found] == [
        ("onnxruntime", "pytorch"),
        ("onnxruntime", "openvino"),
    ]


def test_own_words_are_told_from_those_of_the_evaluations() -> None:
    own, rest = pairs.split(
        ["margin=0.05", "+model=x", "looks=[2]", "software@a=y", "+x-note=1"], cli.own_fields("compare")
    )
    assert own == ["margin=0.05", "looks=[2]"] and rest == ["+model=x", "software@a=y", "+x-note=1"]
    assert cli.own("compare", own, Asked).plan().looks == (2,)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["+model=patchnet"], "Nothing tells A and B apart"),
        (["a=one"], "name two runs"),
        (["a=one", "b=two", "hw=cpu1"], "cannot change"),
        (["margin=2", "+model=patchnet", "hw@b=cpu1"], "margin: "),
        (["a=nobody", "b=nothing"], "There is no run «nobody»"),
        (["+model=patchnet", "software@b=pytorch", "marginn=3"], "There is no field «marginn». Did you mean margin?"),
        (["+model=patchnet", "software@b=onyx"], "There is no software «onyx»"),
    ],
)
def test_a_mistake_is_refused_with_a_sentence(words: list[str], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        run(words)


def remembered(done: Contrasts) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((done.folder / "summary.json").read_text())
    return found


def test_two_evaluations_are_measured_in_turn_and_recorded(repository_bench: InRepository) -> None:
    patient = {"scenario__time_limit_s": 600.0, "scenario__min_duration_s": 0.0}
    a = repository_bench.evaluation(**patient)
    options = {"graph_optimization": "disable", "execution_mode": "sequential"}
    b = repository_bench.evaluation(software__options=options, **patient)
    done = compare(a, b, Asked(looks=(2, 3), margin=0.9))
    (found,) = done.contrasts
    assert found.question == ("software",) and found.interleaved and not found.marked, found.differences
    assert found.comparison.blocks in (2, 3) and len(found.nulls) == len(found.blocks)
    assert len(found.b.values) == 2 * len(found.blocks) and len(found.a.values) == 3 * len(found.b.values)
    assert found.accuracy and found.accuracy.flipped == 0 and found.noise
    summary = remembered(done)
    assert summary["comparisons"][0]["comparison"]["verdict"] == found.comparison.verdict and "asked" in summary
    assert "<svg" in (done.folder / "index.html").read_text()
    runs = {r.info.run_name: r for r in repository_bench.runs()}
    parent = runs[done.run]
    assert parent.info.status == "FINISHED" and parent.data.tags["touchstone.kind"] == "comparison"
    assert parent.data.tags["touchstone.verdict"] == found.comparison.verdict and len(runs) == 3
    for side in (found.a, found.b):
        assert runs[side.run].data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert json.loads((side.folder / "summary.json").read_text())["environment"]["noise"]
    recorded(found.a.folder, found.b.folder, runs[found.a.run].info.run_id, repository_bench.uri)


def recorded(a: Path, b: Path, run_id: str, uri: str) -> None:
    """The same runs once more, as finished ones, by folder and by MLflow's id."""
    by_name = said(f"a={a.name}", f"b={b}", "margin=0.000001")
    assert by_name.returncode in (0, 4), by_name.stderr
    summary = json.loads((ROOT / by_name.stdout.split()[-1]).read_text())
    (found,) = summary["comparisons"]
    assert found["question"] == ["software"] and not found["interleaved"]
    assert "drift between their sessions is unknown" in found["ended"] and found["accuracy"]["gained"] == 0
    by_id = said(f"a={run_id}", f"b={b.name}", MLFLOW_TRACKING_URI=uri)
    assert by_id.returncode in (0, 4), by_id.stderr
    again = json.loads((ROOT / by_id.stdout.split()[-1]).read_text())["comparisons"][0]
    assert again["a"]["values"] == found["a"]["values"]


def test_runs_that_differ_in_more_than_the_question_are_refused_unless_allowed(repository_bench: InRepository) -> None:
    made = [
        evaluate(repository_bench.evaluation(scenario__repetitions=2, scenario__warmup_queries=n, software__threads=t))
        for n, t in ((2, {"intra": 1, "inter": 1}), (3, {"intra": 1, "inter": 1}))
    ]
    names = [one.run for one in made if isinstance(one, Result)]
    refused = said(f"a={names[0]}", f"b={names[1]}")
    assert refused.returncode == 2 and "scenario (warmup_queries: 2 | 3)" in refused.stderr
    assert "Traceback" not in refused.stderr
    allowed = said(f"a={names[0]}", f"b={names[1]}", "allow=[scenario]")
    assert allowed.returncode in (0, 4) and "marked" in allowed.stdout, allowed.stderr
    with pytest.raises(Refused, match=r"Did you mean scenario\?"):
        run([f"a={names[0]}", f"b={names[1]}", "allow=[scenari]"])
