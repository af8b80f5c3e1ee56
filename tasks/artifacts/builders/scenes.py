"""Stage `scenes`: drawn scenes with their boxes, masks, and depths, textures from the test crops of `patches`.

One archive for three questions: the index has the boxes as JSON ([[label, left, top, right, bottom], …] in pixels), and
the names of a mask (positions of labels) and of a depth (millimetres, 16 bits), both PNG. Each scene is a source of its
own.
"""

import argparse
import io
import json
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from PIL import Image

from tasks.artifacts.indexed import write_indexed
from tasks.artifacts.scenes import SHAPES, Scene, scene, textures

TEXTURES = Path("artifacts/datasets/patches/test.zip")
FILE = Path("artifacts/datasets/scenes/test.zip")


def build(seed: int, count: int, quality: int, least_std: float, archive: Path = TEXTURES, file: Path = FILE) -> None:
    """Write ``file``; ``quality`` is JPEG's, ``least_std`` the deviation of a texture's grey levels."""
    of = textures(archive, least_std)
    rows: list[dict[str, str]] = []
    files: dict[str, bytes] = {}
    for k in range(count):
        row, made = sample(f"{k:03d}", scene(of, Random(f"{seed} test {k}")), quality)
        rows.append(row)
        files |= made
    write_indexed(rows, files, file)
    print(f"scenes: {count}, {sum(len(s) for s in files.values()) / 1e3:.0f} kB, {len(of)} textures")


def sample(name: str, drawn: Scene, quality: int) -> tuple[dict[str, str], dict[str, bytes]]:
    """The row of the index and the files of one scene."""
    boxes = [[SHAPES[kind], *edges] for kind, *edges in drawn.boxes]
    row = {
        "file": f"picture/{name}.jpg",
        "boxes": json.dumps(boxes),
        "mask": f"mask/{name}.png",
        "depth": f"depth/{name}.png",
        "group": name,
    }
    millimetres = np.rint(1000 * drawn.depth).astype(np.uint16)
    return row, {
        row["file"]: _encoded(drawn.picture, "JPEG", quality=quality),
        row["mask"]: _encoded(drawn.classes, "PNG", optimize=True),
        row["depth"]: _encoded(millimetres, "PNG", optimize=True),
    }


def _encoded(pixels: Any, form: str, **options: Any) -> bytes:
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, form, **options)
    return encoded.getvalue()


def main() -> None:
    """Read the parameters of params.yaml from the command line."""
    parser = argparse.ArgumentParser()
    for name in ("seed", "count", "quality"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--least_std", type=float, required=True)
    build(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()
