"""Laws of the steps of a detector: maps of centres become boxes, and of those that overlap the best one stays."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import Refused
from tasks.processing.boxes import Found, centre_boxes, overlaps, suppress
from tasks.processing.outputs import best_class

Edge = st.integers(0, 12)


def maps(cells: tuple[int, int] = (4, 8), classes: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """No centre anywhere."""
    return np.zeros((1, 4, *cells), np.float32), np.full((1, classes, *cells), -9.0, np.float32)


def decoded(outputs: Any, **changed: Any) -> Found:
    return centre_boxes(
        outputs, **{"order": "boxes_scores", "sizes": "plain", "least_score": 0.1, "most": 5, **changed}
    )


def test_a_centre_becomes_a_box_in_shares_by_hand() -> None:
    boxes, scores = maps()
    scores[0, 1, 2, 3], boxes[0, :, 2, 3] = 0.0, (1.0, -0.5, 4.0, 2.0)  # the middle is (4, 1.5) of 8 × 4 cells
    found = decoded((boxes, scores))
    assert found.boxes[0].tolist() == [[2 / 8, 0.5 / 4, 6 / 8, 2.5 / 4]]
    assert found.scores[0].tolist() == [0.5] and found.classes[0].tolist() == [1]
    boxes[0, 2:, 2, 3] = np.log([4.0, 2.0])
    again = decoded((scores, boxes), order="scores_boxes", sizes="log")
    assert again.boxes[0] == pytest.approx(found.boxes[0], abs=1e-6)


def test_the_best_ones_of_at_least_the_least_score_come_best_first_and_lie_within_the_picture() -> None:
    boxes, scores = maps()
    boxes[0, 2:] = 100.0
    scores[0, 0, 0, :4] = (-5.0, 2.0, 1.0, 3.0)
    found = decoded((boxes, scores), most=2)
    assert found.scores[0] == pytest.approx([1 / (1 + np.exp(-3)), 1 / (1 + np.exp(-2))])
    assert found.boxes[0].tolist() == [[0, 0, 1, 1]] * 2
    assert len(decoded(maps()).scores[0]) == 0


def test_what_is_no_number_is_kept_so_that_it_can_be_told() -> None:
    boxes, scores = maps()
    scores[0, 0, 0, 0], boxes[0, 2, 0, 0] = 1.0, 1e4
    assert np.isinf(decoded((boxes, scores), sizes="log").boxes[0]).any()
    boxes[0, 2, 0, 0] = np.nan
    assert np.isnan(decoded((boxes, scores)).boxes[0]).any()


@pytest.mark.parametrize(
    "shapes", [[(1, 4, 3, 3)], [(1, 5, 3, 3), (1, 2, 3, 3)], [(1, 4, 3, 3), (1, 2, 3, 4)], [(1, 9, 4), (1, 9, 2)]]
)
def test_outputs_of_another_shape_are_refused_with_their_shape(shapes: list[tuple[int, ...]]) -> None:
    with pytest.raises(Refused, match="centre_boxes reads boxes of") as mistake:
        decoded(tuple(np.zeros(shape) for shape in shapes))
    assert all(str(shape) in str(mistake.value) for shape in shapes)


def test_overlap_is_intersection_over_union_by_hand() -> None:
    a, b = np.array([[0, 0, 2, 2], [1, 1, 1, 1.0]]), np.array([[1, 0, 3, 2], [5, 5, 6, 6], [0, 0, 2, 2.0]])
    assert overlaps(a, b) == pytest.approx(np.array([[2 / 6, 0, 1], [0, 0, 0]]))


@given(st.lists(st.tuples(Edge, Edge, Edge, Edge, st.integers(0, 5), st.integers(0, 1)), max_size=12), st.booleans())
def test_what_stays_is_apart_and_what_goes_is_covered_by_a_better_one_that_stays(raw: Any, apart: bool) -> None:
    rows = np.array(raw, dtype=float).reshape(-1, 6)
    boxes = np.hstack([rows[:, :2], rows[:, :2] + rows[:, 2:4] + 1])
    scores, classes = rows[:, 4], rows[:, 5].astype(int)
    kept = suppress(Found([boxes], [scores], [classes]), overlap=0.4, within="class" if apart else "all", most=99)
    covers = overlaps(boxes, kept.boxes[0])
    if apart:
        covers = covers * np.equal.outer(classes, kept.classes[0])
    assert (overlaps(kept.boxes[0], kept.boxes[0])[~np.eye(len(kept.scores[0]), dtype=bool)] <= 0.4).all() or apart
    stays = [any(np.array_equal(box, k) and s == t for k, t in zip(kept.boxes[0], kept.scores[0], strict=True))
             for box, s in zip(boxes, scores, strict=True)]  # fmt: skip
    for n in np.flatnonzero(~np.array(stays, dtype=bool)):
        assert (covers[n][kept.scores[0] >= scores[n]] > 0.4).any()
    assert (np.diff(kept.scores[0]) <= 0).all()


def test_the_most_that_stay_are_the_best() -> None:
    boxes = np.array([[k, 0, k + 1, 1.0] for k in range(5)])
    kept = suppress(Found([boxes], [np.arange(5.0)], [np.zeros(5, int)]), overlap=0.5, within="all", most=2)
    assert kept.scores[0].tolist() == [4, 3]


@pytest.mark.parametrize("edge", [np.nan, np.inf])
def test_a_box_that_is_not_finite_stays_so_that_it_can_be_told(edge: float) -> None:
    boxes = np.array([[0, 0, 1, 1], [0, 0, edge, 1], [0, 0, 1, 1], [edge, edge, edge, edge]])
    kept = suppress(Found([boxes], [np.arange(4.0)], [np.zeros(4, int)]), overlap=0.5, within="all", most=9)
    assert kept.scores[0].tolist() == [3, 2, 1]


def test_suppress_reads_found_boxes_only() -> None:
    with pytest.raises(Refused, match="put centre_boxes"):
        suppress((np.zeros((1, 4, 2, 2)), np.zeros((1, 2, 2, 2))), overlap=0.5, within="all", most=2)  # type: ignore[arg-type]


def test_the_best_class_of_equals_is_the_first() -> None:
    scores = np.zeros((1, 3, 1, 2))
    scores[0, 2, 0, 1] = 1
    assert best_class(scores, axis=1).tolist() == [[[0, 2]]]
