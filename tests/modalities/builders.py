"""Small archives of pictures and of texts, and a batch as a judge sees it."""

import csv
import io
import zipfile
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from PIL import Image

from tasks.artifacts.builders.scenes import sample
from tasks.artifacts.scenes import Scene
from tasks.artifacts.scenes import scene as draw
from tasks.modalities import Base, Batch
from tasks.modalities.base import Row
from tasks.processing.samples import Samples, open_samples

GREY = {"inputs": [{"color": "GRAY"}], "outputs": []}


def zipped(path: Path, rows: list[dict[str, str]], files: dict[str, bytes]) -> Samples:
    """An archive with this index and these files, opened."""
    index = io.StringIO()
    table = csv.DictWriter(index, list(rows[0]))
    table.writeheader()
    table.writerows(rows)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("index.csv", index.getvalue())
        for name, data in files.items():
            archive.writestr(name, data)
    return open_samples({"kind": "archive", "path": path})


def scene(seed: int, side: int = 72) -> np.ndarray:
    """Smooth structure with edges: (side, side) uint8."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:side, 0:side] / side
    waves = sum(np.sin(2 * np.pi * (a * x + b * y) + c) for a, b, c in rng.uniform(-3, 3, (6, 3)))
    return np.clip(128 + 24 * waves + 40 * (x > y), 0, 255).astype(np.uint8)


def png(pixels: np.ndarray) -> bytes:
    """Encoded."""
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, "PNG")
    return encoded.getvalue()


def pairs(path: Path, count: int = 3, scale: int = 2) -> Samples:
    """Small pictures with their truths."""
    rows, files = [], {}
    for k in range(count):
        large = scene(k)
        side = large.shape[0] // scale
        small = np.asarray(Image.fromarray(large).resize((side, side), Image.Resampling.BICUBIC))
        rows.append({"file": f"small/{k}.png", "truth": f"large/{k}.png", "group": f"scene {k}"})
        files |= {f"small/{k}.png": png(small), f"large/{k}.png": png(large)}
    return zipped(path, rows, files)


def scenes(count: int) -> list[Scene]:
    """Drawn scenes, with noise for textures."""
    noise = np.random.default_rng(0).integers(0, 256, (8, 64, 64, 3)).astype(np.uint8)
    return [draw(list(noise), Random(f"test {k}")) for k in range(count)]


def drawn(path: Path, of: list[Scene]) -> Samples:
    """Scenes with their boxes, masks, and depths."""
    made = [sample(f"{k:02d}", one, 90) for k, one in enumerate(of)]
    return zipped(path, [row for row, _ in made], {name: data for _, files in made for name, data in files.items()})


def texts(path: Path, *said: bytes) -> Samples:
    """Texts, two a group."""
    rows = [{"file": f"{k}.txt", "label": "a", "group": f"book/{k // 2}"} for k in range(len(said))]
    return zipped(path, rows, {f"{k}.txt": text for k, text in enumerate(said)})


def said(path: Path, pairs: list[tuple[str, bytes]], column: str = "text", kind: str = "wav") -> Samples:
    """What is true of files, and what is in them; each a group."""
    names = [f"{k}.{kind}" for k in range(len(pairs))]
    index = [{"file": name, column: text, "group": name} for name, (text, _) in zip(names, pairs, strict=True)]
    return zipped(path, index, {name: data for name, (_, data) in zip(names, pairs, strict=True)})


def rows(judge: Base, samples: Samples, dataset: dict[str, Any], **came: Any) -> list[Row]:
    """What the judge says of all samples; ``came``: inputs, outputs, result, model."""
    given = {"inputs": None, "outputs": None, "result": None, "model": GREY, **came}
    indices = list(range(len(samples)))
    return judge.judged(Batch(indices, samples, judge.truths(samples, dataset), dataset=dataset, **given))
