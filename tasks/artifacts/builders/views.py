"""Stage `views`: two looks at the same place of a photograph, of test tiles of the nine photographs of `patches`.

Whoever is trained on the train half has seen none of these tiles. A place is as large as a picture of patches and has
structure; its two looks are different parts of it, turned or mirrored, lighter or darker, tinted
(`tasks/artifacts/views.py`). The index names the place (truth), which both have in common, and the photograph (group).
"""

import argparse
import io
import random
from pathlib import Path

from PIL import Image, ImageStat

from tasks.artifacts.indexed import write_indexed
from tasks.artifacts.pictures import LABELS, open_picture
from tasks.artifacts.tiles import Crop, Cut, crops
from tasks.artifacts.views import Look, view

FOLDER = Path("artifacts/datasets/views")


def build(cut: Cut, look: Look, per_picture: int, least_std: float, quality: int, folder: Path = FOLDER) -> None:
    """Write test.zip to ``folder``; ``least_std`` is the deviation of a place's grey levels."""
    rows: list[dict[str, str]] = []
    files: dict[str, bytes] = {}
    for name in LABELS:
        picture = open_picture(name)
        for crop in _chosen(cut, name, picture, per_picture, least_std):
            place, chance = f"{name}/x{crop.left:04d}y{crop.top:04d}", random.Random(f"{cut.seed} {name} {crop}")
            for which in "ab":
                row = {"file": f"{place}{which}.jpg", "truth": place, "group": name}
                rows.append(row)
                files[row["file"]] = _jpeg(view(_cut(picture, crop, cut.crop), look, chance), quality)
    write_indexed(rows, files, folder / "test.zip")
    print(f"views: {len(rows)} looks at {len(rows) // 2} places, {sum(map(len, files.values())) / 1e3:.0f} kB")


def _chosen(cut: Cut, name: str, picture: Image.Image, count: int, least_std: float) -> list[Crop]:
    """At most ``count`` places with structure, one a test tile, evenly among them."""
    tiles = sum((r + c) % 2 for r in range(picture.height // cut.tile) for c in range(picture.width // cut.tile))
    every = crops(cut, name, *picture.size, "test", tiles)
    good = [crop for crop in every if ImageStat.Stat(_cut(picture, crop, cut.crop).convert("L")).stddev[0] >= least_std]
    few = min(count, len(good))
    return [good[(2 * k + 1) * len(good) // (2 * few)] for k in range(few)]


def _cut(picture: Image.Image, crop: Crop, size: int) -> Image.Image:
    return picture.crop((crop.left, crop.top, crop.left + size, crop.top + size)).convert("RGB")


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG", quality=quality)
    return encoded.getvalue()


def main() -> None:
    """Read the parameters of params.yaml from the command line."""
    parser = argparse.ArgumentParser()
    for name in ("tile", "margin", "crop", "seed", "side", "per_picture", "quality"):
        parser.add_argument(f"--{name}", type=int, required=True)
    for name in ("light", "tint", "least_std"):
        parser.add_argument(f"--{name}", type=float, required=True)
    given = parser.parse_args()
    cut, look = Cut(given.tile, given.margin, given.crop, given.seed), Look(given.side, given.light, given.tint)
    build(cut, look, given.per_picture, given.least_std, given.quality)


if __name__ == "__main__":
    main()
