"""Speech: spectra (n, 1, bands, frames) or samples (n, 1, length) → classes, letters at every step, or voices."""

from itertools import pairwise
from typing import Any

import torch
from torch import nn


class DsCnn(nn.Module):
    """Zhang et al., arXiv 1711.07128: keyword spotting by convolutions that are separate in depth."""

    def __init__(self, classes: int, width: int, blocks: int) -> None:
        super().__init__()
        layers: list[Any] = [nn.Conv2d(1, width, (10, 4), (2, 2), (5, 1)), nn.GroupNorm(1, width), nn.ReLU()]
        for _ in range(blocks):
            layers += [nn.Conv2d(width, width, 3, padding=1, groups=width), nn.ReLU()]
            layers += [nn.Conv2d(width, width, 1), nn.GroupNorm(1, width), nn.ReLU()]
        self.layers, self.last = nn.Sequential(*layers), nn.Linear(width, classes)

    def forward(self, spectra: Any) -> tuple[Any, ...]:
        """(n, classes)."""
        return (self.last(self.layers(spectra).mean((2, 3))),)


class DeepSpeech2(nn.Module):
    """Amodei et al., arXiv 1512.02595, in small: two convolutions, recurrent layers, a letter at every step."""

    def __init__(self, bands: int, letters: int, width: int, layers: int) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv2d(1, 16, 5, 2, 2), nn.Hardtanh(0, 20), nn.Conv2d(16, 16, 5, (2, 1), 2), nn.Hardtanh(0, 20)
        )
        self.gru = nn.GRU(16 * (bands // 4), width, layers, batch_first=True, bidirectional=True)
        self.last = nn.Linear(2 * width, letters)

    def forward(self, spectra: Any) -> tuple[Any, ...]:
        """(n, steps, letters)."""
        found = self.convolutions(spectra).flatten(1, 2).transpose(1, 2)
        states, _ = self.gru(found)
        return (self.last(states),)


class Separable(nn.Module):
    """A convolution that is separate in depth, with a residual connection: (n, width, frames)."""

    def __init__(self, width: int, hidden: int, dilation: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(width, hidden, 1),
            nn.PReLU(),
            nn.GroupNorm(1, hidden),
            nn.Conv1d(hidden, hidden, 3, padding=dilation, dilation=dilation, groups=hidden),
            nn.PReLU(),
            nn.GroupNorm(1, hidden),
            nn.Conv1d(hidden, width, 1),
        )

    def forward(self, values: Any) -> Any:
        """The same shape."""
        return values + self.layers(values)


class ConvTasNet(nn.Module):
    """Luo and Mesgarani, arXiv 1809.07454: two voices apart, by a mask over learned filters."""

    def __init__(self, filters: int, width: int, hidden: int, layers: int, voices: int) -> None:
        super().__init__()
        self.encode = nn.Conv1d(1, filters, 16, 8, bias=False)
        self.first, self.mask = nn.Conv1d(filters, width, 1), nn.Conv1d(width, filters * voices, 1)
        self.blocks = nn.Sequential(*(Separable(width, hidden, 2**place) for place in range(layers)))
        self.decode, self.voices = nn.ConvTranspose1d(filters, 1, 16, 8, bias=False), voices

    def forward(self, samples: Any) -> tuple[Any, ...]:
        """(n, voices, length)."""
        found = self.encode(samples).relu()
        masks = self.mask(self.blocks(self.first(found))).sigmoid().unflatten(1, (self.voices, -1))
        heard = (found[:, None] * masks).flatten(0, 1)
        return (self.decode(heard).unflatten(0, (-1, self.voices))[:, :, 0],)


class QuartzNet(nn.Module):
    """Kriman et al., arXiv 1910.10261, in small: letters from separable convolutions over time, no recurrence."""

    def __init__(self, bands: int, letters: int, width: int, blocks: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(bands, width, 33, 2, 16)
        self.blocks = nn.Sequential(*(Separable(width, 2 * width, 1) for _ in range(blocks)))
        self.last = nn.Conv1d(width, letters, 1)

    def forward(self, spectra: Any) -> tuple[Any, ...]:
        """(n, letters, steps) from (n, bands, frames)."""
        return (self.last(self.blocks(self.first(spectra).relu())),)


class M5(nn.Module):
    """Dai et al., arXiv 1610.00087: classes straight from samples, by convolutions over time."""

    def __init__(self, classes: int, width: int) -> None:
        super().__init__()
        layers: list[Any] = [nn.Conv1d(1, width, 80, 16), nn.GroupNorm(1, width), nn.ReLU(), nn.MaxPool1d(4)]
        for before, after in ((width, width), (width, 2 * width), (2 * width, 2 * width)):
            layers += [nn.Conv1d(before, after, 3), nn.GroupNorm(1, after), nn.ReLU(), nn.MaxPool1d(4)]
        self.layers, self.last = nn.Sequential(*layers), nn.Linear(2 * width, classes)

    def forward(self, samples: Any) -> tuple[Any, ...]:
        """(n, classes)."""
        return (self.last(self.layers(samples).mean(2)),)


class Crnn(nn.Module):
    """Çakır et al., arXiv 1702.06286: sounds at every step, by convolutions and then a recurrent layer."""

    def __init__(self, bands: int, classes: int, width: int) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d((4, 1)),
            nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d((4, 1)),
        )  # fmt: skip
        self.gru = nn.GRU(width * (bands // 16), width, batch_first=True)
        self.last = nn.Linear(width, classes)

    def forward(self, spectra: Any) -> tuple[Any, ...]:
        """(n, frames, classes)."""
        states, _ = self.gru(self.convolutions(spectra).flatten(1, 2).transpose(1, 2))
        return (self.last(torch.tanh(states)),)


class WaveNet(nn.Module):
    """van den Oord et al., arXiv 1609.03499, in small: the next sample by gated causal convolutions."""

    def __init__(self, levels: int, width: int, layers: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(1, width, 1)
        self.gates = nn.ModuleList(nn.Conv1d(width, 2 * width, 2, dilation=2**place) for place in range(layers))
        self.joins = nn.ModuleList(nn.Conv1d(width, width, 1) for _ in range(layers))
        self.last = nn.Sequential(nn.ReLU(), nn.Conv1d(width, width, 1), nn.ReLU(), nn.Conv1d(width, levels, 1))

    def forward(self, samples: Any) -> tuple[Any, ...]:
        """(n, levels, length)."""
        values, heard = self.first(samples), 0.0
        for place, (gate, join) in enumerate(zip(self.gates, self.joins, strict=True)):
            signal, weight = gate(nn.functional.pad(values, (2**place, 0))).chunk(2, 1)
            found = join(signal.tanh() * weight.sigmoid())
            values, heard = values + found, heard + found
        return (self.last(heard),)


class WaveUnet(nn.Module):
    """Stoller et al., arXiv 1806.03185, in small: noise removed by a U-Net over samples."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        sizes = [1, *(width * (place + 1) for place in range(depth))]
        self.downs = nn.ModuleList(nn.Conv1d(a, b, 8, 4, 2) for a, b in pairwise(sizes))
        self.ups = nn.ModuleList(nn.ConvTranspose1d(b, a, 8, 4, 2) for a, b in reversed(list(pairwise(sizes))))

    def forward(self, samples: Any) -> tuple[Any, ...]:
        """(n, 1, length)."""
        known = [samples]
        for down in self.downs:
            known.append(down(known[-1]).relu())
        values = known.pop()
        for place, up in enumerate(self.ups):
            values = up(values) + known.pop()
            values = values.relu() if place + 1 < len(self.ups) else values
        return (values,)


class XVector(nn.Module):
    """Snyder et al. (ICASSP 2018), in small: a speaker as one vector, from means and deviations over time."""

    def __init__(self, bands: int, width: int, size: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(bands, width, 5), nn.ReLU(), nn.Conv1d(width, width, 3, dilation=2), nn.ReLU(),
            nn.Conv1d(width, width, 3, dilation=3), nn.ReLU(), nn.Conv1d(width, 2 * width, 1), nn.ReLU(),
        )  # fmt: skip
        self.last = nn.Linear(4 * width, size)

    def forward(self, spectra: Any) -> tuple[Any, ...]:
        """(n, size) from (n, bands, frames)."""
        found = self.layers(spectra)
        mean = found.mean(2)
        deviation = ((found - mean[:, :, None]).square().mean(2) + 1e-5).sqrt()
        return (self.last(torch.cat([mean, deviation], 1)),)
