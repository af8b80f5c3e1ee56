"""Digits said one after the other by voices that nobody has: a seed becomes WAV files and what is said in them.

A split has voices of its own; noise lies under all that they say. The test split is stored; what a model is trained on
(`zoo/sequences.py`) never is.
"""

import io
import wave
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from tasks.artifacts.formants import RATE_HZ, Voice, spoken

SAID = {
    "zero": "z ih er oh uw",
    "one": "w ah n",
    "two": "closed t uw",
    "three": "th er i",
    "four": "f ao er",
    "five": "f aa ih v",
    "six": "s ih closed k s",
    "seven": "s eh v ax n",
    "eight": "eh ih closed t",
    "nine": "n aa ih n",
}


@dataclass(frozen=True)
class Utterance:
    """What is said («four two nine»), by whom («test/03»), and how it sounds: a WAV file of one channel, 8 bits."""

    text: str
    voice: str
    data: bytes


def utterances(split: str, given: Mapping[str, Any]) -> Iterator[Utterance]:
    """``given``: seed, voices, each (utterances a voice), least and most (digits), and noise_db (from, to)."""
    for number in range(given["voices"]):
        name = f"{split}/{number:03d}"
        random = Random(f"{given['seed']}/{name}")
        voice = _voice(random)
        for _ in range(given["each"]):
            count = given["least"] + int(random.random() * (given["most"] + 1 - given["least"]))
            digits = [list(SAID)[int(random.random() * len(SAID))] for _ in range(count)]
            yield Utterance(" ".join(digits), name, _wav(_noisy(digits, voice, random, given["noise_db"])))


def _voice(random: Random) -> Voice:
    """Small people have high voices and short tracts, more or less."""
    size = random.random()
    return Voice(
        pitch_hz=90 + 130 * size + 30 * random.random(),
        tract=0.9 + 0.25 * size + 0.06 * random.random(),
        speed=1.05 + 0.4 * random.random(),
        breath=0.05 * random.random(),
        uneven=0.02 + 0.03 * random.random(),
    )


def _noisy(digits: list[str], voice: Voice, random: Random, noise_db: list[float]) -> list[float]:
    """Speech of a loudness of its own, and noise so many dB below its mean power."""
    phones = ["pause", *(phone for digit in digits for phone in (*SAID[digit].split(), "pause"))]
    clean = spoken(phones, voice, random)
    power = sum(sample * sample for sample in clean) / len(clean)
    below = noise_db[0] + (noise_db[1] - noise_db[0]) * random.random()
    loud = round((3 * power * 10 ** (-below / 10)) ** 0.5, 9)  # a uniform distribution's power is a third of its square
    mixed = [sample + loud * (2 * random.random() - 1) for sample in clean]
    most = max(map(abs, mixed)) / (0.5 + 0.5 * random.random())
    return [sample / most for sample in mixed]


def _wav(samples: list[float]) -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(RATE_HZ)
        file.writeframes(bytes(128 + round(127 * sample) for sample in samples))
    return written.getvalue()
