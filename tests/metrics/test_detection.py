"""Laws of mean average precision: textbook cases by hand, what is perfect and what is by chance, and its interval."""

import json
from typing import Any

import numpy as np
import pytest

from tasks.metrics._coco import Matches
from tasks.metrics.detection import PARTS, parted
from tasks.results.measurement import Estimate
from tests.metrics.test_judged import estimates

Box = tuple[float, ...]
UNIT = (0.0, 0.0, 10.0, 10.0)
FAR = (50.0, 50.0, 60.0, 60.0)


def rows(answers: list[list[Box]], truths: list[list[Box]]) -> dict[str, Any]:
    """Answers are (class, score, left, top, right, bottom), truths (class, left, top, right, bottom)."""
    texts = [json.dumps(of) for of in answers]
    return {"answers": texts, "truths": [json.dumps(of) for of in truths], "present": [len(of) for of in truths]}


def found(answers: list[list[Box]], truths: list[list[Box]], groups: Any = None) -> tuple[Estimate, Estimate]:
    """Over overlaps, and at a half."""
    every = estimates(rows(answers, truths), groups)
    return every["detection_map"], every["detection_map50"]


def scattered(count: int, seed: int = 0) -> list[list[Box]]:
    """Pictures with one to four boxes of three classes, anywhere."""
    rng = np.random.default_rng(seed)
    pictures = []
    for _ in range(count):
        corners = rng.uniform(0, 80, (rng.integers(1, 5), 2))
        pictures.append([(int(rng.integers(3)), x, y, x + 16.0, y + 12.0) for x, y in corners.tolist()])
    return pictures


def said(truths: list[list[Box]], score: float = 0.9) -> list[list[Box]]:
    return [[(kind, score, *edges) for kind, *edges in of] for of in truths]


def test_a_textbook_case_is_what_it_is_by_hand() -> None:
    truths: list[list[Box]] = [[(0, *UNIT), (0, *FAR)], [(0, *UNIT)]]
    answers: list[list[Box]] = [[(0, 0.9, *UNIT), (0, 0.8, 20.0, 20.0, 30.0, 30.0)], [(0, 0.7, *UNIT)]]
    # right, wrong, right: precision 1 up to recall 1/3 (34 of 101 points), 2/3 up to 2/3 (33), then 0
    for estimate in found(answers, truths):
        assert estimate.value == pytest.approx((34 + 33 * 2 / 3) / 101)


def test_a_wrong_answer_that_is_surer_halves_the_precision() -> None:
    answers: list[list[Box]] = [[(0, 0.9, *FAR), (0, 0.8, *UNIT)]]
    assert found(answers, [[(0, *UNIT)]])[0].value == pytest.approx(0.5)
    assert found([[(0, 0.7, *FAR), (0, 0.8, *UNIT)]], [[(0, *UNIT)]])[0].value == pytest.approx(1)


def test_a_second_answer_to_one_box_is_wrong() -> None:
    truths: list[list[Box]] = [[(0, *UNIT)], [(0, *UNIT)]]
    answers: list[list[Box]] = [[(0, 0.9, *UNIT), (0, 0.8, *UNIT)], [(0, 0.7, *UNIT)]]
    assert found(answers, truths)[1].value == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_a_box_that_covers_three_quarters_is_right_at_six_of_ten_overlaps() -> None:
    over, half = found([[(0, 0.9, 0.0, 0.0, 10.0, 7.7)]], [[(0, *UNIT)]])
    assert over.value == pytest.approx(0.6) and half.value == pytest.approx(1)


def test_classes_count_alike_and_one_without_a_box_does_not_count() -> None:
    truths: list[list[Box]] = [[(0, *UNIT), (0, *FAR), (1, *UNIT)]]
    answers: list[list[Box]] = [[(0, 0.9, *UNIT), (0, 0.9, *FAR), (2, 0.9, *UNIT)]]
    assert found(answers, truths)[0].value == pytest.approx(0.5)


def test_perfect_answers_are_one_and_those_of_another_picture_are_chance() -> None:
    truths = scattered(40)
    over, half = found(said(truths), truths)
    assert (over.value, half.value, over.low, over.high) == pytest.approx((1, 1, 1, 1))
    shuffled = said(truths[7:] + truths[:7])
    assert (found(shuffled, truths)[0].value or 0) < 0.05
    beside = float(over.note.rpartition(" ")[2])
    assert beside < 0.05 and "the boxes of the picture before" in over.note
    nothing = found([[] for _ in truths], truths)[0]
    assert nothing.value == 0 and nothing.n == 40


def test_only_the_order_of_scores_matters() -> None:
    truths, rng = scattered(20), np.random.default_rng(1)
    scores = iter(rng.permutation(200) / 200)
    answers = [
        [(kind, float(next(scores)), *edges) for kind, *edges in [*a, *b]]
        for a, b in zip(truths, truths[::-1], strict=True)
    ]
    squared = [[(kind, score**2, *edges) for kind, score, *edges in of] for of in answers]
    first, second = found(answers, truths)[0], found(squared, truths)[0]
    assert first.value == pytest.approx(second.value or 0) and 0 < (first.value or 0) < 1


def test_pictures_that_repeat_weigh_as_often_as_they_come() -> None:
    truths: list[list[Box]] = [[(0, *UNIT)], [(0, *UNIT)]]
    matches = Matches(*(rows([[(0, 0.9, *UNIT)], []], truths)[name] for name in ("answers", "truths")))
    assert matches.precisions()[0] == pytest.approx(51 / 101)
    assert matches.precisions([0, 0, 1])[0] == pytest.approx(67 / 101)
    assert matches.precisions([1])[0] == 0 and matches.precisions([0])[0] == pytest.approx(1)


def test_pictures_without_boxes_state_nothing() -> None:
    empty = found([[(0, 0.9, *UNIT)]], [[]])[0]
    assert empty.value is None and "no picture has a box" in empty.note


def test_when_one_picture_has_every_box_there_is_no_interval() -> None:
    lonely = found([[(0, 0.9, *UNIT)], []], [[(0, *UNIT)], []])[0]
    assert lonely.value == pytest.approx(1) and lonely.low is None and lonely.high is None


def test_the_interval_holds_the_value_and_is_wider_where_pictures_share_a_source() -> None:
    half = scattered(10)
    truths = half * 4
    answers = said(half[:5]) + said(scattered(5, seed=3))
    alone = found(answers * 4, truths)[0]
    together = found(answers * 4, truths, groups=[str(k % 10) for k in range(40)])[0]
    widths = [(e.high or 0) - (e.low or 0) for e in (alone, together)]
    assert (together.low or 0) < (together.value or 0) < (together.high or 1)
    assert widths[1] > 1.7 * widths[0] and "clustered by source: 10 groups" in together.note


def test_many_sources_are_dealt_to_few_parts_and_none_is_torn() -> None:
    groups = tuple(str(k // 3) for k in range(600))
    parts = parted(groups)
    assert set(parts) == set(range(PARTS))
    assert len({(group, part) for group, part in zip(groups, parts, strict=True)}) == 200


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    found(said(scattered(3)), scattered(3))
    assert capfd.readouterr().out == ""
