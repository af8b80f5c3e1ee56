"""What a detector, a segmenter, and a depth model of the zoo are trained on: drawn scenes, and what is wanted of them.

Textures are the train crops of `patches`, so that none of the data set `scenes` is seen. In: numbers of params.yaml and
a random source. Out: batches of (n, 3, SIDE, SIDE) with their targets, and a loss for each kind.
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.nn.functional import cross_entropy, smooth_l1_loss

from tasks import ROOT
from tasks.artifacts.centres import maps_of
from tasks.artifacts.pixels import normalized
from tasks.artifacts.scenes import LABELS, SHAPES, SIDE, Scene, scene, textures
from tasks.errors import Refused

TEXTURES = ROOT / "artifacts" / "datasets" / "patches" / "train.zip"
LEAST_STD = 15.0  # grey levels, as of the data set
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # as the manifests of the zoo say
RARE = 3.0  # weight of a pixel of a shape: four fifths of all are wall and floor
Batches = Callable[[], tuple[Any, Any]]


def batches(given: Mapping[str, Any], random: np.random.Generator, targets: Callable[..., Any]) -> Batches:
    """Scenes, each second batch mirrored; ``targets`` makes what is wanted of (scenes, mirrored)."""
    of = textures(TEXTURES, LEAST_STD)
    scenes = [scene(of, Random(f"{given['seed']} train {k}")) for k in range(given["scenes"])]

    def batch() -> tuple[Any, Any]:
        chosen = [scenes[k] for k in random.integers(0, len(scenes), given["batch"])]
        mirrored = bool(random.integers(2))
        pictures = _turned(np.stack([s.picture for s in chosen]), mirrored)
        return torch.from_numpy(np.ascontiguousarray(normalized(pictures, MEAN, STD))), targets(chosen, mirrored)

    return batch


def crops(given: Mapping[str, Any], random: np.random.Generator) -> Batches:
    """Shapes cut from scenes and resized, their edges moved as a detector's are; which shape each is."""
    of, side = textures(TEXTURES, LEAST_STD), given["side"]
    scenes = [scene(of, Random(f"{given['seed']} train {k}")) for k in range(given["scenes"])]
    seen, kinds = [], []
    for one in scenes:
        for kind, *edges in one.boxes:
            width, height = edges[2] - edges[0], edges[3] - edges[1]
            moved = np.array(edges) + random.uniform(-given["moved"], given["moved"], 4) * ([width, height] * 2)
            left, top = np.floor(moved[:2]).clip(0, SIDE - 2).astype(int)
            right, bottom = np.ceil(moved[2:]).clip(2, SIDE).astype(int)
            cut = Image.fromarray(one.picture[top:bottom, left:right])
            seen.append(np.asarray(cut.resize((side, side), Image.Resampling.BILINEAR)))
            kinds.append(kind)
    pictures, shapes = np.stack(seen), np.array(kinds)

    def batch() -> tuple[Any, Any]:
        chosen = random.integers(0, len(pictures), given["batch"])
        found = _turned(pictures[chosen], bool(random.integers(2)))
        return torch.from_numpy(np.ascontiguousarray(normalized(found, MEAN, STD))), torch.from_numpy(shapes[chosen])

    return batch


def _turned(maps: NDArray[Any], mirrored: bool) -> NDArray[Any]:
    """(n, height, width, …), left and right changed."""
    return np.ascontiguousarray(maps[:, :, ::-1] if mirrored else maps)


def classes(scenes: list[Scene], mirrored: bool) -> Any:
    """(n, SIDE, SIDE) int64."""
    return torch.from_numpy(_turned(np.stack([s.classes for s in scenes]), mirrored).astype(np.int64))


def depths(scenes: list[Scene], mirrored: bool) -> Any:
    """(n, 1, SIDE, SIDE) float32 in metres."""
    return torch.from_numpy(_turned(np.stack([s.depth for s in scenes]), mirrored).astype(np.float32)[:, None])


def centres(scenes: list[Scene], mirrored: bool) -> Any:
    """Heat, boxes, and where those count (`tasks/artifacts/centres.py`)."""
    return tuple(map(torch.from_numpy, maps_of(scenes, mirrored)))


def of_classes(outputs: Any, wanted: Any) -> Any:
    """Cross entropy of logits (n, classes, SIDE, SIDE), shapes weighted."""
    weights = torch.tensor([RARE if label in SHAPES else 1.0 for label in LABELS])
    return cross_entropy(_of_shape(outputs[0], 4), wanted, weights)


def of_depths(outputs: Any, wanted: Any) -> Any:
    """The mean of |answer - truth| / truth."""
    return ((_of_shape(outputs[0], 4) - wanted).abs() / wanted).mean()


def of_centres(outputs: Any, wanted: Any) -> Any:
    """The focal loss of centres (Law and Deng, arXiv 1808.01244, eq. 1), and of boxes a smooth absolute one."""
    (boxes, logits), (heat, sizes, counts) = outputs, wanted
    share = _of_shape(logits, 4).sigmoid().clamp(1e-4, 1 - 1e-4)
    centre = heat == 1
    right = ((1 - share) ** 2 * share.log())[centre].sum()
    wrong = ((1 - heat) ** 4 * share**2 * (1 - share).log())[~centre].sum()
    at = counts.expand_as(boxes)
    return -(right + wrong) / centre.sum() + smooth_l1_loss(boxes[at], sizes[at], beta=0.1)


def _of_shape(answers: Any, dimensions: int) -> Any:
    if answers.dim() != dimensions:
        raise Refused(f"A model that answers {tuple(answers.shape)} is not trained here: scenes want a map of answers.")
    return answers
