"""`python -m tests.benchmarks.alone [--rounds 10]`: does a sweep disturb what it times? → reports/alone.md.

Four evaluations, one of them memory-bound (large fully connected layers), alone and as cells of one sweep, in
alternating order. A ratio is the median prediction in the sweep over the one alone, in the same round.
"""

import argparse
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from flows import cli
from flows.evaluate import evaluate
from tasks import ROOT
from tasks.results.measurement import Result, Sweep
from tasks.specs.evaluation import Evaluation
from tests.builders import sha256

PLACE = ROOT / ".touchstone" / "benchmarks"
SHORT = ["scenario.repetitions=4", "scenario.min_duration_s=2", "scenario.accuracy_samples=32"]


def dense_model(path: Path) -> Path:
    """3 × 64 × 64 → 4096 → 4096 → 9: two products of 200 and 67 MB of weights, each read once a prediction."""
    from onnx import TensorProto, helper, numpy_helper, save

    rng = np.random.default_rng(0)
    sizes = [(12288, 4096), (4096, 4096), (4096, 9)]
    nodes, weights, at = [helper.make_node("Flatten", ["input"], ["x0"], axis=1)], [], "x0"
    for i, (rows, columns) in enumerate(sizes):
        weights.append(numpy_helper.from_array((rng.normal(size=(rows, columns)) / rows**0.5).astype("f4"), f"w{i}"))
        out = "logits" if i == len(sizes) - 1 else f"y{i}"
        nodes.append(helper.make_node("MatMul", [at, f"w{i}"], [out]))
        if out != "logits":
            nodes.append(helper.make_node("Relu", [out], [f"x{i + 1}"]))
            at = f"x{i + 1}"
    graph = helper.make_graph(
        nodes,
        "dense",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 3, 64, 64])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 9])],
        weights,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(path))
    return path


def evaluations() -> list[Evaluation]:
    """resnet50, patchnet, dense, and patchnet on one core."""
    path = dense_model(PLACE / "dense.onnx")
    store = f"tracking.uri=sqlite:///{PLACE / 'mlflow.db'}"
    resnet50, patchnet, single = (
        cli.read([f"+model={name}", store, *SHORT, *more])[0]
        for name, more in (("resnet50", []), ("patchnet", []), ("patchnet", ["hw=cpu1"]))
    )
    data: dict[str, Any] = patchnet.model_dump(mode="json")
    data["model"] |= {"id": "dense", "weights": "seeded", "heads": {"seeded": data["model"]["heads"]["trained"]}}
    pinned = {"path": path.relative_to(ROOT).as_posix(), "sha256": sha256(path)}
    data["model"] |= {"artifacts": {"seeded": {"onnx": pinned}}, "accuracy_floor": {}}
    return [resnet50, patchnet, Evaluation.model_validate(data), single]


def p50(result: Result) -> float:
    """Median prediction in ms; a failed evaluation ends the benchmark."""
    value = result.metrics["predict_p50_ms"].value if "predict_p50_ms" in result.metrics else None
    assert value is not None, result.failure
    shutil.rmtree(result.folder, ignore_errors=True)
    return value


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    asked, rows = evaluations(), []
    for i in range(parser.parse_args().rounds):
        values = dict[str, list[float]]()
        for kind in ("alone", "sweep") if i % 2 == 0 else ("sweep", "alone"):
            if kind == "alone":
                values[kind] = [p50(one) for e in asked if isinstance(one := evaluate(e), Result)]
            else:
                done = evaluate(asked)
                assert isinstance(done, Sweep)
                values[kind] = [p50(cell) for cell in done.cells]
                shutil.rmtree(done.folder, ignore_errors=True)
        rows.append([b / a for a, b in zip(values["alone"], values["sweep"], strict=True)])
        print(f"round {i + 1}: {' '.join(f'{r:.4f}' for r in rows[-1])}", flush=True)
        if len(rows) > 1:  # an interval needs two; each round narrows it
            _write(asked, np.log(np.array(rows)))
    shutil.rmtree(PLACE, ignore_errors=True)


def _write(asked: list[Evaluation], logs: np.ndarray) -> None:
    half = stats.t.ppf(0.975, len(logs) - 1) * logs.std(axis=0, ddof=1) / np.sqrt(len(logs))
    lines = [
        "# In a sweep and alone",
        "",
        "`python -m tests.benchmarks.alone`: median prediction in a sweep of four over the one alone,",
        f"{len(logs)} rounds in alternating order; geometric mean and 95 % interval (Student t).",
        "",
        "| evaluation | in the sweep / alone | 95 % interval |",
        "|---|---|---|",
    ]
    for e, mean, width in zip(asked, logs.mean(axis=0), half, strict=True):
        low, high = np.exp([mean - width, mean + width])
        lines.append(f"| {e.title}, hw={e.hw.id} | {np.exp(mean):.4f} | {low:.4f} to {high:.4f} |")
    (ROOT / "reports" / "alone.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines[5:]))


if __name__ == "__main__":
    main()
