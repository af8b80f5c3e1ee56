"""Laws of the judge of boxes: both lists in pixels, and whatever is no box is a sentence."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tasks.artifacts.scenes import SHAPES, SIDE
from tasks.errors import Refused, TouchstoneError
from tasks.modalities.object_detection import Modality
from tasks.processing.boxes import Found
from tests.modalities.builders import drawn, png, rows, scenes, zipped

DATA = {"labels": list(SHAPES)}
BOX = [0.25, 0.25, 0.5, 0.75]


def answer(*boxes: list[float], scores: list[float] | None = None, classes: list[int] | None = None) -> Found:
    """Of one picture."""
    count = len(boxes)
    given = scores if scores is not None else [0.5] * count
    return Found([np.array(boxes).reshape(-1, 4)], [np.array(given)], [np.array(classes or [0] * count)])


def judged(folder: Path, result: Any) -> list[dict[str, Any]]:
    return rows(Modality(), drawn(folder / "scenes.zip", scenes(len(result.boxes))), DATA, result=result)


def test_the_truth_as_answer_is_the_same_boxes_in_pixels(tmp_path: Path) -> None:
    of = scenes(3)
    boxes = [np.array([edges for _, *edges in one.boxes]) / SIDE for one in of]
    kinds = [np.array([kind for kind, *_ in one.boxes]) for one in of]
    for row, one in zip(judged(tmp_path, Found(boxes, [np.ones(len(b)) for b in boxes], kinds)), of, strict=True):
        truths, answers = (sorted(json.loads(row[name])) for name in ("truths", "answers"))
        assert truths == sorted(list(box) for box in one.boxes)
        assert [[kind, *edges] for kind, _, *edges in answers] == truths
        assert row["found"] == row["present"] == row["confidence"] == len(one.boxes)


def test_answers_come_best_first_and_nothing_found_is_an_empty_list(tmp_path: Path) -> None:
    (row,) = judged(tmp_path, answer(BOX, BOX, scores=[0.25, 0.5], classes=[2, 1]))
    assert [found[:2] for found in json.loads(row["answers"])] == [[1, 0.5], [2, 0.25]]
    assert json.loads(row["answers"])[0][2:] == [24, 24, 48, 72] and row["confidence"] == 0.75
    (empty,) = judged(tmp_path, answer())
    assert empty["answers"] == "[]" and empty["found"] == 0 and empty["present"] > 0


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (answer([0, 0, np.nan, 1]), r"the box \(0, 0, nan, 1\) is not finite"),
        (answer([0, 0, np.inf, 1]), "is not finite"),
        (answer([0.5, 0, 0.25, 1]), r"the box \(0.5, 0, 0.25, 1\) is inverted"),
        (answer(BOX, scores=[np.nan]), "a score is nan"),
        (answer(BOX, classes=[3]), "class 3 of a box has no label; the data set has 3"),
        (answer(BOX, scores=[0.1, 0.2]), r"boxes of \(1, 4\), scores of \(2,\)"),
    ],
)
def test_an_answer_that_is_no_box_is_refused_with_its_picture(tmp_path: Path, result: Found, words: str) -> None:
    with pytest.raises(Refused, match=words) as mistake:
        judged(tmp_path, result)
    assert "The model's answer to picture/00.jpg is refused" in str(mistake.value)


def test_raw_outputs_are_refused_with_the_step_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(TouchstoneError, match="must end in suppress"):
        rows(Modality(), drawn(tmp_path / "scenes.zip", scenes(1)), DATA, result=(np.zeros((1, 4, 2, 2)),))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nothing", "«nothing» is no JSON list"),
        ('[["disk", 1, 2, 3]]', "a box of disk has 3 edges"),
        ('[["cat", 1, 2, 3, 4]]', "its box is of «cat», which the manifest does not name"),
        ('[["disk", 3, 2, 1, 4]]', r"the box \(3, 2, 1, 4\) is inverted or empty"),
        ('[["disk", 1, 2, 1, 4]]', "is inverted or empty"),
        ('[["disk", 1, 2, NaN, 4]]', "is not finite"),
        ("7", "no JSON list"),
    ],
)
def test_an_index_with_wrong_boxes_is_refused_with_every_row(tmp_path: Path, text: str, words: str) -> None:
    grey = png(np.zeros((8, 8), np.uint8))
    index = [{"file": f"{k}.png", "boxes": boxes, "group": str(k)} for k, boxes in enumerate(("[]", text, text))]
    samples = zipped(tmp_path / "wrong.zip", index, {row["file"]: grey for row in index})
    with pytest.raises(Refused, match=words) as mistake:
        Modality().truths(samples, DATA)
    assert "wrong.zip: 2 of its boxes cannot be used: 1.png: " in str(mistake.value) and "; 2.png: " in str(
        mistake.value
    )


def test_a_data_set_without_boxes_is_told_what_its_index_has(tmp_path: Path) -> None:
    samples = zipped(tmp_path / "no.zip", [{"file": "0.png", "group": "0"}], {"0.png": b""})
    with pytest.raises(Refused, match="its index has no column «boxes»; it has file, group"):
        Modality().truths(samples, DATA)


def test_other_labels_and_steps_that_move_places_do_not_fit() -> None:
    head, data = SimpleNamespace(fits=lambda labels: labels == SHAPES), SimpleNamespace(id="scenes", labels=SHAPES)
    whole, cut = (SimpleNamespace(name="net[x]", steps=[SimpleNamespace(step=s)]) for s in ("resize", "center_crop"))
    assert Modality().misfit(whole, head, data) == ""
    assert "center_crop of its preprocess moves them" in Modality().misfit(cut, head, data)
    shorter = SimpleNamespace(name="net[x]", steps=[SimpleNamespace(step="resize", aspect="shorter_side")])
    assert "resize of its preprocess moves them" in Modality().misfit(shorter, head, data)
    other = SimpleNamespace(id="cars", labels=("car",))
    assert "The labels of dataset=cars" in Modality().misfit(whole, head, other)
