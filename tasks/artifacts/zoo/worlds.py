"""What models of clicks, of series, and of looks at a picture are trained on: batches, and what is to become small.

In: the block of params.yaml that made the data set, drawn again from its seed, train part; or `patches`, train. Out: a
function that gives the next batch. Runs in the environment of torch.lock only (`train.py`).
"""

import io
import random as chances
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import yaml
from PIL import Image
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from tasks import ROOT
from tasks.artifacts import clicks, series
from tasks.artifacts.archive import read_archive
from tasks.artifacts.views import Look, view

PATCHES = ROOT / "artifacts" / "datasets" / "patches" / "train.zip"
SHARPNESS = 10.0  # factor on the cosines of two looks: they differ by 2 at most


def _asked(name: str) -> dict[str, Any]:
    block: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))[name]
    return block


def clicked(given: Mapping[str, Any], random: np.random.Generator) -> Any:
    """Users and items of train cells, and whether they were clicked."""
    world = clicks.world(clicks.Asked(**_asked("clicks")))
    cells = np.argwhere(world.train)

    def batch() -> tuple[Any, Any]:
        users, items = cells[random.integers(0, len(cells), given["batch"])].T
        truths = world.clicked[users, items].astype(np.float32)[:, None]
        return (torch.from_numpy(users.copy()), torch.from_numpy(items.copy())), torch.from_numpy(truths)

    return batch


def forecast(given: Mapping[str, Any], random: np.random.Generator) -> Any:
    """Windows of the hours that are train, in the scale of the manifest: (n, past, 1), and what came then."""
    asked = series.Asked(**_asked("demand"))
    values = ((series.series(asked)[:, : series.edge(asked)] - given["shift"]) / given["scale"]).astype(np.float32)
    whole = asked.past + asked.horizon

    def batch() -> tuple[Any, Any]:
        of = random.integers(0, len(values), given["batch"])
        starts = random.integers(0, values.shape[1] - whole + 1, given["batch"])
        windows = torch.from_numpy(np.stack([values[k, at : at + whole] for k, at in zip(of, starts, strict=True)]))
        return windows[:, : asked.past, None], windows[:, asked.past :, None]

    return batch


def looks(given: Mapping[str, Any], random: np.random.Generator) -> Any:
    """Two looks at each of several places, no two places in one tile: (2 n, 3, side, side) within 0 … 1."""
    asked, chance = _asked("views"), chances.Random(int(random.integers(1 << 30)))
    look = Look(asked["side"], asked["light"], asked["tint"])
    places: dict[str, list[Any]] = {}
    for sample in read_archive(PATCHES):
        places.setdefault(sample.group, []).append(Image.open(io.BytesIO(sample.data)).convert("RGB"))
    tiles = list(places.values())

    def batch() -> tuple[Any, Any]:
        chosen = [chance.choice(tile) for tile in chance.sample(tiles, given["batch"])]
        pixels = np.stack([np.asarray(view(place, look, chance)) for _ in range(2) for place in chosen])
        scaled = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2), dtype=np.float32) / np.float32(255)
        return torch.from_numpy(scaled), torch.arange(given["batch"])

    return batch


def unlike(outputs: Any, places: Any) -> Any:
    """How surprising it is that the other look is the nearest one (van den Oord et al., arXiv 1807.03748, eq. 4)."""
    one, other = outputs[0].split(len(places))
    cosines = SHARPNESS * (one @ other.T)
    return (cross_entropy(cosines, places) + cross_entropy(cosines.T, places)) / 2


def surprise(outputs: Any, clicks: Any) -> Any:
    """Of clicks, by their logits."""
    return binary_cross_entropy_with_logits(outputs[0], clicks)
