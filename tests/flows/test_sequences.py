"""Speech and translation end to end, with models of one operator whose answers can be foreseen."""

import io
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.flows.conftest import InRepository
from tests.flows.test_modalities import measured, saved
from tests.modalities.builders import said

BANDS, FRAMES, LENGTH = 4, 40, 6
TONES = {"a": 500.0, "b": 1500.0, "c": 2500.0}  # Hz; each the loudest in a band of its own
SOUND = [
    {"step": "waveform", "rate_hz": 8000, "channel": "mono"},
    {"step": "log_mel", "rate_hz": 8000, "window": 128, "hop": 64, "bands": BANDS, "low_hz": 0, "high_hz": 4000,
     "floor": 1e-6},
    {"step": "standardize", "least_std": 0.001},
    {"step": "fit_frames", "length": FRAMES, "pad": 0.0},
]  # fmt: skip
ENGLISH, GERMAN = ["", "?", "the", "train", "leaves", "now"], ["", " der", " zug", " fährt", " jetzt", "t"]
WORDS = {"split": "-", "pad": 0, "unknown": 1}
SENTENCES = {"the train leaves now": "der zug fährt jetzt", "now the train leaves": "jetzt fährt der zug"}


def tones(text: str) -> bytes:
    """A WAV file in which every word is a tone."""
    at = np.arange(800) / 8000
    heard = np.concatenate([np.sin(2 * np.pi * TONES[word] * at) for word in text.split()])
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes((16000 * heard).astype("<i2").tobytes())
    return file.getvalue()


def listening(path: Path) -> Path:
    """A symbol of every frame by where it is loudest: the spectrum times a table."""
    from onnx import TensorProto, helper

    table = np.zeros((BANDS, BANDS), np.float32)  # symbol ← band
    for word, hz in TONES.items():
        corners = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + 4000 / 700), BANDS + 2) / 2595) - 1)
        table["_abc".index(word), int(np.abs(corners[1:-1] - hz).argmin())] = 1
    node = helper.make_node("MatMul", ["table", "spectrum"], ["logits"])
    ends = [
        helper.make_tensor_value_info(n, TensorProto.FLOAT, ["batch", BANDS, FRAMES]) for n in ("spectrum", "logits")
    ]
    return saved(path, [node], ends[:1], ends[1:], {"table": table})


def word_by_word(path: Path) -> Path:
    """The piece of a word, and a blank for what is padded."""
    from onnx import TensorProto, helper

    table = np.zeros((len(ENGLISH), len(GERMAN)), np.float32)
    table[[0, 1, 2, 3, 4, 5], [0, 0, 1, 2, 3, 4]] = 1
    node = helper.make_node("Gather", ["table", "words"], ["logits"])
    words = helper.make_tensor_value_info("words", TensorProto.INT64, ["batch", LENGTH])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", LENGTH, len(GERMAN)])
    return saved(path, [node], [words], [logits], {"table": table})


def ctc(symbols: list[str], layout: str) -> list[dict[str, Any]]:
    return [{"step": "ctc_greedy", "symbols": symbols, "blank": 0, "layout": layout}]


def test_recordings_have_an_error_rate_beside_one_answer_for_all(repository_bench: InRepository) -> None:
    bench, texts = repository_bench, ["a b", "b c a", "c b", "a c b"] * 6
    bench.model, bench.samples = listening(bench.folder / "tiny.onnx"), bench.folder / "said.zip"
    said(bench.samples, [(text.replace("c", "d", k == 1), tones(text)) for k, text in enumerate(texts)])
    tensor = {"name": "spectrum", "shape": ["batch", BANDS, FRAMES], "dtype": "float32", "layout": "NCT"}
    result = measured(
        bench, "speech", {"rate_hz": 8000, "text": "letters"},
        model__inputs=[{**tensor, "color": "none", "range": [-9.0, 9.0]}],
        model__outputs=[{"name": "logits", "dtype": "float32", "meaning": "logits"}],
        model__preprocess=SOUND, model__postprocess=ctc(["", " a ", " b ", " c "], "NCT"),
    )  # fmt: skip
    assert result.passed, (result.failure, result.verdict)
    wer = result.metrics["speech_wer"]
    assert wer.value is not None and wer.value < 0.1 and wer.n == 24 and "of 24 recordings" in wer.note
    simple = float(wer.note.rpartition(": ")[2].removesuffix(" %"))
    assert 50 < simple < 100 and "accuracy_top1" not in result.metrics
    (run,) = bench.runs()
    assert run.data.metrics["speech/wer"] == pytest.approx(wer.value)


def test_translations_have_a_bleu_beside_the_copied_source(repository_bench: InRepository) -> None:
    bench = repository_bench
    bench.model, bench.samples = word_by_word(bench.folder / "tiny.onnx"), bench.folder / "said.zip"
    said(bench.samples, [(german, english.encode()) for english, german in SENTENCES.items()] * 12, kind="txt")
    tensor = {"name": "words", "shape": ["batch", LENGTH], "dtype": "int64", "layout": "NT", "color": "none"}
    result = measured(
        bench, "translation", {"from": "english", "to": "german"},
        model__inputs=[{**tensor, "range": [0, len(ENGLISH) - 1]}],
        model__outputs=[{"name": "logits", "dtype": "float32", "meaning": "logits"}],
        model__preprocess=[{"step": "words", "vocabulary": ENGLISH, "length": LENGTH, **WORDS}],
        model__postprocess=ctc(GERMAN, "NTC"),
        model__accuracy_floor={"seeded": {"colors": {"translation_bleu": 99}}},
    )  # fmt: skip
    bleu = result.metrics["translation_bleu"]
    assert bleu.value is not None and bleu.low is not None and bleu.high is not None
    # half of them are right, and of the others «jetzt der zug fährt» only words, and «der zug»
    assert bleu.value == pytest.approx(100 * (8 / 8 * 4 / 6 * 2 / 4 * 1 / 2) ** 0.25)
    assert bleu.low < bleu.value < bleu.high and bleu.note.endswith("the source copied: 0.0")
    (broken,) = [check for check in result.verdict.checks if not check.passed]
    assert "is below the manifest's floor 99.00" in broken.sentence
