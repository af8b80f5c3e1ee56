"""Stage `crops`: small pictures and the large ones that they were made of, of the nine photographs of `patches`.

Of the tiles that are test there, so that what is trained on its train half has seen none of them. Large ones are cut as
they are, small ones are shrunk by Pillow's bicubic filter with antialiasing; both are PNG. Sky and night are left out:
of a flat picture nothing can be restored. One archive a scale, and the group of a pair is its photograph.
"""

import argparse
import io
from pathlib import Path

from PIL import Image, ImageStat

from tasks.artifacts.indexed import write_indexed
from tasks.artifacts.pictures import LABELS, open_picture
from tasks.artifacts.tiles import Crop, Cut, crops

FOLDER = Path("artifacts/datasets/crops")


def build(cut: Cut, per_picture: int, least_std: float, scales: list[int], folder: Path = FOLDER) -> None:
    """Write test_x<scale>.zip to ``folder``; ``least_std`` is the deviation of a crop's grey levels."""
    chosen = {name: _chosen(cut, name, per_picture, least_std) for name in LABELS}
    for scale in scales:
        rows: list[dict[str, str]] = []
        files: dict[str, bytes] = {}
        for name, places in chosen.items():
            picture = open_picture(name)
            for crop in places:
                row, made = _pair(picture, name, crop, cut.crop, scale)
                rows.append(row)
                files |= made
        write_indexed(rows, files, folder / f"test_x{scale}.zip")
        print(f"crops: {len(rows)} pairs of scale {scale}, {sum(map(len, files.values())) / 1e3:.0f} kB")


def _chosen(cut: Cut, name: str, count: int, least_std: float) -> list[Crop]:
    """Evenly among the test tiles of a picture that hold a crop with structure, one crop a tile."""
    picture = open_picture(name)
    tiles = (picture.height // cut.tile) * (picture.width // cut.tile) // 2
    every = crops(cut, name, *picture.size, "test", tiles)
    good = [crop for crop in every if ImageStat.Stat(_cut(picture, crop, cut.crop).convert("L")).stddev[0] >= least_std]
    return [good[(2 * k + 1) * len(good) // (2 * count)] for k in range(count)]


def _cut(picture: Image.Image, crop: Crop, size: int) -> Image.Image:
    return picture.crop((crop.left, crop.top, crop.left + size, crop.top + size))


def _pair(
    picture: Image.Image, name: str, crop: Crop, size: int, scale: int
) -> tuple[dict[str, str], dict[str, bytes]]:
    large = _cut(picture, crop, size)
    small = large.resize((size // scale, size // scale), Image.Resampling.BICUBIC)
    at = f"{name}/x{crop.left:04d}y{crop.top:04d}"
    row = {"file": f"small/{at}.png", "truth": f"large/{at}.png", "group": name}
    return row, {row["file"]: _png(small), row["truth"]: _png(large)}


def _png(picture: Image.Image) -> bytes:
    encoded = io.BytesIO()
    picture.save(encoded, "PNG", optimize=True)
    return encoded.getvalue()


def main() -> None:
    """Read the parameters of params.yaml from the command line."""
    parser = argparse.ArgumentParser()
    for name in ("tile", "margin", "crop", "seed", "per_picture"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--least_std", type=float, required=True)
    parser.add_argument("--scales", type=int, nargs="+", required=True)
    given = parser.parse_args()
    build(Cut(given.tile, given.margin, given.crop, given.seed), given.per_picture, given.least_std, given.scales)


if __name__ == "__main__":
    main()
