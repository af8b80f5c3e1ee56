"""Laws of the judge of recommendations: losses by hand and scikit-learn's, and a sentence for every mistake."""

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import log_loss

from tasks.errors import Refused
from tasks.modalities.recommendation import Modality
from tests.modalities.builders import rows, zipped

DATA = {"meaning": {"users": 3, "items": 2}}
CLICKS = ("1", "0", "1")


def judged(folder: Path, outputs: Any, meaning: str = "logits", truths: Any = CLICKS, **beside: Any) -> Any:
    index = [
        {"file": f"{k}.csv", "truth": truth, "group": "u", **{n: of[k] for n, of in beside.items()}}
        for k, truth in enumerate(truths)
    ]
    samples = zipped(folder / "clicks.zip", index, {row["file"]: b"0,1\n" for row in index})
    model = {"outputs": [{"meaning": meaning}]}
    return rows(Modality(), samples, DATA, outputs=outputs, result=outputs, model=model)


def test_losses_of_log_odds_are_those_by_hand(tmp_path: Path) -> None:
    found = judged(tmp_path, np.array([[0.0], [math.log(3)], [-800.0]]))
    assert [row["truth"] for row in found] == [1, 0, 1]
    assert [row["loss"] for row in found] == pytest.approx([math.log(2), math.log(4), 800.0])


def test_the_loss_is_that_of_scikit_learn_in_both_forms(tmp_path: Path) -> None:
    logits = np.random.default_rng(0).normal(0, 2, (3,))
    shares = 1 / (1 + np.exp(-logits))
    expected = log_loss([1, 0, 1], shares)
    for outputs, meaning in ((logits, "logits"), (shares, "probabilities")):
        assert np.mean([row["loss"] for row in judged(tmp_path, outputs, meaning)]) == pytest.approx(expected)


def test_who_is_sure_and_right_loses_nothing_and_sure_and_wrong_a_finite_amount(tmp_path: Path) -> None:
    right = judged(tmp_path, np.array([1.0, 0.0, 1.0]), "probabilities")
    assert [row["loss"] for row in right] == [0, 0, 0]
    (wrong, *_) = judged(tmp_path, np.array([0.0, 0.0, 1.0]), "probabilities")
    assert wrong["loss"] == pytest.approx(-math.log(1e-15))


def test_what_is_known_of_a_pair_stands_in_its_row(tmp_path: Path) -> None:
    plain = judged(tmp_path, np.zeros(3))
    assert not {"popularity", "probability"} & set(plain[0])
    known = judged(tmp_path, np.zeros(3), popularity=["0.5", "0.25", "1"], probability=["0.1", "0.2", "0.3"])
    assert known[1]["popularity"] == 0.25 and known[2]["probability"] == 0.3


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"outputs": np.zeros((3, 7))}, r"one score a sample, \(batch,\) or \(batch, 1\); these are \(3, 7\)"),
        (
            {"outputs": np.zeros(3), "meaning": "features"},
            "by logits or probabilities; this output means features",
        ),
        ({"outputs": np.array([0, 1.5, 0]), "meaning": "probabilities"}, "means probabilities is 1.5"),
        ({"outputs": np.zeros(3), "truths": ("1", "", "nan")}, "«truth» is neither 0 nor 1 in 2 rows, such as «»"),
        ({"outputs": np.zeros(3), "popularity": ["0", "nan", "0"]}, "«popularity» is «nan» in a row"),
        ({"outputs": (np.zeros(3), np.zeros(3))}, "judged by one output, this model has 2"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path: Path, given: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        judged(tmp_path, **given)


def test_an_index_without_truths_is_told(tmp_path: Path) -> None:
    samples = zipped(tmp_path / "x.zip", [{"file": "a", "group": "u"}], {"a": b"0,1"})
    with pytest.raises(Refused, match="has no column «truth»; it has file, group"):
        Modality().truths(samples, DATA)


def test_other_users_do_not_fit() -> None:
    model, data = SimpleNamespace(name="mf[x]"), SimpleNamespace(id="clicks", **DATA)
    assert Modality().misfit(model, data, data) == ""
    sentence = Modality().misfit(model, SimpleNamespace(meaning={"users": 9, "items": 2}), data)
    assert sentence.startswith("mf[x] was made for users 9, items 2, dataset=clicks is of users 3, items 2")
    assert Modality().lacks(SimpleNamespace(meaning={"users": 3})).startswith("meaning has no «items»")
    assert Modality().lacks(data) == ""
