"""Recommendation, time series, and embedding end to end, with models of a few operators whose answers are foreseen."""

from typing import Any

import numpy as np
import pytest

from flows.evaluate import evaluate
from tasks.errors import Refused
from tasks.results.measurement import Result
from tests.builders import COLORS, onnx_model, png
from tests.flows.conftest import InRepository
from tests.flows.test_modalities import measured, saved
from tests.modalities.builders import zipped

OUTPUT = {"dtype": "float32"}


def recorded(bench: InRepository, result: Result, name: str, as_recorded: str) -> None:
    """The headline stands in MLflow with its interval, and at the top of the page with what is beside it."""
    estimate, metrics = result.metrics[name], bench.runs()[0].data.metrics
    assert metrics[as_recorded] == pytest.approx(estimate.value)
    assert metrics[f"{as_recorded}_low"] == pytest.approx(estimate.low)
    page = (result.folder / "index.html").read_text()
    assert estimate.note.split(";")[-1].strip()[:40] in page


def test_clicks_have_an_area_beside_popularity_and_the_truth(repository_bench: InRepository) -> None:
    from onnx import TensorProto, helper

    bench, odds = repository_bench, np.linspace(-2, 2, 10, dtype=np.float32)
    nodes = [
        helper.make_node("Mul", ["user", "none"], ["nothing"]),
        helper.make_node("Add", ["item", "nothing"], ["place"]),
        helper.make_node("Gather", ["odds", "place"], ["logits"]),
    ]
    ends = [helper.make_tensor_value_info(n, TensorProto.INT64, ["batch"]) for n in ("user", "item")]
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch"])
    arrays = {"odds": odds, "none": np.array(0)}
    bench.model = saved(bench.folder / "tiny.onnx", nodes, ends, [logits], arrays)
    rng, rows, files = np.random.default_rng(0), list[dict[str, str]](), dict[str, bytes]()
    for user in range(20):
        for item in range(10):
            share = 1 / (1 + np.exp(-odds[item]))
            row = {"file": f"{user}/{item}", "truth": str(int(rng.random() < share)), "group": f"{user}"}
            rows.append({**row, "popularity": "0.5", "probability": f"{share:.4f}"})
            files[row["file"]] = f"{user},{item}\n".encode()
    bench.samples = bench.folder / "clicks.zip"
    zipped(bench.samples, rows, files)
    tensor = {"shape": ["batch"], "dtype": "int64", "layout": "N", "color": "none", "range": [0, 19]}
    result = measured(
        bench, "recommendation", {"users": 20, "items": 10},
        model__inputs=[{**tensor, "name": "user"}, {**tensor, "name": "item"}],
        model__outputs=[{**OUTPUT, "name": "logits", "meaning": "logits"}],
        model__preprocess=[{"step": "numbers", "dtype": "int64", "columns": 2}, {"step": "apart", "rows": 1}],
        model__postprocess=[],
    )  # fmt: skip
    assert result.passed, (result.failure, result.verdict)
    area, short = result.metrics["ranking_auc"], result.metrics["ranking_shortfall"]
    assert area.value is not None and 0.65 < area.value < 0.95 and area.n == 200
    assert short.value == 0  # it ranks as the truth does
    assert "popularity of the items alone: 0.5000" in area.note
    recorded(bench, result, "ranking_auc", "ranking/auc")


def test_the_season_before_is_as_good_as_itself(repository_bench: InRepository) -> None:
    from onnx import TensorProto, helper

    bench = repository_bench
    node = helper.make_node("Slice", ["past", "from", "to", "axis"], ["forecast"])  # the last three values again
    shapes = {"past": ["batch", 9, 1], "forecast": ["batch", 3, 1]}
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()]
    where = {"from": np.array([-3]), "to": np.array([9]), "axis": np.array([1])}
    bench.model = saved(bench.folder / "tiny.onnx", [node], ends[:1], ends[1:], where)
    rng, rows, files = np.random.default_rng(0), list[dict[str, str]](), dict[str, bytes]()
    for k in range(30):
        lines = [str(value) for value in rng.integers(0, 100, 12)]
        rows.append({"file": f"past/{k}", "truth": f"next/{k}", "group": f"{k // 3}"})
        files |= {f"past/{k}": "\n".join(lines[:9]).encode(), f"next/{k}": "\n".join(lines[9:]).encode()}
    bench.samples = bench.folder / "series.zip"
    zipped(bench.samples, rows, files)
    tensor = {"name": "past", "shape": shapes["past"], "dtype": "float32", "layout": "NTC", "color": "none"}
    result = measured(
        bench, "time_series", {"horizon": 3, "period": 3},
        model__inputs=[{**tensor, "range": [0, 100]}],
        model__outputs=[{**OUTPUT, "name": "forecast", "meaning": "values"}],
        model__preprocess=[{"step": "numbers", "dtype": "float32", "columns": 1}],
        model__postprocess=[{"step": "rescale", "scale": 1.0, "shift": 0.0}],
        model__accuracy_floor={"seeded": {"colors": {"forecast_gain": 0.1}}},
    )  # fmt: skip
    mase, gain = result.metrics["forecast_mase"], result.metrics["forecast_gain"]
    assert mase.value is not None
    assert f"seasonal naive forecast: {mase.value:.4g}, better than it in 0 of 30" in mase.note
    assert gain.value == pytest.approx(0)
    (broken,) = [c for c in result.verdict.checks if not c.passed]
    assert broken.sentence == "forecast_gain 0 is below the manifest's floor 0.10"
    recorded(bench, result, "forecast_mase", "forecast/mase")


def test_pictures_of_one_colour_are_found_by_their_mean(repository_bench: InRepository) -> None:
    bench = repository_bench
    bench.model = onnx_model(bench.folder / "tiny.onnx")
    rows = [{"file": f"{name}/{k}", "truth": name, "group": ""} for name in COLORS for k in range(10)]
    bench.samples = bench.folder / "colors.zip"
    zipped(bench.samples, rows, {r["file"]: png(COLORS[r["truth"]], noise=k) for k, r in enumerate(rows)})
    result = measured(
        bench, "embedding", {"samples": "pictures"},
        model__outputs=[{**OUTPUT, "name": "logits", "meaning": "features"}], model__postprocess=[],
    )  # fmt: skip
    assert result.passed, (result.failure, result.verdict)
    one = result.metrics["retrieval_recall_at_1"]
    assert one.value == 1 and one.n == 30 and "exact interval over 30 queries" in one.note
    assert "chance: 0.310" in one.note  # 9 of 29
    recorded(bench, result, "retrieval_recall_at_1", "retrieval/recall_at_1")


def test_truths_that_are_none_end_the_evaluation_with_one_sentence(repository_bench: InRepository) -> None:
    meaning: dict[str, Any] = {"users": 1, "items": 1}
    asked = repository_bench.evaluation(
        model__modality="recommendation", dataset__modality="recommendation", dataset__labels=[],
        dataset__meaning=meaning, model__heads={"seeded": {"colors": {"meaning": meaning, "channels": None}}},
    )  # fmt: skip
    with pytest.raises(Refused, match="zip: its index has no column «truth»; it has file, label, group"):
        evaluate(asked)
