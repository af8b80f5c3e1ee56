"""Train a model of the zoo, once, by a maintainer; the weights are committed and a build only copies them in.

`python -m tasks.stacks tasks/artifacts/zoo/torch.lock -m tasks.artifacts.zoo.train BUILD.json FILE`: enlarging crops of
`patches` (train), boxes, classes, or depths of drawn scenes, the next byte of `manuals` (train), or which of its
packages a text is of, by what the order's outputs mean; speech and translations stand in `sequences.py`, clicks,
series, and looks at a picture in `worlds.py`. The numbers are in params.yaml under zoo_trained. Adam with one warm-up
and decay of the rate, from a seed.
"""

import io
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import save

from tasks import ROOT
from tasks.artifacts.archive import read_archive
from tasks.artifacts.files import written
from tasks.artifacts.zoo import scene_training, sequences, worlds
from tasks.artifacts.zoo.command import ended
from tasks.artifacts.zoo.fitted import STATISTICS, norms
from tasks.artifacts.zoo.making import made
from tasks.artifacts.zoo.order import Order, read
from tasks.errors import Refused

DATA = ROOT / "artifacts" / "datasets"
SIDE = 60  # pixels of a large crop: a multiple of every scale
Batches = Callable[[], tuple[Any, Any]]


def train(order: Order, file: Path) -> None:
    """Write parameters and batch statistics as float32. Raises Refused for a model that there is nothing for."""
    kind = _kind(order)
    given = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["zoo_trained"][kind]
    torch.manual_seed(given["seed"])
    torch.use_deterministic_algorithms(True)
    module = made(order, fitted=False)
    make, loss = KINDS[kind]
    _fit(module, make({"model": order.name, **given}, np.random.default_rng(given["seed"])), loss, given)
    state = module.state_dict()
    names = [name for name, _ in module.named_parameters()]
    names += [f"{name}.{which}" for name in norms(module) for which in STATISTICS]
    written(file, save({name: state[name].detach().contiguous() for name in names}))


def _kind(order: Order) -> str:
    """A name in params.yaml: of texts, logits of every place are text, those of the whole are classes."""
    layout, meanings = order.inputs[0]["layout"], tuple(output["meaning"] for output in order.outputs)
    if (layout, meanings) == ("NT", ("logits",)):
        if "pieces" in order.arguments:
            return "translation"
        return "classes" if "classes" in order.arguments else "text"
    if (layout, meanings) == ("NCHW", ("logits",)) and order.inputs[0]["shape"][2] < SIDE:
        return "shapes"  # smaller pictures are crops of a scene
    if (layout, meanings) in MEANT:
        return MEANT[layout, meanings]
    raise Refused(
        f"{order.name}: nothing is known that models of {layout} to {', '.join(meanings)} could be trained on here."
    )


def _fit(module: Any, batches: Batches, loss_of: Callable[[Any, Any], Any], given: Mapping[str, Any]) -> None:
    for parameter in module.parameters():
        parameter.requires_grad_(True)
    for layer in norms(module).values():
        layer.train()
    optimizer = torch.optim.Adam(module.parameters(), lr=given["rate"], weight_decay=given.get("decay", 0.0))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, given["rate"], total_steps=given["steps"])
    total, told = 0.0, max(1, given["steps"] // 20)
    for step in range(1, given["steps"] + 1):
        inputs, targets = batches()
        loss = loss_of(module(*inputs) if isinstance(inputs, tuple) else module(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        total += float(loss.detach())
        if not step % told:
            print(f"step {step} of {given['steps']}: loss {total / told:.4f}", file=sys.stderr, flush=True)
            total = 0.0


def _pictures(given: Mapping[str, Any], random: np.random.Generator) -> Batches:
    """Grey crops, turned and mirrored; shrunk by the filter that `crops` was made with."""
    samples = read_archive(DATA / "patches" / "train.zip")
    large = [Image.open(io.BytesIO(s.data)).convert("L").crop((2, 2, 2 + SIDE, 2 + SIDE)) for s in samples]
    size = (SIDE // given["scale"],) * 2
    small = np.stack([np.asarray(p.resize(size, Image.Resampling.BICUBIC)) for p in large])
    whole = np.stack([np.asarray(picture) for picture in large])

    def batch() -> tuple[Any, Any]:
        chosen = random.integers(0, len(whole), given["batch"])
        turns, mirrored = int(random.integers(4)), bool(random.integers(2))
        inputs, targets = (_tensor(np.rot90(of[chosen], turns, (1, 2)), mirrored) for of in (small, whole))
        return inputs, targets

    return batch


def _tensor(pictures: NDArray[np.uint8], mirrored: bool) -> Any:
    """(n, height, width) uint8 → (n, 1, height, width) within 0 … 1."""
    values = pictures[..., ::-1] if mirrored else pictures
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32)[:, None] / np.float32(255))


def _texts(given: Mapping[str, Any], random: np.random.Generator) -> Batches:
    """Bytes, and the bytes that follow them, from anywhere in a stretch."""
    places = given["places"]
    texts = [np.frombuffer(s.data, np.uint8) for s in read_archive(DATA / "manuals" / "train.zip")]
    texts = [text for text in texts if len(text) > places]

    def batch() -> tuple[Any, Any]:
        chosen = [texts[k] for k in random.integers(0, len(texts), given["batch"])]
        starts = [int(random.integers(0, len(text) - places)) for text in chosen]
        parts = [text[at : at + places + 1] for text, at in zip(chosen, starts, strict=True)]
        ids = torch.from_numpy(np.stack(parts).astype(np.int64))
        return ids[:, :-1], ids[:, 1:]

    return batch


def _origins(given: Mapping[str, Any], random: np.random.Generator) -> Batches:
    """Bytes from anywhere in a stretch, and which package it is of, each as often as the others."""
    samples, places = read_archive(DATA / "manuals" / "train.zip"), given["places"]
    labels = sorted({s.label for s in samples})
    of = [[s.data for s in samples if s.label == label and len(s.data) > places] for label in labels]

    def batch() -> tuple[Any, Any]:
        targets = random.integers(0, len(labels), given["batch"])
        texts = [of[label][int(random.integers(len(of[label])))] for label in targets]
        starts = [int(random.integers(0, len(text) - places)) for text in texts]
        parts = [list(text[at : at + places]) for text, at in zip(texts, starts, strict=True)]
        return torch.tensor(parts), torch.from_numpy(targets)

    return batch


def _surprise(outputs: Any, targets: Any) -> Any:
    """Of the classes, which stand in the last dimension."""
    return torch.nn.functional.cross_entropy(outputs[0].flatten(0, -2), targets.flatten())


def _difference(outputs: Any, targets: Any) -> Any:
    return torch.nn.functional.l1_loss(outputs[0], targets)


MEANT = {
    ("NCHW", ("picture",)): "picture",
    ("NCHW", ("boxes", "logits")): "boxes",
    ("NCHW", ("logits",)): "masks",
    ("NCHW", ("values",)): "depths",
    ("N", ("logits",)): "click",
    ("NTC", ("values",)): "series",
    ("NCT", ("logits",)): "speech",
    ("NCHW", ("features",)): "looks",
}
KINDS: Mapping[str, tuple[Callable[..., Batches], Callable[[Any, Any], Any]]] = {
    "picture": (_pictures, _difference),
    "text": (_texts, _surprise),
    "classes": (_origins, _surprise),
    "shapes": (scene_training.crops, _surprise),
    "boxes": (partial(scene_training.batches, targets=scene_training.centres), scene_training.of_centres),
    "masks": (partial(scene_training.batches, targets=scene_training.classes), scene_training.of_classes),
    "depths": (partial(scene_training.batches, targets=scene_training.depths), scene_training.of_depths),
    "click": (worlds.clicked, worlds.surprise),
    "series": (worlds.forecast, _difference),
    "looks": (worlds.looks, worlds.unlike),
    "speech": (sequences.speech, sequences.ctc_across),
    "translation": (sequences.translation, sequences.ctc),
}


if __name__ == "__main__":
    sys.exit(
        ended(sys.argv[1:], "tasks.artifacts.zoo.train BUILD.json FILE", lambda order, file: train(read(order), file))
    )
