"""Laws of the steps between models."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tasks.errors import Refused
from tasks.processing import BEFORE, BETWEEN, compose
from tasks.processing.boxes import Found
from tasks.processing.outputs import Ranked
from tasks.processing.seams import Carried, of_pictures
from tests.builders import png

CROP = {"unit": "pixel", "least_score": 0.0, "most": 9, "margin": 0.0, "none": "nothing"}


def picture(height: int, width: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def carried(answer: Any, pictures: list[Any], **more: Any) -> Carried:
    return Carried(answer, pictures, list(range(len(pictures))), pictures, **more)


def found(*each: tuple[list[Any], list[float]]) -> Found:
    boxes = [np.array(b, dtype=np.float32).reshape(-1, 4) for b, _ in each]
    return Found(boxes, [np.array(s, dtype=float) for _, s in each], [np.arange(len(s)) for _, s in each])


def test_a_crop_is_the_pixels_of_its_box_best_first() -> None:
    seen = picture(20, 30)
    out = BETWEEN["crop"](carried(found(([[1, 2, 5, 9], [10, 0, 30, 20]], [0.3, 0.8])), [seen]), **CROP)
    assert (out.pictures[0] == seen[0:20, 10:30]).all() and (out.pictures[1] == seen[2:9, 1:5]).all()
    assert (
        out.owners == [0, 0] and out.found.scores[0].tolist() == [0.8, 0.3] and out.found.classes[0].tolist() == [1, 0]
    )


def test_shares_are_of_the_picture_whatever_its_size() -> None:
    small, large = picture(10, 20), picture(40, 60)
    asked = carried(found(([[0.5, 0, 1, 0.5]], [1.0]), ([[0.5, 0, 1, 0.5]], [1.0])), [small, large])
    out = BETWEEN["crop"](asked, **{**CROP, "unit": "share"})
    assert [one.shape for one in out.pictures] == [(5, 10, 3), (20, 30, 3)] and out.owners == [0, 1]


def test_few_doubtful_empty_and_outer_boxes_are_no_crops() -> None:
    boxes = [[0, 0, 4, 4], [5, 5, 5, 9], [-9, -9, -1, -1], [50, 50, 60, 60], [1, 1, 3, 3], [float("nan"), 0, 9, 9]]
    out = BETWEEN["crop"](
        carried(found((boxes, [0.9, 0.9, 0.9, 0.9, 0.1, 0.9])), [picture(20, 20)]), **{**CROP, "least_score": 0.5}
    )
    assert [one.shape for one in out.pictures] == [(4, 4, 3)]
    most = BETWEEN["crop"](carried(found(([[0, 0, 2, 2]] * 5, [0.5] * 5)), [picture(8, 8)]), **{**CROP, "most": 2})
    assert len(most.pictures) == 2


def test_a_margin_grows_a_box_and_stays_in_the_picture() -> None:
    out = BETWEEN["crop"](carried(found(([[2, 2, 6, 6]], [1.0])), [picture(8, 20)]), **{**CROP, "margin": 0.5})
    assert out.pictures[0].shape == (8, 8, 3)
    assert (out.found.boxes[0] == [[2, 2, 6, 6]]).all()  # the detector's box stays what it was


@pytest.mark.parametrize("unit", ["pixel", "share"])
def test_no_box_is_nothing_or_the_whole_picture(unit: str) -> None:
    seen, none = picture(8, 9), found(([], []))
    assert BETWEEN["crop"](carried(none, [seen]), **{**CROP, "unit": unit}).owners == []
    whole = BETWEEN["crop"](carried(none, [seen]), **{**CROP, "unit": unit, "none": "whole"})
    assert (whole.pictures[0] == seen).all() and whole.found.boxes[0].tolist() == [
        [0, 0, *((9, 8) if unit == "pixel" else (1, 1))]
    ]


def test_what_are_no_boxes_is_refused() -> None:
    with pytest.raises(Refused, match="crop takes found boxes"):
        BETWEEN["crop"](carried(np.zeros((1, 4)), [picture(8, 8)]), **CROP)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=5))
def test_relabelled_boxes_are_as_many_as_were_found_and_in_their_pictures(counts: list[int]) -> None:
    each = [([[0, 0, 2 + k, 2] for k in range(n)], [0.5] * n) for n in counts]
    out = BETWEEN["crop"](carried(found(*each), [picture(8, 8)] * len(counts)), **CROP)
    total = len(out.owners)
    classes = np.arange(total)[:, None] + 100
    ranked = Ranked(classes, np.full((total, 1), 0.5)) if total else None
    said = BETWEEN["relabel"](Carried(ranked, out.pictures, out.owners, out.sources, found=out.found), score="product")
    assert [len(of) for of in said.answer.classes] == counts and isinstance(said.answer, Found)
    assert np.concatenate(said.answer.classes).tolist() == [100 + k for k in range(total)]
    assert all((of == 0.25).all() for of in said.answer.scores)


def test_of_a_picture_the_best_box_answers() -> None:
    ranked = Ranked(np.array([[3], [4], [5]]), np.array([[0.9], [0.8], [0.7]]))
    said = BETWEEN["best_crop"](Carried(ranked, [], [0, 0, 1], [picture(4, 4)] * 2))
    assert said.answer.classes.tolist() == [[3], [5]]


def test_padding_is_cut_from_an_enlarged_picture_and_the_rest_is_in_its_place() -> None:
    small = picture(5, 7)
    padded = BEFORE["pad"](small, height=12, width=12, mode="edge")
    answer = np.repeat(np.repeat(padded, 3, axis=0), 3, axis=1).transpose(2, 0, 1)[None]
    out = BETWEEN["enlarged"](carried(answer, [small], frame=(12, 12), padded=True), color="answer")
    assert (out.pictures[0][::3, ::3] == small).all() and out.pictures[0].shape == (15, 21, 3)


def test_a_grey_answer_keeps_the_colours_of_its_source_where_it_is_asked() -> None:
    red = np.full((8, 8, 3), (200, 30, 30), dtype=np.uint8)
    luma = np.asarray(Image.fromarray(red).convert("L").resize((16, 16)))[None, None]
    colored, grey = (BETWEEN["enlarged"](carried(luma, [red]), color=of).pictures[0] for of in ("source", "answer"))
    assert np.abs(colored.astype(int) - (200, 30, 30)).max() <= 3
    assert (grey == grey[:, :, :1]).all() and grey.shape == (16, 16, 3)


def test_a_bgr_answer_becomes_rgb() -> None:
    answer = picture(4, 4).transpose(2, 0, 1)[None]
    out = BETWEEN["enlarged"](carried(answer, [picture(4, 4)], color="BGR"), color="answer").pictures[0]
    assert (out == answer[0].transpose(1, 2, 0)[:, :, ::-1]).all()


@pytest.mark.parametrize(
    "answer", [np.zeros((1, 3, 4, 4), np.float32), np.zeros((1, 2, 4, 4), np.uint8), np.zeros((4, 4), np.uint8)]
)
def test_what_are_no_pixels_is_refused(answer: Any) -> None:
    with pytest.raises(Refused, match="End its post-processing in the step pixels"):
        BETWEEN["enlarged"](carried(answer, [picture(4, 4)]), color="answer")


@pytest.mark.parametrize("color", ["RGB", "BGR", "GRAY"])
def test_pixels_in_memory_are_given_to_a_model_as_an_encoded_picture_is(color: str) -> None:
    steps = [
        {"step": "decode", "decoder": "pillow", "color": color, "exif": "ignore"},
        {"step": "resize", "height": 5, "width": 6, "method": "bilinear", "antialias": True, "aspect": "stretch"},
        {"step": "transpose", "layout": "NCHW"},
    ]
    data = png((200, 90, 10), noise=3)
    pixels = BEFORE["decode"](data, decoder="pillow", color="RGB", exif="ignore")
    assert (of_pictures(steps, compose, [])(pixels) == compose(steps, BEFORE, [])(data)).all()
