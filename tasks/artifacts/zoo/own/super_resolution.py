"""Super-resolution: (n, channels, height, width) within [0, 1] → the same picture, ``scale`` times as large."""

from typing import Any

import torch
from torch import nn
from torch.nn.functional import interpolate


def conv(before: int, after: int, kernel: int = 3, groups: int = 1) -> nn.Conv2d:
    """A convolution that keeps height and width."""
    return nn.Conv2d(before, after, kernel, padding=kernel // 2, groups=groups)


class Srcnn(nn.Module):
    """Dong et al., arXiv 1501.00092: three convolutions over a picture that was enlarged before."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(conv(channels, 64, 9), nn.ReLU(), conv(64, 32, 5), nn.ReLU(), conv(32, channels, 5))

    def forward(self, pictures: Any) -> tuple[Any, ...]:
        """The same size."""
        return (self.layers(pictures),)


class Espcn(nn.Module):
    """Shi et al., arXiv 1609.05158: convolutions on the small picture, then pixels out of channels."""

    def __init__(self, channels: int, scale: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            conv(channels, 64, 5), nn.Tanh(), conv(64, 32), nn.Tanh(), conv(32, channels * scale**2)
        )
        self.shuffle = nn.PixelShuffle(scale)

    def forward(self, pictures: Any) -> tuple[Any, ...]:
        """``scale`` times as large."""
        return (self.shuffle(self.layers(pictures)),)


class Fsrcnn(nn.Module):
    """Dong et al., arXiv 1608.00367: shrink, map, expand, and a transposed convolution at the end."""

    def __init__(self, channels: int, scale: int) -> None:
        super().__init__()
        layers: list[Any] = [conv(channels, 56, 5), nn.PReLU(), conv(56, 12, 1), nn.PReLU()]
        for _ in range(4):
            layers += [conv(12, 12), nn.PReLU()]
        last = nn.ConvTranspose2d(56, channels, 9, scale, 4, scale - 1)
        self.layers = nn.Sequential(*layers, conv(12, 56, 1), nn.PReLU(), last)

    def forward(self, pictures: Any) -> tuple[Any, ...]:
        """``scale`` times as large."""
        return (self.layers(pictures),)


class Vdsr(nn.Module):
    """Kim et al., arXiv 1511.04587: many convolutions find what a picture that was enlarged before still lacks."""

    def __init__(self, channels: int, depth: int) -> None:
        super().__init__()
        layers: list[Any] = [conv(channels, 64), nn.ReLU()]
        for _ in range(depth - 2):
            layers += [conv(64, 64), nn.ReLU()]
        self.layers = nn.Sequential(*layers, conv(64, channels))

    def forward(self, pictures: Any) -> tuple[Any, ...]:
        """The same size."""
        return (pictures + self.layers(pictures),)


class Edsr(nn.Module):
    """Lim et al., arXiv 1707.02921: residual blocks without normalisation."""

    def __init__(self, channels: int, scale: int, width: int, blocks: int) -> None:
        super().__init__()
        self.first, self.last = conv(channels, width), conv(width, channels * scale**2)
        self.blocks = nn.ModuleList(
            nn.Sequential(conv(width, width), nn.ReLU(), conv(width, width)) for _ in range(blocks)
        )
        self.shuffle = nn.PixelShuffle(scale)

    def forward(self, pictures: Any) -> tuple[Any, ...]:
        """``scale`` times as large."""
        values = first = self.first(pictures)
        for block in self.blocks:
            values = values + block(values)
        return (self.shuffle(self.last(values + first)),)


class Attended(nn.Module):
    """A residual block whose channels are weighed by their mean."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(conv(width, width), nn.ReLU(), conv(width, width))
        self.weigh = nn.Sequential(conv(width, width // 4, 1), nn.ReLU(), conv(width // 4, width, 1), nn.Sigmoid())

    def forward(self, values: Any) -> Any:
        """The same shape."""
        found = self.body(values)
        return values + found * self.weigh(found.mean((2, 3), keepdim=True))


class Rcan(nn.Module):
    """Zhang et al., arXiv 1807.02758: groups of residual blocks that weigh their channels."""

    def __init__(self, channels: int, scale: int, width: int, groups: int, blocks: int) -> None:
        super().__init__()
        self.first, self.last = conv(channels, width), conv(width, channels * scale**2)
        self.groups = nn.ModuleList(
            nn.Sequential(*(Attended(width) for _ in range(blocks)), conv(width, width)) for _ in range(groups)
        )
        self.shuffle = nn.PixelShuffle(scale)

    def forward(self, pictures: Any) -> tuple[Any, ...]:
        """``scale`` times as large."""
        values = first = self.first(pictures)
        for group in self.groups:
            values = values + group(values)
        return (self.shuffle(self.last(values + first)),)


class Carn(nn.Module):
    """Ahn et al., arXiv 1803.08664: every block sees what all blocks before it found."""

    def __init__(self, channels: int, scale: int, width: int, blocks: int) -> None:
        super().__init__()
        self.first, self.last = conv(channels, width), conv(width, channels * scale**2)
        self.blocks = nn.ModuleList(
            nn.Sequential(conv(width, width, groups=4), nn.ReLU(), conv(width, width, 1)) for _ in range(blocks)
        )
        self.joins = nn.ModuleList(conv(width * (place + 2), width, 1) for place in range(blocks))
        self.shuffle = nn.PixelShuffle(scale)

    def forward(self, pictures: Any) -> tuple[Any, ...]:
        """``scale`` times as large."""
        values = self.first(pictures)
        known = [values]
        for block, join in zip(self.blocks, self.joins, strict=True):
            known.append(values + block(values))
            values = join(torch.cat(known, 1))
        return (self.shuffle(self.last(values)),)


class Drrn(nn.Module):
    """Tai et al. (CVPR 2017): one residual block, applied again and again, over an enlarged picture."""

    def __init__(self, channels: int, scale: int, width: int, times: int) -> None:
        super().__init__()
        self.first, self.last = conv(channels, width), conv(width, channels)
        self.block = nn.Sequential(nn.ReLU(), conv(width, width), nn.ReLU(), conv(width, width))
        self.scale, self.times = scale, times

    def forward(self, pictures: Any) -> tuple[Any, ...]:
        """``scale`` times as large."""
        large = interpolate(pictures, scale_factor=self.scale, mode="nearest")
        values = first = self.first(large)
        for _ in range(self.times):
            values = first + self.block(values)
        return (large + self.last(values),)


class Imdn(nn.Module):
    """Hui et al., arXiv 1909.11856, in small: each convolution keeps some channels and hands on the others."""

    def __init__(self, channels: int, scale: int, width: int, blocks: int) -> None:
        super().__init__()
        self.first, self.last = conv(channels, width), conv(width, channels * scale**2)
        self.keep = width // 4
        sizes = [width, width - self.keep, width - self.keep]
        self.blocks = nn.ModuleList(nn.ModuleList(conv(size, width) for size in sizes) for _ in range(blocks))
        self.joins = nn.ModuleList(conv(width + 2 * self.keep, width, 1) for _ in range(blocks))
        self.shuffle = nn.PixelShuffle(scale)

    def forward(self, pictures: Any) -> tuple[Any, ...]:
        """``scale`` times as large."""
        values = first = self.first(pictures)
        for block, join in zip(self.blocks, self.joins, strict=True):
            kept, rest = [], values
            for layer in block:
                found = layer(rest).relu()
                kept.append(found[:, : self.keep])
                rest = found[:, self.keep :]
            values = values + join(torch.cat([*kept, rest], 1))
        return (self.shuffle(self.last(values + first)),)
