"""A pipeline as plain data, and its files: a fixed detector, and the small model of `tests/builders.py` behind it."""

import copy
from pathlib import Path
from typing import Any

from tasks.placement.request import agent_request
from tasks.specs.evaluation import Evaluation
from tests.builders import archive, onnx_model, put, sha256, specification

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
        **ASPECT, "id": "look_and_name", "modality": "image_classification", "weights": "detector.seeded+tiny.seeded",
        "preprocess": [one["preprocess"][0]],
        "pipeline": [
            {"name": "look", "model": detector, "then": [dict(CROP)]},
            {"name": "name", "model": one, "then": [{"step": "best_crop"}]},
        ],
        "heads": {"detector.seeded+tiny.seeded": one["heads"]["seeded"]},
    }  # fmt: skip
    data["allow_modules"] = ["tests.agent.found_boxes"]
    for place, value in changes.items():
        put(data, place.split("__"), value)
    return data


class Piped:
    """The files of a pipeline, and requests of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.model, self.samples = folder, onnx_model(folder / "tiny.onnx"), archive(folder / "colors.zip")

    def request(self, role: str, **changes: Any) -> dict[str, Any]:
        evaluation = Evaluation.model_validate(piped(sha256=sha256(self.model), **changes))
        files = dict.fromkeys(evaluation.model.models, self.model)
        return agent_request(evaluation, role, 0, [0], files, self.samples)  # type: ignore[arg-type]
