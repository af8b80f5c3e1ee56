"""Builders with defaults: a small valid specification as plain data, a small ONNX model, a small data set archive."""

import copy
import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

COLORS = {"red": (220, 20, 20), "green": (20, 220, 20), "blue": (20, 20, 220)}
ZERO = "0" * 64


def specification(**changes: Any) -> dict[str, Any]:
    """Plain data of a valid `Evaluation`; ``changes`` replace fields by dotted path with __ for the dot."""
    aspect = {"version": "1", "licence": "CC0-1.0"}
    labels = list(COLORS)
    data: dict[str, Any] = {
        "model": {
            **aspect, "id": "tiny", "source": "tests", "modality": "image_classification", "weights": "seeded",
            "inputs": [{"name": "input", "shape": ["batch", 3, 8, 8], "dtype": "float32", "layout": "NCHW", "color": "RGB", "range": [0.0, 1.0]}],
            "outputs": [{"name": "logits", "dtype": "float32", "meaning": "logits"}],
            "preprocess": [
                {"step": "decode", "decoder": "pillow", "color": "RGB", "exif": "ignore"},
                {"step": "normalize", "scale": 1 / 255, "mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0], "order": "scale_mean_std"},
                {"step": "transpose", "layout": "NCHW"},
            ],
            "postprocess": [{"step": "softmax", "axis": 1}, {"step": "top_k", "k": 3}],
            "artifacts": {"seeded": {"onnx": {"path": "artifacts/models/tiny.onnx", "sha256": ZERO, "stage": "tiny"}}},
            "heads": {"seeded": {"colors": {"labels": labels, "channels": None}}},
        },
        "dataset": {
            **aspect, "id": "colors", "source": "tests", "modality": "image_classification", "kind": "archive", "split": "test",
            "archives": {"test": {"path": "artifacts/datasets/colors.zip", "sha256": ZERO, "stage": "colors"}},
            "samples": {"test": 30}, "labels": labels,
        },
        "software": {
            **aspect, "id": "onnxruntime", "framework": "onnxruntime", "environment": "isolated", "python": "3.11",
            "packages": ["onnxruntime==1.31.1"], "env": {"OMP_NUM_THREADS": 1}, "threads": {"intra": 1, "inter": 1}, "devices": ["cpu"],
            "options": {"graph_optimization": "all", "execution_mode": "sequential"},
        },
        "hw": {
            **aspect, "id": "cpu1", "cpus": 1, "memory_gib": 1, "accelerator": None, "pin": True,
            "settings": {"governor": None, "turbo": None, "smt": None},
        },
        "scenario": {
            **aspect, "id": "quick", "kind": "single_stream", "repetitions": 1, "warmup_queries": 2, "min_duration_s": 0.05,
            "min_queries": 20, "accuracy_samples": "all", "seed": 0, "time_limit_s": 60.0,
        },
        "tracing": {**aspect, "id": "none", "level": "none"},
        "services": {**aspect, "id": "local", "kind": "local", "idle_s": 900},
        "workers": {**aspect, "id": "local", "kind": "local", "address": None},
        "tracking": {**aspect, "id": "local", "uri": None, "experiment": "tests"},
        "contracts": "enforce",
        "dispatch": "any",
        "allow_modules": [],
    }  # fmt: skip
    for path, value in changes.items():
        put(data, path.split("__"), value)
    return data


def put(data: Any, path: list[str], value: Any) -> None:
    """Set one field of nested data; numbers index lists."""
    for part in path[:-1]:
        data = data[int(part)] if isinstance(data, list) else data.setdefault(part, {})
    key: Any = int(path[-1]) if isinstance(data, list) else path[-1]
    data[key] = copy.deepcopy(value)


def png(color: tuple[int, int, int], size: int = 8, noise: int = 0) -> bytes:
    """One picture of a colour, with seeded noise."""
    from PIL import Image

    rng = np.random.default_rng(noise)
    pixels = np.clip(np.asarray(color) + rng.integers(-15, 16, (size, size, 3)), 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def archive(path: Path, each: int = 10, broken: int = 0) -> Path:
    """A data set archive of ``each`` pictures a colour; the first ``broken`` of them are no images."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as zipped:
        rows, files = ["file,label,group"], []
        for label, color in COLORS.items():
            for i in range(each):
                name = f"{label}_{i:02}.png"
                rows.append(f"{name},{label},{label}/{i // 2}")
                files.append((name, png(color, noise=i)))
        files = [(name, b"no image" if i < broken else data) for i, (name, data) in enumerate(files)]
        zipped.writestr("index.csv", "\n".join(rows) + "\n")
        for name, data in files:
            zipped.writestr(name, data)
    return path


def onnx_model(path: Path, classes: int = 3, nan: bool = False, side: int = 8) -> Path:
    """Mean colour → logits: right on every picture of `archive` (an opset-13 file, batch free)."""
    from onnx import TensorProto, checker, helper, numpy_helper, save

    weight = np.eye(3, classes, dtype=np.float32) * (np.nan if nan else 10.0)
    nodes = [
        helper.make_node("GlobalAveragePool", ["input"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "weight"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes, "tiny",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 3, side, side])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", classes])],
        [numpy_helper.from_array(weight, "weight")],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    save(model, str(path))
    return path


def sha256(path: Path) -> str:
    """Of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
