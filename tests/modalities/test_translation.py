"""Laws of the judge of translations: sums held to sacreBLEU, the copied source beside them."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

from tasks.errors import Refused
from tasks.metrics import translation as metrics
from tasks.modalities import _ngrams
from tasks.modalities.translation import Modality
from tests.modalities.builders import rows, said

DATA = {"meaning": {"from": "english", "to": "german"}}
WORDS = st.sampled_from(["der", "zug", "fährt", "um", "halb", "3,5", "uhr.", "«ab»", "ein-zwei", "a&amp;b", "&", "7-8"])
TEXTS = st.lists(WORDS, min_size=0, max_size=9).map(" ".join)
PAIRS = st.lists(st.tuples(TEXTS.filter(str.strip), TEXTS, TEXTS), min_size=1, max_size=5)  # true, answer, source


def judged(folder: Path, triples: list[tuple[str, str, str]]) -> list[dict[str, Any]]:
    samples = said(folder / "said.zip", [(true, source.encode()) for true, _, source in triples], kind="txt")
    return rows(Modality(), samples, DATA, result=[answer for _, answer, _ in triples])


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Zl", "Zp", "Cs", "Cc"]), max_size=40))
def test_words_are_cut_as_sacrebleu_cuts_them(text: str) -> None:
    assert _ngrams.tokens(text) == Tokenizer13a()(text.rstrip()).split()


@settings(max_examples=60)
@given(PAIRS)
def test_corpus_values_are_sacrebleus(
    tmp_path_factory: pytest.TempPathFactory, triples: list[tuple[str, str, str]]
) -> None:
    table = pd.DataFrame(judged(tmp_path_factory.mktemp("said"), triples))
    true = [[triple[0] for triple in triples]]
    for who, place in (("", 1), ("copy_", 2)):
        answers = [triple[place] for triple in triples]
        bleu = float(metrics.bleu(metrics.word_sums(table, who).sum(axis=0)))
        chrf = float(metrics.chrf(metrics.letter_sums(table, who).sum(axis=0)))
        assert bleu == pytest.approx(BLEU().corpus_score(answers, true).score, abs=1e-9)
        assert chrf == pytest.approx(CHRF().corpus_score(answers, true).score, abs=1e-9)


def test_a_match_counts_at_most_as_often_as_it_is_true(tmp_path: Path) -> None:
    (row,) = judged(tmp_path, [("der zug fährt", "der der der zug", "the train leaves")])
    assert (row["match_1"], row["match_2"], row["match_3"]) == (2, 1, 0)  # der once, zug; «der zug»
    assert (row["tokens"], row["true_tokens"], row["letters"]) == (4, 3, 12)
    assert row["copy_match_1"] == 0 and row["copy_letter_match_1"] > 0


def test_the_reference_itself_is_wholly_right_and_an_empty_answer_wholly_wrong(tmp_path: Path) -> None:
    true = "der zug fährt um halb vier ab"
    table = pd.DataFrame(judged(tmp_path, [(true, true, "the train"), (true, "", "the train")]))
    for of, parts in ((metrics.bleu, metrics.word_sums), (metrics.chrf, metrics.letter_sums)):
        assert of(parts(table, "")) == pytest.approx([100, 0])
    assert table["answered"].nunique() == 2 and table["exact"].tolist() == [True, False]


def test_what_is_no_text_or_has_no_reference_is_refused(tmp_path: Path) -> None:
    samples = said(tmp_path / "said.zip", [("ab", b"off")], kind="txt")
    with pytest.raises(
        Refused, match=r"Translation is judged by texts, one a sample; of 1 samples these are int64 of \(1, 9\)"
    ):
        rows(Modality(), samples, DATA, result=np.zeros((1, 9), np.int64))
    with pytest.raises(Refused, match=r"the text of 0\.txt, 1\.txt, 2\.txt and 2 more is empty"):
        judged(tmp_path, [("", "a", "b")] * 5)


def test_other_languages_do_not_fit_and_a_data_set_says_both() -> None:
    model, head = SimpleNamespace(name="net[trained]"), SimpleNamespace(meaning=DATA["meaning"])
    french = SimpleNamespace(id="menus", meaning={"from": "english", "to": "french"})
    assert "net[trained] was made for from english, to german, dataset=menus is of from english, to french" in (
        Modality().misfit(model, head, french)
    )
    assert Modality().lacks(SimpleNamespace(meaning={"from": "english"})).startswith("meaning has no «to»")
