"""Dense answers to a picture (n, 3, height, width): classes of pixels, boxes of cells, or depth."""

from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.nn.functional import interpolate


def block(before: int, after: int, stride: int = 1, groups: int = 1, kernel: int = 3) -> nn.Sequential:
    """Convolution, batch normalisation, ReLU."""
    convolution = nn.Conv2d(before, after, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU())


def separable(before: int, after: int, stride: int = 1) -> nn.Sequential:
    """The same, separate in depth."""
    return nn.Sequential(block(before, before, stride, before), block(before, after, kernel=1))


class Unet(nn.Module):
    """Ronneberger et al., arXiv 1505.04597: down, up, and across at every size."""

    def __init__(self, classes: int, width: int, depth: int) -> None:
        super().__init__()
        sizes = [width * 2**place for place in range(depth)]
        self.first = nn.Sequential(block(3, width), block(width, width))
        self.downs = nn.ModuleList(nn.Sequential(block(a, b), block(b, b)) for a, b in pairwise(sizes))
        self.ups = nn.ModuleList(nn.ConvTranspose2d(b, b // 2, 2, 2) for b in sizes[:0:-1])
        self.joins = nn.ModuleList(nn.Sequential(block(b, b // 2), block(b // 2, b // 2)) for b in sizes[:0:-1])
        self.last, self.pool = nn.Conv2d(width, classes, 1), nn.MaxPool2d(2)

    def forward(self, pictures: Any) -> tuple[Any, ...]:
        """(n, classes, height, width)."""
        known = [self.first(pictures)]
        for down in self.downs:
            known.append(down(self.pool(known[-1])))
        values = known.pop()
        for up, join in zip(self.ups, self.joins, strict=True):
            values = join(torch.cat([known.pop(), up(values)], 1))
        return (self.last(values),)


class LinkNet(nn.Module):
    """Chaurasia and Culurciello, arXiv 1707.03718: what the encoder found is added, not joined."""

    def __init__(self, classes: int, width: int) -> None:
        super().__init__()
        sizes = [width, 2 * width, 4 * width]
        self.first = block(3, width, 2)
        self.downs = nn.ModuleList(nn.Sequential(block(a, b, 2), block(b, b)) for a, b in pairwise(sizes))
        self.ups = nn.ModuleList(nn.ConvTranspose2d(b, b // 2, 2, 2) for b in sizes[:0:-1])
        self.last = nn.ConvTranspose2d(width, classes, 2, 2)

    def forward(self, pictures: Any) -> tuple[Any, ...]:
        """(n, classes, height, width)."""
        known = [self.first(pictures)]
        for down in self.downs:
            known.append(down(known[-1]))
        values = known.pop()
        for up in self.ups:
            values = up(values).relu() + known.pop()
        return (self.last(values),)


class FastScnn(nn.Module):
    """Poudel et al., arXiv 1902.04502, in small: details and the whole on two paths, added at the end."""

    def __init__(self, classes: int, width: int) -> None:
        super().__init__()
        self.shared = nn.Sequential(block(3, width, 2), separable(width, width, 2), separable(width, 2 * width, 2))
        self.whole = nn.Sequential(separable(2 * width, 4 * width, 2), separable(4 * width, 4 * width, 2))
        self.join, self.detail = nn.Conv2d(4 * width, 4 * width, 1), nn.Conv2d(2 * width, 4 * width, 1)
        self.last = nn.Sequential(separable(4 * width, 4 * width), nn.Conv2d(4 * width, classes, 1))

    def forward(self, pictures: Any) -> tuple[Any, ...]:
        """(n, classes, height, width)."""
        shared = self.shared(pictures)
        whole = interpolate(self.join(self.whole(shared)), scale_factor=4.0, mode="bilinear")
        return (interpolate(self.last((self.detail(shared) + whole).relu()), scale_factor=8.0, mode="bilinear"),)


class TinyYolo(nn.Module):
    """Redmon and Farhadi, arXiv 1612.08242, in small: boxes and classes for the anchors of every cell."""

    def __init__(self, classes: int, anchors: int, width: int) -> None:
        super().__init__()
        sizes = [3, width, 2 * width, 4 * width, 8 * width, 16 * width]
        pairs = pairwise(sizes)
        self.layers = nn.Sequential(*(nn.Sequential(block(a, b), nn.MaxPool2d(2)) for a, b in pairs))
        self.last, self.anchors = nn.Conv2d(16 * width, anchors * (5 + classes), 1), anchors

    def forward(self, pictures: Any) -> tuple[Any, ...]:
        """Boxes (n, cells, 5), the last being whether there is one, and classes (n, cells, classes)."""
        found = (
            self.last(self.layers(pictures)).flatten(2).unflatten(1, (self.anchors, -1)).transpose(2, 3).flatten(1, 2)
        )
        return found[..., :5], found[..., 5:]


class CenterNet(nn.Module):
    """Zhou et al., arXiv 1904.07850, in small: a map of centres for every class, sizes and offsets beside it."""

    def __init__(self, classes: int, width: int) -> None:
        super().__init__()
        sizes = [3, width, 2 * width, 4 * width, 8 * width]
        self.downs = nn.Sequential(*(block(a, b, 2) for a, b in pairwise(sizes)))
        self.ups = nn.Sequential(
            nn.ConvTranspose2d(8 * width, 4 * width, 4, 2, 1),
            nn.ReLU(),
            nn.ConvTranspose2d(4 * width, 2 * width, 4, 2, 1),
        )
        self.centres, self.boxes = nn.Conv2d(2 * width, classes, 1), nn.Conv2d(2 * width, 4, 1)

    def forward(self, pictures: Any) -> tuple[Any, ...]:
        """Boxes (n, 4, h, w) and centres (n, classes, h, w), a quarter as large."""
        values = self.ups(self.downs(pictures)).relu()
        return self.boxes(values), self.centres(values)


class CenterSkips(nn.Module):
    """CenterNet for small objects: what is found at an eighth of the size is added to what is known at a quarter."""

    def __init__(self, classes: int, width: int) -> None:
        super().__init__()
        self.quarter = nn.Sequential(block(3, width, 2), block(width, 2 * width, 2), block(2 * width, 2 * width))
        self.eighth = nn.Sequential(block(2 * width, 4 * width, 2), block(4 * width, 4 * width))
        self.up, self.join = nn.ConvTranspose2d(4 * width, 2 * width, 2, 2), block(2 * width, 2 * width)
        self.centres, self.boxes = nn.Conv2d(2 * width, classes, 1), nn.Conv2d(2 * width, 4, 1)
        nn.init.constant_(self.centres.bias, -4.0)  # centres are rare (Lin et al., arXiv 1708.02002, §4.1)

    def forward(self, pictures: Any) -> tuple[Any, ...]:
        """Boxes (n, 4, h, w) and centres (n, classes, h, w), a quarter as large."""
        known = self.quarter(pictures)
        values = self.join(self.up(self.eighth(known)).relu() + known)
        return self.boxes(values), self.centres(values)


class CropNet(nn.Module):
    """A small classifier of crops: halved three times, then the mean of every channel."""

    def __init__(self, classes: int, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(block(3, width, 2), block(width, 2 * width, 2), block(2 * width, 4 * width, 2))
        self.head = nn.Linear(4 * width, classes)

    def forward(self, pictures: Any) -> tuple[Any, ...]:
        """Logits (n, classes)."""
        return (self.head(self.body(pictures).mean((2, 3))),)


class FastDepth(nn.Module):
    """Wofk et al., arXiv 1903.03273, in small: separable convolutions down and up, sizes joined by addition."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        sizes = [width * 2**place for place in range(depth)]
        self.first = block(3, width, 2)
        self.downs = nn.ModuleList(separable(a, b, 2) for a, b in pairwise(sizes))
        self.ups = nn.ModuleList(separable(b, b // 2) for b in sizes[:0:-1])
        self.last = nn.Conv2d(width, 1, 1)

    def forward(self, pictures: Any) -> tuple[Any, ...]:
        """(n, 1, height, width)."""
        known = [self.first(pictures)]
        for down in self.downs:
            known.append(down(known[-1]))
        values = known.pop()
        for up in self.ups:
            values = interpolate(up(values), scale_factor=2.0, mode="nearest") + known.pop()
        return (interpolate(self.last(values), scale_factor=2.0, mode="nearest"),)


class PictureVector(nn.Module):
    """Chen et al., arXiv 2002.05709, in small: a picture as one vector of length 1, near that of another look."""

    def __init__(self, width: int, size: int) -> None:
        super().__init__()
        sizes = [3, width, 2 * width, 3 * width]
        self.layers = nn.ModuleList(nn.Conv2d(a, b, 3, 2, 1) for a, b in pairwise(sizes))
        self.last = nn.Linear(6 * width, size)

    def forward(self, pictures: Any) -> tuple[Any, ...]:
        """(n, size)."""
        values = pictures
        for layer in self.layers:
            values = layer(values).relu()
        seen = torch.cat([values.mean((2, 3)), values.amax((2, 3))], 1)
        return (nn.functional.normalize(self.last(seen), dim=1),)
