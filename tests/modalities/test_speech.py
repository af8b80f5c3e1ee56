"""Laws of the judge of recordings: edits held to jiwer, what is no text or has no reference refused."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jiwer
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import Refused
from tasks.modalities._edits import edits
from tasks.modalities.speech import Modality
from tests.modalities.builders import rows, said

DATA = {"meaning": {"rate_hz": 8000, "text": "english"}}
PHRASES = st.lists(st.sampled_from(["one", "two", "three", "tree", "on"]), min_size=1, max_size=7).map(" ".join)


def judged(folder: Path, true: list[str], answers: list[str]) -> list[dict[str, Any]]:
    samples = said(folder / "said.zip", [(text, b"") for text in true])
    return rows(Modality(), samples, DATA, result=answers)


@given(st.text("abc ", max_size=12), st.text("abc ", max_size=12))
def test_as_many_edits_one_way_as_the_other_and_none_for_equals(a: str, b: str) -> None:
    assert edits(a, b) == edits(b, a) <= max(len(a), len(b))
    assert edits(a, a) == 0 and edits(a, "") == len(a)


@pytest.mark.parametrize(("a", "b", "count"), [("kitten", "sitting", 3), ("flaw", "lawn", 2), ("", "abc", 3)])
def test_edits_by_hand(a: str, b: str, count: int) -> None:
    assert edits(a, b) == count


@given(st.lists(st.tuples(PHRASES, PHRASES), min_size=1, max_size=5))
def test_sums_of_edits_and_words_are_jiwers(
    tmp_path_factory: pytest.TempPathFactory, both: list[tuple[str, str]]
) -> None:
    true, answers = ([pair[k] for pair in both] for k in (0, 1))
    found = judged(tmp_path_factory.mktemp("said"), true, answers)
    words, characters = jiwer.process_words(true, answers), jiwer.process_characters(true, answers)
    for of, known in (("word", words), ("character", characters)):
        wrong = known.substitutions + known.deletions + known.insertions
        assert sum(row[f"{of}_edits"] for row in found) == wrong
    total = {of: sum(row[of] for row in found) for of in ("words", "characters")}
    assert sum(row["word_edits"] for row in found) / total["words"] == pytest.approx(words.wer)
    assert sum(row["character_edits"] for row in found) / total["characters"] == pytest.approx(characters.cer)


def test_the_one_answer_is_the_commonest_word_as_often_as_there_are_words(tmp_path: Path) -> None:
    first, second = judged(tmp_path, ["two two one", "two three two six nine"], ["", "two three two six nine"])
    assert (first["constant_word_edits"], second["constant_word_edits"]) == (2, 3)  # «two two two two»
    assert (first["word_edits"], first["character_edits"]) == (3, len("two two one"))
    assert second["word_edits"] == second["character_edits"] == 0


def test_white_space_is_no_edit_and_answers_that_differ_are_told_apart(tmp_path: Path) -> None:
    found = judged(tmp_path, ["one  two "] * 3, [" one two", "one two", "one to"])
    assert [row["word_edits"] for row in found] == [0, 0, 1] and found[0]["characters"] == 7
    assert found[0]["answered"] == found[1]["answered"] != found[2]["answered"]


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (np.zeros((1, 96, 17), np.float32), r"these are float32 of \(1, 96, 17\)\. End the post-processing"),
        (["one", "two"], "of 1 samples these are 2 of str"),
        ([3], "of 1 samples these are 1 of int"),
    ],
)
def test_what_is_no_text_a_sample_is_refused(tmp_path: Path, result: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        judged(tmp_path, ["one"], result)


def test_an_empty_reference_is_a_sentence_with_its_file(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"the text of 1\.wav is empty, so no answer to it can be judged"):
        judged(tmp_path, ["one", "  "], ["one", "two"])


def test_an_index_without_texts_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="its index has no column «text»"):
        Modality().truths(said(tmp_path / "bare.zip", [("one", b"")], column="label"), DATA)


def test_another_rate_does_not_fit_and_a_data_set_says_its_own() -> None:
    model, head = SimpleNamespace(name="net[trained]"), SimpleNamespace(meaning=DATA["meaning"])
    other = SimpleNamespace(id="calls", meaning={"rate_hz": 16000, "text": "english"})
    assert Modality().misfit(model, head, SimpleNamespace(id="digits", meaning=DATA["meaning"])) == ""
    assert "net[trained] was made for rate_hz 8000, text english, dataset=calls is of rate_hz 16000" in (
        Modality().misfit(model, head, other)
    )
    assert Modality().lacks(SimpleNamespace(meaning={"text": "english"})) == (
        "meaning has no «rate_hz», samples a second of its recordings"
    )
