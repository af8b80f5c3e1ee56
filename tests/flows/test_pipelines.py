"""A pipeline from question to record, with real models, processes, and a store."""

from typing import Any

import pandas as pd
import pytest
import yaml

from flows.evaluate import evaluate
from tasks import ROOT
from tasks.errors import Refused
from tasks.results.measurement import Result
from tasks.specs.evaluation import Evaluation
from tests.builders import sha256
from tests.flows.conftest import InRepository
from tests.pipelines import piped


def asked(bench: InRepository, **changes: Any) -> Evaluation:
    place = bench.folder.relative_to(ROOT).as_posix()
    packages = yaml.safe_load((ROOT / "conf" / "software" / "onnxruntime.yaml").read_text())["packages"]
    samples = {"path": f"{place}/{bench.samples.name}", "sha256": sha256(bench.samples)}
    fields = {
        "dataset__archives__test": samples, "software__packages": packages, "tracking__uri": bench.uri,
        "scenario__id": bench.mark, "tracing__level": "model",
    }  # fmt: skip
    model = f"{place}/{bench.model.name}", sha256(bench.model)
    return Evaluation.model_validate(piped(*model, **{**fields, **changes}))


def test_it_is_measured_judged_recorded_and_drawn_by_its_stages(repository_bench: InRepository) -> None:
    bench = repository_bench
    done = evaluate(asked(bench, expect__predict_look_p50_ms=1000.0))
    assert isinstance(done, Result) and done.passed and done.exit_code == 0, (done.failure, done.verdict)
    assert set(done.artifacts) == {"model.look", "model.name", "dataset"}
    assert done.metrics["accuracy_top1"].value == 1.0
    assert done.metrics["predict_name_items"].value == pytest.approx(4 / 3, abs=0.2)
    parts = [done.metrics[f"predict_{part}_trimmed_mean_ms"].value or 0 for part in ("look", "name", "between")]
    assert 0 < sum(parts) <= 1.1 * (done.metrics["predict_trimmed_mean_ms"].value or 0)
    (run,) = bench.runs()
    assert run.data.metrics["predict_look/p50_ms"] == pytest.approx(done.metrics["predict_look_p50_ms"].value)
    assert run.data.params["model.weights"] == "detector.seeded+tiny.seeded"
    assert run.data.params["model.pipeline.look.model.id"] == "detector"
    assert "Share of each model" in (done.folder / "index.html").read_text()
    spans = pd.read_parquet(done.folder / "spans.parquet")
    assert {"predict", "predict.look", "predict.between", "predict.name", "load.look"} <= set(spans["name"])


def test_a_part_that_is_not_there_is_refused_before_anything_is_measured(repository_bench: InRepository) -> None:
    there = {"path": f"{repository_bench.folder.relative_to(ROOT).as_posix()}/gone.onnx", "sha256": "0" * 64}
    evaluation = asked(repository_bench, model__pipeline__1__model__artifacts__seeded__onnx=there)
    with pytest.raises(Refused, match=r"gone\.onnx is not there") as caught:
        evaluate(evaluation)
    assert caught.value.exit_code == 2
    assert repository_bench.runs() == []
