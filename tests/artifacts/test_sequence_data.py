"""Speech and sentences that the project makes: the same bytes again, test apart from train, and what a model spells."""

import io
import wave
from pathlib import Path
from random import Random

import numpy as np
import pytest
import yaml

from tasks.artifacts import timetable
from tasks.artifacts.builders import spoken_digits as spoken_builder
from tasks.artifacts.builders import timetable as timetable_builder
from tasks.artifacts.files import sha256_of
from tasks.artifacts.formants import PHONES, RATE_HZ, Voice, spoken
from tasks.artifacts.spoken import SAID, utterances
from tasks.processing import BEFORE
from tasks.processing.samples import Samples, open_samples
from tests.artifacts.clones import ROOT, archive, bundled, manifest

REBUILD = "run: dvc repro && dvc push, then correct the SHA-256 in conf/ and commit all of it"
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
VOICE = Voice(pitch_hz=120.0, tract=1.0, speed=1.0, breath=0.02, uneven=0.0)


def pinned(dataset: str) -> Samples:
    return open_samples({"kind": "archive", "path": bundled(archive(dataset, "test").path)})


@pytest.mark.parametrize("dataset", ["spoken_digits", "timetable"])
def test_the_manifest_names_the_bytes_and_the_number_of_samples(dataset: str) -> None:
    path = bundled(archive(dataset, "test").path)
    assert sha256_of(path) == archive(dataset, "test").sha256, REBUILD
    assert len(pinned(dataset)) == manifest(f"dataset/{dataset}")["samples"]["test"]
    assert path.stat().st_size < 500_000


def test_recordings_and_sentences_are_built_to_the_same_bytes(tmp_path: Path) -> None:
    spoken_builder.build(PARAMS["spoken_digits"], tmp_path / "spoken_digits")
    timetable_builder.build(**PARAMS["timetable"], folder=tmp_path / "timetable")
    for dataset in ("spoken_digits", "timetable"):
        assert sha256_of(tmp_path / dataset / "test.zip") == archive(dataset, "test").sha256, REBUILD


def test_a_recording_is_of_the_rate_that_its_data_set_says_and_fits_into_the_model() -> None:
    samples, model = pinned("spoken_digits"), manifest("model/quartznet_digits")
    steps = {step.pop("step"): step for step in model["preprocess"]}
    longest = 0
    for i in range(len(samples)):
        with wave.open(io.BytesIO(samples.read(i))) as file:
            assert (file.getframerate(), file.getnchannels()) == (RATE_HZ, 1)
            longest = max(longest, file.getnframes())
    assert manifest("dataset/spoken_digits")["meaning"]["rate_hz"] == RATE_HZ == steps["waveform"]["rate_hz"]
    frames = (longest - steps["log_mel"]["window"]) // steps["log_mel"]["hop"] + 1
    assert frames <= steps["fit_frames"]["length"] == model["inputs"][0]["shape"][2]


def test_voices_of_test_are_not_those_of_train_and_each_sounds_its_own() -> None:
    given = {**PARAMS["spoken_digits"], "voices": 3, "each": 1}
    train, test = (list(utterances(split, given)) for split in ("train", "test"))
    assert not {one.voice for one in train} & {one.voice for one in test}
    assert len({one.data for one in (*train, *test)}) == 6
    assert [one.data for one in utterances("test", given)] == [one.data for one in test]


def resonances(phone: str, tract: float) -> list[float]:
    """Hz of the peaks of a steady phone's spectrum, smoothed over the pitch."""
    sound = np.array(spoken([phone] * 24, Voice(100.0, tract, 1.0, 0.0, 0.0), Random(0)))[4000:]
    power = np.abs(np.fft.rfft(sound[:2000] * np.hanning(2000))) ** 2
    level = np.convolve(np.log(power), np.ones(31) / 31, mode="same")
    peaks = np.flatnonzero((level[1:-1] > level[:-2]) & (level[1:-1] > level[2:])) + 1
    return [4.0 * k for k in peaks]


@pytest.mark.parametrize("tract", [0.9, 1.1])
@pytest.mark.parametrize("vowel", ["i", "eh", "aa"])
def test_a_vowel_resounds_where_its_formants_are(vowel: str, tract: float) -> None:
    found, phone = resonances(vowel, tract), PHONES[vowel]
    for formant in (phone.f1, phone.f2):
        assert min(abs(peak - formant * tract) for peak in found) < 90


def test_every_digit_is_said_in_phones_that_there_are_and_no_two_alike() -> None:
    said = {digit: phones.split() for digit, phones in SAID.items()}
    assert len(said) == len({tuple(phones) for phones in said.values()}) == 10
    assert {phone for phones in said.values() for phone in phones} <= set(PHONES)
    assert max(map(abs, spoken(said["six"], VOICE, Random(1)))) == 1


@pytest.mark.parametrize(
    ("value", "english", "german"),
    [(1, "one", "eins"), (17, "seventeen", "siebzehn"), (21, "twenty-one", "einundzwanzig"), (30, "thirty", "dreißig"),
     (76, "seventy-six", "sechsundsiebzig"), (99, "ninety-nine", "neunundneunzig")],
)  # fmt: skip
def test_numbers_are_said_as_they_are(value: int, english: str, german: str) -> None:
    assert timetable.number(value) == (english, german)


@pytest.mark.parametrize(
    ("value", "english", "german"),
    [(1, "first", "ersten"), (3, "third", "dritten"), (7, "seventh", "siebten"), (12, "twelfth", "zwölften"),
     (20, "twentieth", "zwanzigsten"), (22, "twenty-second", "zweiundzwanzigsten"), (30, "thirtieth", "dreißigsten")],
)  # fmt: skip
def test_days_of_a_month_are_said_as_they_are(value: int, english: str, german: str) -> None:
    assert timetable.ordinal(value) == (english, german)


@pytest.mark.parametrize(
    ("hour", "minutes", "english", "german"),
    [(1, 0, "one o'clock", "ein uhr"), (12, 30, "half past twelve", "halb eins"),
     (3, 15, "quarter past three", "viertel nach drei"), (12, 45, "quarter to one", "viertel vor eins"),
     (9, 35, "twenty-five to ten", "fünfundzwanzig vor zehn")],
)  # fmt: skip
def test_times_are_said_as_they_are(hour: int, minutes: int, english: str, german: str) -> None:
    assert timetable.clock(hour, minutes) == (english, german)


def test_no_sentence_of_test_is_in_train_and_some_numbers_are_new() -> None:
    given = PARAMS["timetable"]
    train = dict(timetable.pairs("train", given["seed"], 5000, given["every"]))
    test = dict(timetable.pairs("test", given["seed"], given["count"], given["every"]))
    assert not set(train) & set(test) and len(test) == given["count"]
    seen, asked = ({word for german in of.values() for word in german.split()} for of in (train, test))
    new = {timetable.number(n)[1] for n in range(2, 100) if timetable.kept_back(n, given["every"])}
    assert new & asked == asked - seen and len(new & asked) > 5
    samples = pinned("timetable")
    assert {samples.read(i).decode(): row["text"] for i, row in enumerate(samples.rows)} == test


def test_the_translator_knows_every_word_and_can_spell_every_reference() -> None:
    model, samples = manifest("model/ctc_translator"), pinned("timetable")
    (words,), (decoded,) = model["preprocess"], model["postprocess"]
    assert model["inputs"][0]["range"] == [0, len(words["vocabulary"]) - 1]
    assert model["build"]["trained"]["arguments"]["pieces"] == len(decoded["symbols"])
    step = {name: value for name, value in words.items() if name != "step"}
    for i, row in enumerate(samples.rows):
        places = BEFORE["words"](samples.read(i), **step)
        assert words["unknown"] not in places and places[-1] == words["pad"]
        assert spelt(f" {row['text']}", decoded["symbols"])


def test_the_recogniser_can_spell_every_reference() -> None:
    (decoded,) = manifest("model/quartznet_digits")["postprocess"]
    assert all(set(row["text"]) <= set(decoded["symbols"]) for row in pinned("spoken_digits").rows)


def spelt(text: str, symbols: list[str]) -> bool:
    """Whether the symbols, put together, can be the text."""
    known = {0}
    for at in range(len(text)):
        known |= {at + len(s) for s in symbols if s and at in known and text.startswith(s, at)}
    return len(text) in known
