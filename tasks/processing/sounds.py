"""Steps on sounds: a WAV file → samples → log-mel frames of one level and of a model's length.

The mel scale is O'Shaughnessy's: 2595 · log10(1 + f / 700).
"""

from __future__ import annotations

import io
import wave
from functools import lru_cache
from typing import Annotated, Any, Literal

import numpy as np

from tasks.errors import Refused
from tasks.plugins import Range
from tasks.processing.registry import Undecodable, before

Count = Annotated[int, Range(gt=0)]
Hertz = Annotated[float, Range(ge=0)]
WIDTHS = {1: ("u1", 128.0, 128.0), 2: ("<i2", 0.0, 32768.0), 4: ("<i4", 0.0, 2147483648.0)}  # type, zero, one


@before
def waveform(data: bytes, *, rate_hz: Count, channel: Literal["mono", "mean"]) -> Any:
    """WAV of PCM with 8, 16, or 32 bits → float32 (samples,) within -1 … 1. ``mean`` mixes channels, ``mono`` has one.

    Raises Refused for another sampling rate or more channels than one: nothing is resampled or mixed unasked.
    """
    try:
        with wave.open(io.BytesIO(data)) as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            raw = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise Undecodable(f"no WAV file of PCM: {error}") from error
    if rate != rate_hz:
        raise Refused(
            f"A recording has {rate} samples a second, the step waveform says rate_hz {rate_hz}; resample the data "
            "set, or choose a model for its rate."
        )
    if channels > 1 and channel == "mono":
        raise Refused(f"A recording has {channels} channels, the step waveform says mono; say «channel: mean» to mix.")
    if width not in WIDTHS:
        raise Undecodable(f"samples of {8 * width} bits; {', '.join(str(8 * w) for w in WIDTHS)} are read")
    kind, zero, one = WIDTHS[width]
    samples = np.frombuffer(raw[: len(raw) // (width * channels) * width * channels], kind).astype(np.float32)
    return ((samples - np.float32(zero)) / np.float32(one)).reshape(-1, channels).mean(axis=1)


@before
def log_mel(
    samples: Any, *, rate_hz: Count, window: Count, hop: Count, bands: Count, low_hz: Hertz, high_hz: Hertz,
    floor: Annotated[float, Range(gt=0)],
) -> Any:  # fmt: skip
    """(samples,) → float32 (bands, frames): ln of the power in each band, at least ``floor``.

    Frames of ``window`` samples (Hann, periodic) every ``hop``; a frame lies wholly within the recording.
    """
    if len(samples) < window:
        raise Undecodable(f"a recording of {len(samples)} samples is shorter than a window of {window}")
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), window)[::hop]
    hann, filters = _filters(rate_hz, window, bands, low_hz, high_hz)
    power = np.abs(np.fft.rfft(frames * hann, axis=1)) ** 2
    return np.log(np.maximum(power @ filters, floor)).T.astype(np.float32)


@lru_cache(maxsize=16)
def _filters(rate_hz: int, window: int, bands: int, low_hz: float, high_hz: float) -> tuple[Any, Any]:
    """The window, and (frequencies, bands): triangles whose corners are evenly spread in mel."""
    if not low_hz < high_hz <= rate_hz / 2:
        raise Refused(f"log_mel: {low_hz:g} … {high_hz:g} Hz are no band of {rate_hz} samples a second.")
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (low_hz, high_hz))
    corners = 700 * (10 ** (np.linspace(low, high, bands + 2) / 2595) - 1)
    at = np.arange(window // 2 + 1)[:, None] * (rate_hz / window)
    rising = (at - corners[:-2]) / np.diff(corners)[:-1]
    falling = (corners[2:] - at) / np.diff(corners)[1:]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    return hann, np.maximum(0, np.minimum(rising, falling))


@before
def standardize(frames: Any, *, least_std: Annotated[float, Range(gt=0)]) -> Any:
    """(bands, frames) → the same with mean 0 and deviation 1 over all of it: how loud a recording is does not count."""
    values = frames.astype(np.float64)
    return ((values - values.mean()) / max(values.std(), least_std)).astype(np.float32)


@before
def fit_frames(frames: Any, *, length: Count, pad: float) -> Any:
    """(bands, frames) → float32 (bands, length): its first frames, and ``pad`` behind them."""
    found = np.full((len(frames), length), pad, dtype=np.float32)
    kept = frames[:, :length]
    found[:, : kept.shape[1]] = kept
    return found
