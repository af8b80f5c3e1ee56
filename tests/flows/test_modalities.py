"""Each modality end to end, with models of a few operators whose answers can be foreseen."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flows.evaluate import evaluate
from tasks.results.measurement import Result
from tests.flows.conftest import InRepository
from tests.modalities.builders import drawn, pairs, scenes, texts

GREY = {"step": "decode", "decoder": "pillow", "color": "GRAY", "exif": "ignore"}
SCALED = {"step": "normalize", "scale": 1 / 255, "mean": [0.0], "std": [1.0], "order": "scale_mean_std"}
TRANSPOSE = {"step": "transpose", "layout": "NCHW"}
SAID = b"the cat sat on the mat and the rat sat on the cat and the bat sat on the rat"


def saved(path: Path, nodes: list[Any], inputs: list[Any], outputs: list[Any], arrays: dict[str, Any]) -> Path:
    from onnx import helper, numpy_helper, save

    constants = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, constants)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(path))
    return path


def twice_as_large(path: Path, side: int) -> Path:
    """Bilinear: worse than bicubic, and never the same for two pictures."""
    from onnx import TensorProto, helper

    node = helper.make_node("Resize", ["input", "", "scales"], ["picture"], mode="linear")
    shapes = (["batch", 1, side, side], ["batch", 1, 2 * side, 2 * side])
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in zip(("input", "picture"), shapes)]  # noqa: B905
    return saved(path, [node], ends[:1], ends[1:], {"scales": np.array([1, 1, 2, 2], np.float32)})


def bigrams(path: Path, length: int) -> Path:
    """The next byte by the one before it, as often as in `SAID`."""
    from onnx import TensorProto, helper

    counts = np.full((256, 256), 1e-3, np.float32)
    np.add.at(counts, (list(SAID[:-1]), list(SAID[1:])), 1)
    node = helper.make_node("Gather", ["table", "ids"], ["logits"])
    ids = helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", length])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", length, 256])
    return saved(path, [node], [ids], [logits], {"table": np.log(counts)})


def measured(
    bench: InRepository, modality: str, meaning: dict[str, Any], head: dict[str, Any] | None = None, **changes: Any
) -> Result:
    both = {f"{aspect}__modality": modality for aspect in ("model", "dataset")}
    asked = bench.evaluation(
        **{"dataset__labels": [], **both, **changes},
        dataset__meaning=meaning,
        model__heads={"seeded": {"colors": {**(head or {"meaning": meaning}), "channels": None}}},
    )
    done = evaluate(asked)
    assert isinstance(done, Result)
    assert (done.folder / "index.html").exists() and (done.folder / "predictions.parquet").exists()
    assert {"output varies", "agreement"} <= {c.name for c in done.verdict.checks}
    return done


def pictures(bench: InRepository, **changes: Any) -> Result:
    side = 36
    bench.model = twice_as_large(bench.folder / "tiny.onnx", side)
    bench.samples = bench.folder / "pairs.zip"
    pairs(bench.samples, 24)
    tensor = {"name": "input", "shape": ["batch", 1, side, side], "dtype": "float32", "layout": "NCHW"}
    return measured(
        bench, "super_resolution", {"scale": 2},
        model__inputs=[{**tensor, "color": "GRAY", "range": [0.0, 1.0]}],
        model__outputs=[{"name": "picture", "dtype": "float32", "meaning": "picture"}],
        model__preprocess=[GREY, SCALED, {"step": "transpose", "layout": "NCHW"}],
        model__postprocess=[{"step": "pixels", "scale": 255.0}], **changes,
    )  # fmt: skip


def test_enlarged_pictures_have_a_psnr_beside_bicubic(repository_bench: InRepository) -> None:
    result = pictures(repository_bench)
    assert result.passed, (result.failure, result.verdict)
    psnr = result.metrics["picture_psnr_db"]
    assert psnr.value is not None and 20 < psnr.value < 45 and psnr.n == 24
    assert "bicubic interpolation" in psnr.note and "accuracy_top1" not in result.metrics
    (run,) = repository_bench.runs()
    assert run.data.metrics["picture/psnr_db"] == pytest.approx(psnr.value)


def test_a_floor_in_decibels_that_is_not_reached_fails(repository_bench: InRepository) -> None:
    result = pictures(repository_bench, model__accuracy_floor={"seeded": {"colors": {"picture_psnr_db": 60}}})
    (broken,) = [c for c in result.verdict.checks if not c.passed]
    assert broken.name == "accuracy floor" and "is below the manifest's floor 60.00" in broken.sentence


def test_a_text_has_a_perplexity_beside_a_unigram(repository_bench: InRepository) -> None:
    bench, length = repository_bench, 16
    bench.model = bigrams(bench.folder / "tiny.onnx", length)
    bench.samples = bench.folder / "texts.zip"
    texts(bench.samples, *(SAID[start : start + 20] for start in range(0, len(SAID) - 2, 3)))
    tensor = {"name": "ids", "shape": ["batch", length], "dtype": "int64", "layout": "NT", "color": "none"}
    result = measured(
        bench, "language_generation", {"vocabulary": "bytes"},
        model__inputs=[{**tensor, "range": [0, 255]}],
        model__outputs=[{"name": "logits", "dtype": "float32", "meaning": "logits"}],
        model__preprocess=[{"step": "tokens", "vocabulary": "bytes", "length": length, "pad": 0}],
        model__postprocess=[],
    )  # fmt: skip
    assert result.passed, (result.failure, result.verdict)
    found = result.metrics["text_perplexity"]
    unigram = float(found.note.rpartition(" ")[2])
    assert found.value is not None and 1 < found.value < 3 < unigram < 15
    assert "clustered by source" in found.note
    right = result.metrics["text_next_token"].value
    assert right is not None and right > 0.5


SIDE = 96  # pixels of a drawn scene


def seen(bench: InRepository, model: list[tuple[str, str, Any]], shapes: dict[str, list[int]], **asked: Any) -> Result:
    """Drawn scenes, and a model of convolutions (output, name of its weight, weight) of the picture and no bias."""
    from onnx import TensorProto, helper

    bench.model, bench.samples = bench.folder / "tiny.onnx", bench.folder / "scenes.zip"
    nodes = [helper.make_node("Conv", ["input", w], [out], strides=list(a.shape[2:])) for out, w, a in model]
    ends = {
        name: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *shape])
        for name, shape in shapes.items()
    }
    start = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 3, SIDE, SIDE])
    saved(bench.model, nodes, [start], list(ends.values()), {w: a.astype(np.float32) for _, w, a in model})
    drawn(bench.samples, scenes(24))
    tensor = {"name": "input", "shape": ["batch", 3, SIDE, SIDE], "dtype": "float32", "layout": "NCHW", "color": "RGB"}
    return measured(
        bench,
        model__inputs=[{**tensor, "range": [0.0, 1.0]}],
        model__preprocess=[{**GREY, "color": "RGB"}, {**SCALED, "mean": [0.0] * 3, "std": [1.0] * 3}, TRANSPOSE],
        **asked,
    )


def test_boxes_have_a_mean_average_precision_beside_those_of_another_picture(repository_bench: InRepository) -> None:
    cells, labels = SIDE // 8, ["disk", "square", "triangle"]
    sizes = np.zeros((4, 3, 8, 8))
    sizes[2:] = 6 / (3 * 64)  # up to six cells where it is bright
    result = seen(
        repository_bench,
        [("boxes", "sizes", sizes), ("logits", "light", np.full((3, 3, 8, 8), 1 / (3 * 64)))],
        {"boxes": [4, cells, cells], "logits": [3, cells, cells]},
        modality="object_detection", meaning={}, head={"labels": labels}, dataset__labels=labels,
        model__outputs=[{"name": n, "dtype": "float32", "meaning": n} for n in ("boxes", "logits")],
        model__postprocess=[
            {"step": "centre_boxes", "order": "boxes_scores", "sizes": "plain", "least_score": 0.5, "most": 50},
            {"step": "suppress", "overlap": 0.5, "within": "class", "most": 20},
        ],
    )  # fmt: skip
    assert result.passed, (result.failure, result.verdict)
    found = result.metrics["detection_map50"]
    assert found.value is not None and 0 <= found.value < 0.3 and found.n == 24  # it knows nothing of shapes
    assert "the boxes of the picture before" in found.note and "accuracy_top1" not in result.metrics
    (run,) = repository_bench.runs()
    assert run.data.metrics["detection/map50"] == pytest.approx(found.value)
    assert "mean average precision" in (result.folder / "index.html").read_text()


def test_masks_have_an_intersection_over_union_beside_the_usual_class(repository_bench: InRepository) -> None:
    labels = ["wall", "floor", "disk", "square", "triangle"]
    result = seen(
        repository_bench,
        [("logits", "colours", np.random.default_rng(0).normal(0, 1, (5, 3, 1, 1)))],
        {"logits": [5, SIDE, SIDE]},
        modality="semantic_segmentation", meaning={"ignored": -1}, head={"labels": labels}, dataset__labels=labels,
        model__outputs=[{"name": "logits", "dtype": "float32", "meaning": "logits"}],
        model__postprocess=[{"step": "best_class", "axis": 1}],
    )  # fmt: skip
    assert result.passed, (result.failure, result.verdict)
    found = result.metrics["segmentation_miou"]
    usual = float(found.note.rpartition(" ")[2])
    assert found.value is not None and 0 < found.value < usual < 0.5  # colours alone say little
    assert "mean intersection over union" in (result.folder / "index.html").read_text()


def test_depths_have_a_relative_error_beside_one_depth_for_all(repository_bench: InRepository) -> None:
    result = seen(
        repository_bench,
        [("depth", "pale", np.full((1, 3, 1, 1), 10 / 3))],
        {"depth": [1, SIDE, SIDE]},
        modality="depth_estimation", meaning={"per_metre": 1000, "farthest": 10.0, "alignment": "none"},
        model__outputs=[{"name": "depth", "dtype": "float32", "meaning": "values"}],
        model__postprocess=[],
    )  # fmt: skip
    assert result.passed, (result.failure, result.verdict)
    found = result.metrics["depth_abs_rel"]
    simple = float(found.note.rpartition(" ")[2])
    assert found.value is not None and found.value > 0 and 0.2 < simple < 0.6
    assert "relative error of depth" in (result.folder / "index.html").read_text()
