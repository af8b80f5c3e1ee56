"""Speech out of formants: what a voice says, phone by phone, becomes samples within -1 … 1.

After Klatt, «Software for a cascade/parallel formant synthesizer», JASA 67 (1980): pulses of the glottis pass a cascade
of resonators (his equations 1 and 2), noise of the mouth passes one of its own, and the lips take the first difference.
Formants of vowels are those of men in Peterson and Barney, JASA 24 (1952), times the voice's tract. Plain IEEE
arithmetic on rounded coefficients, so that the same bytes come out on every machine.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from random import Random

RATE_HZ = 8000
FRAME = 40  # samples for which the formants stand still: 5 ms
GLIDE = 0.45  # how far a frame moves towards where a phone wants to be
WIDTHS_HZ = (60.0, 90.0, 120.0, 200.0)
FOURTH_HZ = 3500.0
PULSE = 300.0  # of the glottis: vowels are then about as loud as what is written of noise


@dataclass(frozen=True)
class Phone:
    """Where formants go (Hz), how loud the voice is, and the noise beside it: loudness, middle and width in Hz."""

    ms: float
    f1: float
    f2: float
    f3: float
    voiced: float = 1.0
    noise: float = 0.0
    noise_hz: float = 2000.0
    noise_width_hz: float = 1000.0


PHONES = {
    "i": Phone(85, 270, 2290, 3010),
    "ih": Phone(70, 390, 1990, 2550),
    "eh": Phone(75, 530, 1840, 2480),
    "ah": Phone(75, 640, 1190, 2390),
    "aa": Phone(60, 730, 1090, 2440),
    "ao": Phone(80, 570, 840, 2410),
    "oh": Phone(60, 490, 910, 2400),
    "uw": Phone(90, 300, 870, 2240),
    "er": Phone(45, 420, 1300, 1600),
    "ax": Phone(40, 500, 1400, 2400),
    "w": Phone(45, 290, 610, 2150, 0.7),
    "n": Phone(55, 250, 1450, 2600, 0.4),
    "v": Phone(45, 280, 1100, 2200, 0.4, 0.12, 2200.0, 2500.0),
    "z": Phone(65, 280, 1600, 2600, 0.3, 0.25, 3600.0, 700.0),
    "s": Phone(75, 350, 1700, 2600, 0.0, 0.6, 3600.0, 600.0),
    "f": Phone(65, 350, 1100, 2200, 0.0, 0.3, 2300.0, 2600.0),
    "th": Phone(60, 350, 1300, 2600, 0.0, 0.22, 1700.0, 2000.0),
    "closed": Phone(30, 300, 1700, 2500, 0.0),
    "t": Phone(25, 350, 1800, 2600, 0.0, 0.6, 3300.0, 1200.0),
    "k": Phone(25, 350, 1900, 2300, 0.0, 0.5, 1900.0, 700.0),
    "pause": Phone(35, 500, 1500, 2500, 0.0),
}


@dataclass(frozen=True)
class Voice:
    """Who speaks: pitch at the start, tract (formants times this), speed, breath (noise while voiced), unevenness."""

    pitch_hz: float
    tract: float
    speed: float
    breath: float
    uneven: float


def spoken(phones: Sequence[str], voice: Voice, random: Random) -> list[float]:
    """Samples at `RATE_HZ`, the loudest one 1."""
    frames = list(_frames(phones, voice, random))
    voiced, pulses = _Cascade(), _Pulses(voice.pitch_hz, len(frames))
    mouth, last, found = _Resonator(), 0.0, list[float]()
    for frame in frames:
        voiced.tune(frame, voice.tract)
        mouth.tune(frame.noise_hz, frame.noise_width_hz, alone=True)
        loud = frame.noise + voice.breath * frame.voiced
        for _ in range(FRAME):
            sound = voiced.through(frame.voiced * pulses.next()) + mouth.through(loud * (2 * random.random() - 1))
            found.append(sound - 0.9 * last)
            last = sound
        pulses.fall()
    loudest = max(map(abs, found))
    return [sample / loudest for sample in found]


def _frames(phones: Sequence[str], voice: Voice, random: Random) -> Iterator[Phone]:
    """A frame at a time, each a part of the way to its phone; lengths and formants are a little uneven."""
    names = [field.name for field in fields(Phone)]
    at = {name: getattr(PHONES["pause"], name) for name in names}
    for phone in phones:
        goal = PHONES[phone]
        sway = {name: 1 + voice.uneven * (2 * random.random() - 1) for name in ("f1", "f2", "f3")}
        length = goal.ms / voice.speed * (1 + 4 * voice.uneven * (2 * random.random() - 1))
        for _ in range(max(1, round(length * RATE_HZ / 1000 / FRAME))):
            for name in names:
                at[name] += GLIDE * (getattr(goal, name) * sway.get(name, 1.0) - at[name])
            yield Phone(**at)


class _Resonator:
    """y = A·x + B·y₋₁ + C·y₋₂ with C = -exp(-2πb/r), B = 2·exp(-πb/r)·cos(2πf/r).

    A = 1 - B - C passes 0 Hz as it is, which a cascade needs; ``alone``, it passes the middle as it is.
    """

    def __init__(self) -> None:
        self.a, self.b, self.c, self.y1, self.y2 = 1.0, 0.0, 0.0, 0.0, 0.0

    def tune(self, hz: float, width_hz: float, alone: bool = False) -> None:
        decay = round(math.exp(-math.pi * width_hz / RATE_HZ), 9)
        turn = round(math.cos(2 * math.pi * hz / RATE_HZ), 9)
        self.b, self.c = 2 * decay * turn, -decay * decay
        self.a = 1 - self.b - self.c
        if alone:
            self.a = (1 - decay) * math.sqrt(1 - 2 * decay * (2 * turn * turn - 1) + decay * decay)

    def through(self, x: float) -> float:
        y = self.a * x + self.b * self.y1 + self.c * self.y2
        self.y2, self.y1 = self.y1, y
        return y


class _Cascade:
    """The glottis' low-pass (0 Hz, 100 Hz wide), then four formants, each within what the rate can hold."""

    def __init__(self) -> None:
        self.glottis, self.formants = _Resonator(), [_Resonator() for _ in WIDTHS_HZ]
        self.glottis.tune(0.0, 100.0)

    def tune(self, frame: Phone, tract: float) -> None:
        middles = (frame.f1, frame.f2, frame.f3, FOURTH_HZ)
        for resonator, hz, width in zip(self.formants, middles, WIDTHS_HZ, strict=True):
            resonator.tune(min(hz * tract, 0.48 * RATE_HZ), width)

    def through(self, x: float) -> float:
        y = self.glottis.through(x)
        for resonator in self.formants:
            y = resonator.through(y)
        return y


class _Pulses:
    """An impulse a period; the pitch falls by a fifth over what is said."""

    def __init__(self, pitch_hz: float, frames: int) -> None:
        self.pitch, self.step, self.phase = pitch_hz, 0.2 * pitch_hz / max(frames, 1), 0.0

    def next(self) -> float:
        self.phase += self.pitch / RATE_HZ
        if self.phase < 1:
            return 0.0
        self.phase -= 1
        return PULSE

    def fall(self) -> None:
        self.pitch -= self.step
