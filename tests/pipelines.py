"""A pipeline as plain data: a fixed detector and a classifier, both the small model of `tests/builders.py`."""

import copy
from typing import Any

from tests.builders import put, specification

DETECTOR = {"step": "tests.agent.found_boxes.by_color"}
CROP = {"step": "crop", "unit": "share", "least_score": 0.5, "most": 3, "margin": 0.0, "none": "whole"}
SIZE = {"step": "resize", "height": 8, "width": 8, "method": "bilinear", "antialias": True, "aspect": "stretch"}
ASPECT = {"version": "1", "licence": "CC0-1.0", "source": "tests"}


def piped(path: str = "artifacts/models/tiny.onnx", sha256: str = "0" * 64, **changes: Any) -> dict[str, Any]:
    """`specification` with «look», whose boxes are cropped, then «name», which says what is in them."""
    data = specification()
    one = copy.deepcopy(data["model"])
    one["artifacts"]["seeded"]["onnx"] = {"path": path, "sha256": sha256}
    one["preprocess"].insert(1, dict(SIZE))
    detector = {**copy.deepcopy(one), "id": "detector", "modality": "object_detection", "postprocess": [dict(DETECTOR)]}
    data["model"] = {
        **ASPECT, "id": "look_and_name", "modality": "image_classification", "weights": "seeded+seeded",
        "preprocess": [one["preprocess"][0]],
        "pipeline": [
            {"name": "look", "model": detector, "then": [dict(CROP)]},
            {"name": "name", "model": one, "then": [{"step": "best_crop"}]},
        ],
        "heads": {"seeded+seeded": one["heads"]["seeded"]},
    }  # fmt: skip
    data["allow_modules"] = ["tests.agent.found_boxes"]
    for place, value in changes.items():
        put(data, place.split("__"), value)
    return data
