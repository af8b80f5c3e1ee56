"""Laws of the judge of masks, held against scikit-learn's confusion matrix."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from tasks.artifacts.scenes import LABELS
from tasks.errors import Refused
from tasks.modalities.base import Base
from tasks.modalities.semantic_segmentation import Modality
from tasks.processing.samples import Samples
from tests.modalities.builders import drawn, png, rows, scenes, zipped

DATA: dict[str, Any] = {"labels": list(LABELS), "meaning": {"ignored": -1}}
TWO: dict[str, Any] = {"labels": ["a", "b"], "meaning": {"ignored": 255}}


def masks(path: Path, *of: Any) -> Samples:
    index = [{"file": f"{k}.png", "mask": f"{k}.png", "group": str(k)} for k in range(len(of))]
    return zipped(path, index, {f"{k}.png": png(np.array(mask, np.uint8)) for k, mask in enumerate(of)})


def judged(of: Samples, said: Any, data: dict[str, Any] = TWO) -> list[dict[str, Any]]:
    judge: Base = Modality()
    return rows(judge, of, data, result=np.asarray(said))


def test_the_truth_itself_has_every_pixel(tmp_path: Path) -> None:
    of = scenes(3)
    for row in judged(drawn(tmp_path / "s.zip", of), np.stack([s.classes for s in of]), DATA):
        assert row["right"] == row["pixels"] == 96 * 96
        assert all(row[f"true_{n}"] == row[f"said_{n}"] == row[f"both_{n}"] for n in range(len(LABELS)))


def test_counts_are_those_of_scikit_learn(tmp_path: Path) -> None:
    of, rng = scenes(2), np.random.default_rng(0)
    said = rng.integers(0, len(LABELS), (2, 96, 96))
    for row, one, answer in zip(judged(drawn(tmp_path / "s.zip", of), said, DATA), of, said, strict=True):
        table = confusion_matrix(one.classes.ravel(), answer.ravel(), labels=range(len(LABELS)))
        assert [row[f"both_{n}"] for n in range(5)] == table.diagonal().tolist()
        assert [row[f"true_{n}"] for n in range(5)] == table.sum(1).tolist()
        assert [row[f"said_{n}"] for n in range(5)] == table.sum(0).tolist()


def test_what_is_ignored_is_neither_right_nor_wrong(tmp_path: Path) -> None:
    (row,) = judged(masks(tmp_path / "m.zip", [[0, 1, 255], [255, 0, 0]]), [[[0, 0, 0], [1, 1, 0]]])
    assert (row["pixels"], row["right"]) == (4, 2)
    assert (row["true_0"], row["said_0"], row["both_0"], row["true_1"], row["said_1"], row["both_1"]) == (
        3,
        3,
        2,
        1,
        1,
        0,
    )


def test_the_usual_class_is_that_of_most_masks_at_each_place_by_hand(tmp_path: Path) -> None:
    three = masks(tmp_path / "m.zip", [[0, 1]], [[0, 1]], [[1, 1]])
    first, _, last = judged(three, np.zeros((3, 1, 2), int))
    assert (first["usual_both_0"], first["usual_both_1"]) == (1, 1)
    assert (last["usual_both_0"], last["usual_both_1"], last["usual_0"]) == (0, 1, 1)


def test_masks_of_several_sizes_have_one_usual_class(tmp_path: Path) -> None:
    samples = masks(tmp_path / "m.zip", [[1, 1, 0]], [[1, 0]])
    assert [judged_alone["usual_both_1"] for judged_alone in judged(samples, np.zeros((2, 1, 1), int))] == [2, 1]


def test_a_small_answer_is_taken_at_its_nearest_points(tmp_path: Path) -> None:
    (row,) = judged(masks(tmp_path / "m.zip", [[0, 0, 1, 1], [0, 0, 1, 1]]), [[[0, 1]]])
    assert row["right"] == row["pixels"] == 8


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            np.zeros((1, 2, 4, 4), np.float32),
            r"float32 of \(1, 2, 4, 4\).*End the post-processing in the step best_class",
        ),
        (np.zeros((1, 4, 4), np.float32), "whole numbers"),
        (np.full((1, 4, 4), 2), "The model says class 2; dataset has 2 labels"),
    ],
)
def test_what_is_no_mask_is_refused(tmp_path: Path, said: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        judged(masks(tmp_path / "m.zip", np.zeros((4, 4))), said)


def test_masks_with_values_that_are_no_class_are_told_all_at_once(tmp_path: Path) -> None:
    wrong = masks(tmp_path / "m.zip", [[0, 1]], [[7, 9]], [[2, 0]])
    with pytest.raises(Refused) as mistake:
        Modality().truths(wrong, TWO)
    assert "2 of its masks cannot be used: 1.png: its values 7, 9 are none of 2 labels; 2.png: its values 2" in str(
        mistake.value
    )
    colour = masks(tmp_path / "c.zip", np.zeros((2, 2, 3)))
    with pytest.raises(Refused, match="not one channel of whole numbers"):
        Modality().truths(colour, TWO)


def test_a_manifest_that_lacks_what_a_mask_means_is_told_so() -> None:
    assert "fewer than two" in Modality().lacks(SimpleNamespace(labels=("a",), meaning={"ignored": 255}))
    assert "meaning has no «ignored»" in Modality().lacks(SimpleNamespace(labels=("a", "b"), meaning={}))
    assert not Modality().lacks(SimpleNamespace(labels=("a", "b"), meaning={"ignored": -1}))
