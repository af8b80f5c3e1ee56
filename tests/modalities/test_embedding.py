"""Laws of the judge of vectors: what a row keeps is the vector itself, and a sentence for every mistake."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tasks.errors import Refused
from tasks.modalities._vectors import as_text, of_bytes, of_colours, of_text
from tasks.modalities.embedding import Modality
from tests.modalities.builders import png, rows, zipped

TEXTS, PICTURES = {"meaning": {"samples": "texts"}}, {"meaning": {"samples": "pictures"}}


def samples(folder: Path, truths: Any = ("a", "a", "b", "b"), data: bytes = b"aab") -> Any:
    index = [{"file": f"{k}", "truth": truth, "group": "g"} for k, truth in enumerate(truths)]
    return zipped(folder / "x.zip", index, {row["file"]: data for row in index})


def judged(folder: Path, vectors: Any, dataset: Any = TEXTS, **given: Any) -> list[dict[str, Any]]:
    return rows(Modality(), samples(folder, **given), dataset, result=vectors)


def test_a_row_keeps_the_vector_as_it_is(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)
    found = judged(tmp_path, vectors)
    assert np.array_equal(np.stack([of_text(row["embedding"]) for row in found]), vectors)
    assert [row["truth"] for row in found] == [0, 0, 1, 1]


def test_the_distance_tells_any_change_of_direction_and_none_of_length(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(4, 5))
    before = [row["distance"] for row in judged(tmp_path, vectors)]
    assert [row["distance"] for row in judged(tmp_path, 3 * vectors)] == pytest.approx(before)
    for k in range(5):
        turned = vectors.copy()
        turned[:, k] *= -1
        after = [row["distance"] for row in judged(tmp_path, turned)]
        assert all(abs(a - b) > 1e-2 * abs(vectors[i, k]) for i, (a, b) in enumerate(zip(after, before, strict=True)))
    assert min(before) >= 1 and judged(tmp_path, np.zeros((4, 5)))[0]["distance"] == pytest.approx(2)


def test_beside_it_stand_counts_of_bytes_by_hand(tmp_path: Path) -> None:
    simple = of_text(judged(tmp_path, np.eye(4))[0]["simple"])
    assert simple[ord("a")] == pytest.approx(2**0.5) and simple[ord("b")] == 1 and np.count_nonzero(simple) == 2
    assert len(simple) == len(of_bytes(b""))


def test_and_counts_of_colours_by_hand(tmp_path: Path) -> None:
    red = np.zeros((2, 3, 3), np.uint8)
    red[..., 0], red[0, 0] = 200, (10, 70, 130)
    simple = of_text(judged(tmp_path, np.eye(4), PICTURES, data=png(red))[0]["simple"])
    assert simple[3 * 16] == pytest.approx(5**0.5) and simple[0 * 16 + 1 * 4 + 2] == 1
    with pytest.raises(Refused, match="cannot be decoded"):
        of_colours(b"no picture")


def test_a_vector_survives_as_text() -> None:
    odd = np.array([0.1, -np.inf, np.nan, 3e38], np.float32)
    assert np.array_equal(of_text(as_text(odd)), odd, equal_nan=True)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"vectors": np.zeros((4, 2, 2))}, r"one vector a sample, \(batch, 2 to 4096\); these are \(4, 2, 2\)"),
        ({"vectors": np.zeros((4, 1))}, r"these are \(4, 1\)"),
        ({"vectors": np.zeros((4, 5000))}, r"these are \(4, 5000\)"),
        ({"vectors": (np.eye(4), np.eye(4))}, "judged by one output, this model has 2"),
        ({"vectors": np.eye(4), "truths": ("a", "a", "", "")}, "«truth» is empty in 2 rows"),
        ({"vectors": np.eye(4), "truths": ("a", "a", "b", "c")}, "2 truths have one sample, so no answer, such as «b»"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path: Path, given: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        judged(tmp_path, **given)


def test_pictures_are_no_texts() -> None:
    model, data = SimpleNamespace(name="v[x]"), SimpleNamespace(id="views", **PICTURES)
    assert Modality().misfit(model, data, data) == ""
    sentence = Modality().misfit(model, SimpleNamespace(**TEXTS), data)
    assert sentence.startswith("v[x] was made for samples texts, dataset=views is of samples pictures")
    assert "has to be one of: pictures, texts" in Modality().lacks(SimpleNamespace(meaning={"samples": "sounds"}))
