"""Laws of the steps on sounds and on scores along time, held to scipy and torch-free hand calculation."""

import io
import wave
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from tasks.errors import Refused
from tasks.processing import AFTER, BEFORE, Undecodable

waveform, log_mel = BEFORE["waveform"], BEFORE["log_mel"]
standardize, fit_frames, ctc_greedy = BEFORE["standardize"], BEFORE["fit_frames"], AFTER["ctc_greedy"]
MEL = {"rate_hz": 8000, "window": 256, "hop": 64, "bands": 32, "low_hz": 80.0, "high_hz": 4000.0, "floor": 1e-6}


def wav(samples: np.ndarray, width: int = 2, rate: int = 8000, channels: int = 1) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(rate)
        out.writeframes(samples.tobytes())
    return file.getvalue()


def tone(hz: float, count: int = 4000) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(count) / 8000)


@pytest.mark.parametrize(("kind", "one", "zero"), [("u1", 128, 128), ("<i2", 32768, 0), ("<i4", 2**31, 0)])
def test_samples_are_within_one_whatever_their_width(kind: str, one: int, zero: int) -> None:
    whole = np.array([-1.0, -0.5, 0.0, 0.5])
    data = wav((whole * one + zero).astype(kind), np.dtype(kind).itemsize)
    found = waveform(data, rate_hz=8000, channel="mono")
    assert found.dtype == np.float32 and found.tolist() == whole.tolist()


def test_channels_are_mixed_only_when_asked() -> None:
    data = wav(np.array([16384, 0, -16384, -16384], "<i2"), channels=2)
    assert waveform(data, rate_hz=8000, channel="mean").tolist() == [0.25, -0.5]
    with pytest.raises(Refused, match="2 channels, the step waveform says mono"):
        waveform(data, rate_hz=8000, channel="mono")


def test_another_sampling_rate_is_a_sentence() -> None:
    with pytest.raises(Refused, match="has 16000 samples a second, the step waveform says rate_hz 8000; resample"):
        waveform(wav(np.zeros(8, "<i2"), rate=16000), rate_hz=8000, channel="mono")


@pytest.mark.parametrize("data", [b"", b"no sound", wav(np.zeros(8, "<i2"))[:20], wav(np.zeros(9, "u1"), 3)])
def test_what_is_no_recording_is_undecodable(data: bytes) -> None:
    with pytest.raises(Undecodable):
        waveform(data, rate_hz=8000, channel="mono")


def test_a_tone_is_loudest_in_the_band_around_it() -> None:
    corners = 700 * (10 ** (np.linspace(*(2595 * np.log10(1 + hz / 700) for hz in (80, 4000)), 34) / 2595) - 1)
    for band in (8, 16, 24, 30):
        found = log_mel(tone(corners[band + 1]), **MEL)
        assert found.shape == (32, (4000 - 256) // 64 + 1) and found.dtype == np.float32
        assert set(found.argmax(axis=0)) == {band}


def test_power_is_scipys_and_a_band_is_never_below_the_floor() -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, 1000)
    _, _, z = signal.stft(samples, window="hann", nperseg=256, noverlap=192, boundary=None, padded=False, scaling="psd")
    power = np.abs(z) ** 2 * (signal.windows.hann(256, sym=False) ** 2).sum()
    total = np.exp(log_mel(samples, **{**MEL, "bands": 1, "low_hz": 0.0})).ravel()
    mel = 2595 * np.log10(1 + 4000 / 700)
    middle, at = 700 * (10 ** (mel / 2 / 2595) - 1), np.arange(129) * 8000 / 256
    triangle = np.minimum(at / middle, (4000 - at) / (4000 - middle))
    assert total == pytest.approx(triangle @ power, rel=1e-5)
    assert np.allclose(log_mel(np.zeros(300), **MEL), np.log(1e-6))


def test_too_short_a_recording_and_too_high_a_band_are_sentences() -> None:
    with pytest.raises(Undecodable, match="255 samples is shorter than a window of 256"):
        log_mel(np.zeros(255), **MEL)
    with pytest.raises(Refused, match=r"80 … 5000 Hz are no band of 8000 samples a second"):
        log_mel(np.zeros(300), **{**MEL, "high_hz": 5000.0})


def test_how_loud_a_recording_is_does_not_count() -> None:
    speech = np.random.default_rng(1).normal(0, 0.1, 2000)
    loud, quiet = (standardize(log_mel(speech * level, **MEL), least_std=1e-3) for level in (1.0, 0.2))
    assert np.abs(loud - quiet).max() < 1e-4 and abs(loud.mean()) < 1e-5 and loud.std() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("length", [2, 5, 9])
def test_frames_are_cut_or_padded_behind(length: int) -> None:
    frames = np.arange(10, dtype=np.float32).reshape(2, 5)
    found = fit_frames(frames, length=length, pad=-1.0)
    kept = min(length, 5)
    assert found.shape == (2, length) and (found[:, :kept] == frames[:, :kept]).all() and (found[:, 5:] == -1).all()


def scores(*paths: list[int], symbols: int = 4) -> Any:
    return np.eye(symbols, dtype=np.float32)[np.array(paths)]


def test_repeats_are_one_and_a_blank_between_keeps_both() -> None:
    found = ctc_greedy(
        scores([1, 1, 0, 1, 2, 0], [0, 0, 0, 0, 0, 0]), symbols=["", "a", "b", " "], blank=0, layout="NTC"
    )
    assert found == ["aab", ""]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=12), st.integers(0, 3))
def test_greedy_decoding_is_the_definition(path: list[int], blank: int) -> None:
    merged = [k for place, k in enumerate(path) if place == 0 or k != path[place - 1]]
    expected = "".join("abcd"[k] for k in merged if k != blank)
    for layout, array in (("NTC", scores(path)), ("NCT", scores(path).transpose(0, 2, 1))):
        assert ctc_greedy(array, symbols=list("abcd"), blank=blank, layout=layout) == [expected]


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((2, 5, 3)), r"4 symbols as NTC, \(batch, steps, 4\); these are \(2, 5, 3\)"),
        (np.zeros((2, 4)), r"these are \(2, 4\)"),
        ((np.zeros((2, 5, 4)),) * 2, "this model has 2"),
    ],
)
def test_scores_of_another_shape_are_a_sentence(array: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        ctc_greedy(array, symbols=list("abcd"), blank=0, layout="NTC")
    with pytest.raises(Refused, match="blank is 4"):
        ctc_greedy(array, symbols=list("abcd"), blank=4, layout="NTC")


def test_words_become_their_places() -> None:
    words = BEFORE["words"]
    asked = {"vocabulary": ["", "?", "twenty", "one", "o'clock"], "split": "-", "length": 4, "pad": 0, "unknown": 1}
    assert words(b"twenty-one  apples", **asked).tolist() == [2, 3, 1, 0]
    assert words(b"one o'clock one two one", **asked).tolist() == [3, 4, 3, 1]
    for data in (b" - ", b"\xff\xfe"):
        with pytest.raises(Undecodable):
            words(data, **asked)
