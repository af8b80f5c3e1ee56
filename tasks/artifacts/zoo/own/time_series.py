"""Forecasts: (n, length, channels) of the past → (n, horizon, channels), or classes of a series."""

from typing import Any

import torch
from torch import nn

from tasks.artifacts.zoo.own.recommendation import mlp


class Dlinear(nn.Module):
    """Zeng et al., arXiv 2205.13504: a linear layer for the trend and one for the rest."""

    def __init__(self, length: int, horizon: int, window: int) -> None:
        super().__init__()
        self.trend, self.rest = nn.Linear(length, horizon), nn.Linear(length, horizon)
        self.mean, self.side = nn.AvgPool1d(window, 1), (window - 1) // 2

    def forward(self, past: Any) -> tuple[Any, ...]:
        """(n, horizon, channels)."""
        series = past.transpose(1, 2)
        ends = series[..., :1].repeat(1, 1, self.side), series[..., -1:].repeat(1, 1, self.side)
        trend = self.mean(torch.cat([ends[0], series, ends[1]], 2))
        return ((self.trend(trend) + self.rest(series - trend)).transpose(1, 2),)


class Nlinear(nn.Module):
    """Zeng et al., arXiv 2205.13504: a linear layer over what differs from the last value."""

    def __init__(self, length: int, horizon: int) -> None:
        super().__init__()
        self.layer = nn.Linear(length, horizon)

    def forward(self, past: Any) -> tuple[Any, ...]:
        """(n, horizon, channels)."""
        last = past[:, -1:]
        return (self.layer((past - last).transpose(1, 2)).transpose(1, 2) + last,)


class Nbeats(nn.Module):
    """Oreshkin et al., arXiv 1905.10437: blocks that explain the past in turn and add to the forecast."""

    def __init__(self, length: int, horizon: int, width: int, blocks: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(mlp(length, width, width, width, length + horizon) for _ in range(blocks))
        self.length = length

    def forward(self, past: Any) -> tuple[Any, ...]:
        """(n, horizon) from (n, length)."""
        forecast: Any = 0.0
        for block in self.blocks:
            found = block(past)
            past, forecast = past - found[:, : self.length], forecast + found[:, self.length :]
        return (forecast,)


class Tcn(nn.Module):
    """Bai et al., arXiv 1803.01271: causal convolutions, twice as far apart in each layer."""

    def __init__(self, channels: int, width: int, layers: int, horizon: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(channels, width, 1)
        self.layers = nn.ModuleList(nn.Conv1d(width, width, 3, dilation=2**place) for place in range(layers))
        self.last = nn.Linear(width, horizon * channels)
        self.channels = channels

    def forward(self, past: Any) -> tuple[Any, ...]:
        """(n, horizon, channels)."""
        values = self.first(past.transpose(1, 2))
        for place, layer in enumerate(self.layers):
            values = values + layer(nn.functional.pad(values, (2 * 2**place, 0))).relu()
        return (self.last(values[:, :, -1]).unflatten(1, (-1, self.channels)),)


class LstmForecast(nn.Module):
    """Hochreiter and Schmidhuber (1997): a recurrent network reads the past, a linear layer says the future."""

    def __init__(self, channels: int, width: int, layers: int, horizon: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(channels, width, layers, batch_first=True)
        self.last, self.channels = nn.Linear(width, horizon * channels), channels

    def forward(self, past: Any) -> tuple[Any, ...]:
        """(n, horizon, channels)."""
        states, _ = self.lstm(past)
        return (self.last(states[:, -1]).unflatten(1, (-1, self.channels)),)


class Tide(nn.Module):
    """Das et al., arXiv 2304.08424: dense residual blocks encode the past and decode the future."""

    def __init__(self, length: int, horizon: int, channels: int, width: int) -> None:
        super().__init__()
        self.encode, self.decode = mlp(length * channels, width, width), mlp(width, width, horizon * channels)
        self.skip, self.channels = nn.Linear(length * channels, horizon * channels), channels
        self.norm = nn.LayerNorm(width)

    def forward(self, past: Any) -> tuple[Any, ...]:
        """(n, horizon, channels)."""
        flat = past.flatten(1)
        return ((self.decode(self.norm(self.encode(flat))) + self.skip(flat)).unflatten(1, (-1, self.channels)),)


class Mixer(nn.Module):
    """TSMixer, Chen et al., arXiv 2303.06053: networks over time and over channels in turn."""

    def __init__(self, length: int, horizon: int, channels: int, width: int, blocks: int) -> None:
        super().__init__()
        self.times = nn.ModuleList(mlp(length, width, length) for _ in range(blocks))
        self.channels = nn.ModuleList(mlp(channels, width, channels) for _ in range(blocks))
        self.norms = nn.ModuleList(nn.LayerNorm((length, channels)) for _ in range(blocks))
        self.last = nn.Linear(length, horizon)

    def forward(self, past: Any) -> tuple[Any, ...]:
        """(n, horizon, channels)."""
        for time, channel, norm in zip(self.times, self.channels, self.norms, strict=True):
            past = past + time(norm(past).transpose(1, 2)).transpose(1, 2)
            past = past + channel(past)
        return (self.last(past.transpose(1, 2)).transpose(1, 2),)


class LstNet(nn.Module):
    """Lai et al., arXiv 1703.07015: a convolution and a recurrent network, beside an autoregression."""

    def __init__(self, channels: int, width: int, recent: int) -> None:
        super().__init__()
        self.convolution, self.gru = nn.Conv1d(channels, width, 6), nn.GRU(width, width, batch_first=True)
        self.last, self.linear, self.recent = nn.Linear(width, channels), nn.Linear(recent, 1), recent

    def forward(self, past: Any) -> tuple[Any, ...]:
        """(n, 1, channels): one step ahead."""
        found = self.convolution(past.transpose(1, 2)).relu()
        states, _ = self.gru(found.transpose(1, 2))
        own = self.linear(past[:, -self.recent :].transpose(1, 2)).transpose(1, 2)
        return (self.last(states[:, -1:]) + own,)


class Nhits(nn.Module):
    """Challu et al., arXiv 2201.12886: each block reads the past more coarsely and adds a smoother forecast."""

    def __init__(self, length: int, horizon: int, width: int, pools: list[int]) -> None:
        super().__init__()
        self.pools = nn.ModuleList(nn.MaxPool1d(pool) for pool in pools)
        self.blocks = nn.ModuleList(mlp(length // p, width, width, length + horizon // p) for p in pools)
        self.length, self.horizon = length, horizon

    def forward(self, past: Any) -> tuple[Any, ...]:
        """(n, horizon) from (n, length)."""
        forecast: Any = 0.0
        for pool, block in zip(self.pools, self.blocks, strict=True):
            found = block(pool(past[:, None])[:, 0])
            past, coarse = past - found[:, : self.length], found[:, None, self.length :]
            forecast = forecast + nn.functional.interpolate(coarse, size=self.horizon, mode="linear")[:, 0]
        return (forecast,)


class Rlinear(nn.Module):
    """Li et al., arXiv 2305.10721: a linear layer over a series that is normalised, and turned back after."""

    def __init__(self, length: int, horizon: int) -> None:
        super().__init__()
        self.layer = nn.Linear(length, horizon)

    def forward(self, past: Any) -> tuple[Any, ...]:
        """(n, horizon, channels)."""
        mean = past.mean(1, keepdim=True)
        std = ((past - mean).square().mean(1, keepdim=True) + 1e-5).sqrt()
        return (self.layer(((past - mean) / std).transpose(1, 2)).transpose(1, 2) * std + mean,)


class InceptionTime(nn.Module):
    """Ismail Fawaz et al., arXiv 1909.04939, in small: a series classified by kernels of several sizes."""

    def __init__(self, channels: int, classes: int, width: int, blocks: int) -> None:
        super().__init__()
        sizes = [channels] + [4 * width] * blocks
        self.narrow = nn.ModuleList(nn.Conv1d(a, width, 1) for a in sizes[:-1])
        self.pooled = nn.ModuleList(nn.Conv1d(a, width, 1) for a in sizes[:-1])
        self.wide = nn.ModuleList(
            nn.ModuleList(nn.Conv1d(width, width, size, padding=size // 2) for size in (9, 19, 39))
            for _ in range(blocks)
        )
        self.pool, self.last = nn.MaxPool1d(3, 1, 1), nn.Linear(4 * width, classes)

    def forward(self, series: Any) -> tuple[Any, ...]:
        """(n, classes) from (n, length, channels)."""
        values = series.transpose(1, 2)
        for narrow, pooled, wide in zip(self.narrow, self.pooled, self.wide, strict=True):
            small = narrow(values)
            values = torch.cat([*(layer(small) for layer in wide), pooled(self.pool(values))], 1).relu()
        return (self.last(values.mean(2)),)
