"""Laws of the judge of language models, against numbers by hand and scikit-learn's."""

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import log_loss

from tasks.errors import Refused
from tasks.modalities.language_generation import Modality
from tasks.processing.texts import tokens
from tests.modalities.builders import rows, texts

DATA = {"meaning": {"vocabulary": "bytes"}}
SAID = (b"abababab", b"abba")
WORDS, LENGTH = 256, 6


def judged(folder: Path, logits: Any, *said: bytes) -> list[dict[str, Any]]:
    samples = texts(folder / "texts.zip", *said)
    ids = np.stack([tokens(text, vocabulary="bytes", length=LENGTH, pad=0) for text in said])
    return rows(Modality(), samples, DATA, inputs=ids, outputs=logits, result=logits)


def test_who_knows_nothing_is_undecided_among_all_words(tmp_path: Path) -> None:
    long, short = judged(tmp_path, np.zeros((2, LENGTH, WORDS), np.float32), *SAID)
    assert (long["tokens"], short["tokens"]) == (5, 3)  # what is padded is no token, nor what the model cannot read
    assert long["nll"] == pytest.approx(5 * math.log(256)) and long["entropy"] == pytest.approx(math.log(256))


def test_who_is_sure_and_right_is_not_surprised(tmp_path: Path) -> None:
    logits = np.zeros((1, LENGTH, WORDS))
    for place, byte in enumerate(b"babab"):
        logits[0, place, byte] = 50.0
    (row,) = judged(tmp_path, logits, b"ababab")
    assert row["nll"] == pytest.approx(0, abs=1e-12) and row["right"] == row["tokens"] == 5
    (late,) = judged(tmp_path, np.roll(logits, 1, axis=1), b"ababab")
    assert late["right"] == 0 and late["nll"] > 100


def test_surprise_is_that_of_scikit_learn(tmp_path: Path) -> None:
    logits = np.random.default_rng(0).normal(0, 3, (1, LENGTH, WORDS))
    (row,) = judged(tmp_path, logits, b"hello!")
    shares = np.exp(logits[0, :5]) / np.exp(logits[0, :5]).sum(1, keepdims=True)
    expected = log_loss(list(b"ello!"), shares, labels=range(WORDS), normalize=False)
    assert row["nll"] == pytest.approx(expected)
    assert row["right"] == int((shares.argmax(1) == list(b"ello!")).sum())


def test_a_large_logit_does_not_overflow(tmp_path: Path) -> None:
    (row,) = judged(tmp_path, np.full((1, LENGTH, WORDS), 1e4, np.float32), b"ababab")
    assert row["nll"] == pytest.approx(5 * math.log(256))


def test_the_unigram_is_of_all_texts_by_hand(tmp_path: Path) -> None:
    long, short = judged(tmp_path, np.zeros((2, LENGTH, WORDS)), b"aaab", b"aaaa")
    assert long["unigram_nll"] == pytest.approx(-2 * math.log(7 / 8) - math.log(1 / 8))
    assert short["unigram_nll"] == pytest.approx(-3 * math.log(7 / 8))


def test_logits_of_one_place_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="logits of every place"):
        judged(tmp_path, np.zeros((1, WORDS)), b"ababab")


def test_a_vocabulary_that_the_model_does_not_know_does_not_fit() -> None:
    head, data = SimpleNamespace(meaning=DATA["meaning"]), SimpleNamespace(id="manuals", meaning=DATA["meaning"])
    small, large = (SimpleNamespace(name="lm[x]", inputs=[SimpleNamespace(range=(0, most))]) for most in (99, 7999))
    assert Modality().misfit(large, head, data) == ""
    assert Modality().misfit(small, head, data) == "lm[x] reads tokens up to 99, dataset=manuals has 256."
    other = SimpleNamespace(meaning={"vocabulary": "words"})
    assert "lm[x] was made for vocabulary words" in Modality().misfit(large, other, data)
    assert "is of nothing of it" in Modality().misfit(large, head, SimpleNamespace(id="notes", meaning={}))
    assert "has to be one of: bytes" in Modality().lacks(SimpleNamespace(meaning={}))
