"""Laws of the metrics of modalities: derived from raw rows, clustered by source, with their baseline beside them."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tasks.metrics import compute_all
from tasks.results.measurement import Estimate
from tests.metrics.builders import measurement, process


def estimates(rows: dict[str, Any], groups: Any = None, **facts: Any) -> dict[str, Estimate]:
    n = len(next(iter(rows.values())))
    common = {"sample": range(n), "file": "x", "group": groups or [""] * n, "finite": True}
    return compute_all(measurement(process("accuracy", 0, {"predictions": pd.DataFrame({**common, **rows})}, **facts)))


def pictures(mse: list[float]) -> dict[str, Any]:
    return {"mse": mse, "ssim": [0.9] * len(mse), "bicubic_mse": 0.01, "bicubic_ssim": 0.8, "level": 100.0}


def test_psnr_is_the_mean_over_pictures_by_hand_and_bicubic_stands_beside_it() -> None:
    found = estimates(pictures([0.1, 0.001]))
    psnr = found["picture_psnr_db"]
    assert psnr.value == pytest.approx((10 + 30) / 2) and psnr.n == 2 and psnr.unit == "dB"
    assert "bicubic interpolation: 20.00 dB" in psnr.note
    assert found["picture_ssim"].value == pytest.approx(0.9)
    assert "accuracy_top1" not in found and "text_perplexity" not in found


def test_the_gain_over_bicubic_is_paired() -> None:
    found = estimates(pictures([0.001, 0.001]))["picture_gain_db"]
    assert found.value == pytest.approx(10) and found.low == pytest.approx(10) and "better in 2 of 2" in found.note
    assert (estimates(pictures([0.1, 0.1]))["picture_gain_db"].value or 0) == pytest.approx(-10)


def test_equal_pictures_count_as_100_db() -> None:
    assert estimates(pictures([0.0, 0.0]))["picture_psnr_db"].value == pytest.approx(100)


def test_pictures_of_one_source_are_no_independent_ones() -> None:
    mse = [0.1, 0.1, 0.1, 0.001, 0.001, 0.001]
    alone = estimates(pictures(mse))["picture_psnr_db"]
    together = estimates(pictures(mse), groups=["a"] * 3 + ["b"] * 3)["picture_psnr_db"]
    assert alone.low and alone.high and together.low is not None and together.high is not None
    assert together.high - together.low > 3 * (alone.high - alone.low)
    assert "clustered by source: 2 groups" in together.note


def texts(nll: list[float], **columns: Any) -> dict[str, Any]:
    return {"nll": nll, "tokens": 10, "bytes": 20, "right": 4, "entropy": 1.0, "unigram_nll": 30.0, **columns}


def test_perplexity_bits_and_next_tokens_by_hand() -> None:
    found = estimates(texts([10 * math.log(8), 10 * math.log(2)]))
    assert found["text_perplexity"].value == pytest.approx(4)  # e^((ln 8 + ln 2) / 2)
    assert found["text_bits_per_byte"].value == pytest.approx(1)  # (30 + 10) bits in 40 bytes
    assert found["text_next_token"].value == pytest.approx(0.4)
    assert f"a unigram of this text: {math.exp(3):.1f}" in found["text_perplexity"].note
    low, high = found["text_perplexity"].low, found["text_perplexity"].high
    assert low is not None and high is not None and low < 4 < high


def test_a_long_text_weighs_more() -> None:
    found = estimates(texts([0.0, 90 * math.log(2)], tokens=[10, 90]))
    assert found["text_perplexity"].value == pytest.approx(2**0.9)


def test_answers_that_are_no_numbers_are_not_stated() -> None:
    found = estimates(texts([np.nan, 1.0]))["text_perplexity"]
    assert found.value is None and "not finite" in found.note


def recordings(edits: list[int], words: list[int], **columns: Any) -> dict[str, Any]:
    letters = {"characters": [4 * count for count in words], "character_edits": edits, "answered": range(len(words))}
    constant = {"constant_word_edits": words, "constant_character_edits": [2 * count for count in words]}
    return {"word_edits": edits, "words": words, **letters, **constant, **columns}


def test_error_rates_are_sums_over_sums_with_one_answer_beside_them() -> None:
    found = estimates(recordings([1, 0, 2], [4, 3, 5]))
    wer, cer = found["speech_wer"], found["speech_cer"]
    assert (wer.value, cer.value) == (pytest.approx(3 / 12), pytest.approx(3 / 48)) and wer.unit == "fraction"
    assert "3 edits in 12 words of 3 recordings" in wer.note and "always the same answer: 100.0 %" in wer.note
    assert "always the same answer: 50.0 %" in cer.note
    assert wer.low == 0.0 and wer.high is not None and wer.high > 3 / 12


def test_who_says_too_much_is_more_than_wholly_wrong() -> None:
    assert estimates(recordings([9, 9], [3, 3]))["speech_wer"].value == pytest.approx(3)


def test_an_error_rate_is_clustered_by_voice() -> None:
    rows = recordings([3, 3, 3, 0, 0, 0], [4] * 6)
    alone, together = (estimates(rows, groups=groups)["speech_wer"] for groups in (None, ["a"] * 3 + ["b"] * 3))
    assert alone.high is not None and together.high is not None and together.high > alone.high
    assert "clustered by source: 2 groups" in together.note


def translations(match: list[list[int]], tokens: list[int], true: list[int]) -> dict[str, Any]:
    rows: dict[str, Any] = {"true_tokens": true, "true_letters": [5 * n for n in true], "answered": range(len(true))}
    for who, most in (("", match), ("copy_", [[0] * 4] * len(true))):
        rows |= {f"{who}tokens": tokens, f"{who}letters": [5 * n for n in tokens]}
        rows |= {f"{who}match_{n + 1}": [each[n] for each in most] for n in range(4)}
        rows |= {f"{who}letter_match_{n + 1}": [2 * each[0] for each in most] for n in range(6)}
    return rows


def test_bleu_is_by_hand_and_the_copied_source_beside_it() -> None:
    bleu = estimates(translations([[8, 6, 4, 2], [4, 2, 1, 1]], [10, 6], [10, 8]))["translation_bleu"]
    precisions = (12 / 16, 8 / 14, 5 / 12, 3 / 10)
    assert bleu.value == pytest.approx(100 * math.exp(1 - 18 / 16) * math.prod(precisions) ** 0.25)
    assert bleu.unit == "BLEU" and bleu.note.endswith("the source copied: 0.0")
    assert bleu.low is not None and bleu.high is not None and 0 <= bleu.low < bleu.value < bleu.high <= 100


def test_chrf_is_the_f_of_mean_precision_and_recall_by_hand() -> None:
    chrf = estimates(translations([[2, 1, 1, 0]] * 2, [4, 4], [5, 5]))["translation_chrf"]
    precision = sum(8 / (2 * (20 - n)) for n in range(6)) / 6
    recall = sum(8 / (2 * (25 - n)) for n in range(6)) / 6
    assert chrf.value == pytest.approx(100 * 5 * precision * recall / (4 * precision + recall))


def test_an_exact_match_is_a_whole_text_and_its_interval_exact() -> None:
    spoken = estimates(recordings([0, 2, 0, 1], [3, 4, 5, 6]))["speech_exact_match"]
    rows = {**translations([[4, 3, 2, 1]] * 4, [5] * 4, [5] * 4), "exact": [True, False, False, False]}
    written = estimates(rows)["translation_exact_match"]
    assert (spoken.value, written.value) == (0.5, 0.25)
    assert (written.low, written.high) == pytest.approx((0.0063, 0.8059), abs=1e-4)  # Clopper and Pearson, 1 of 4
    assert written.note == "exact interval over 4 independent samples"


def test_what_is_right_everywhere_has_no_interval_of_no_width() -> None:
    bleu = estimates(translations([[5, 4, 3, 2]] * 3, [5] * 3, [5] * 3))["translation_bleu"]
    wer = estimates(recordings([0, 0], [3, 4]))["speech_wer"]
    assert (bleu.value, bleu.low, bleu.high) == (pytest.approx(100), None, None)
    assert (wer.value, wer.low, wer.high) == (0, None, None)


def test_one_translation_has_a_value_and_no_interval() -> None:
    bleu = estimates(translations([[4, 3, 2, 1]], [5], [5]))["translation_bleu"]
    assert bleu.value and bleu.low is None and bleu.high is None


@pytest.mark.parametrize(
    ("facts", "why"),
    [({}, "synthetic inputs"), ({"unjudged": "modality speech has no judge"}, "modality speech has no judge")],
)
def test_what_was_not_judged_says_why(facts: dict[str, str], why: str) -> None:
    row = {"output": ["x"], "elements": 3, "finite": True, "spread": 1.0, "error": 0.1, "std": 1.0}
    found = compute_all(measurement(process("accuracy", 0, {"agreement": pd.DataFrame(row)}, **facts)))
    assert found["accuracy_top1"].note == f"not evaluated: {why}"
    assert found["accuracy_top1"].value is None and found["reference_error"].value == pytest.approx(0.1)


def test_a_reference_beside_judged_rows_hides_neither() -> None:
    row = {"output": ["x"], "elements": 3, "finite": True, "spread": 1.0, "error": 0.1, "std": 1.0}
    tables = {"agreement": pd.DataFrame(row), "predictions": pd.DataFrame(pictures([0.1, 0.001]))}
    found = compute_all(measurement(process("accuracy", 0, tables)))
    assert found["picture_psnr_db"].value == pytest.approx(20)
    assert "reference_error" in found and "accuracy_top1" not in found
