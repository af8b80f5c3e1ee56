"""Stage `patches`: JPEG crops of nine photographs; the question is which photograph a crop comes from.

The name of a crop holds its rectangle («retina/x0104y0212.jpg»), its group is the tile that it lies in.
"""

import argparse
import io
from pathlib import Path

from PIL import Image

from tasks.artifacts.archive import Sample, write_archive
from tasks.artifacts.pictures import LABELS, open_picture
from tasks.artifacts.tiles import SPLITS, Crop, Cut, crops

FOLDER = Path("artifacts/datasets/patches")


def build(cut: Cut, per_picture: dict[str, int], quality: int, folder: Path = FOLDER) -> None:
    """Write train.zip and test.zip to ``folder``."""
    pictures = {label: open_picture(label) for label in LABELS}
    for split in SPLITS:
        samples = [
            _sample(picture, label, crop, cut.crop, quality)
            for label, picture in pictures.items()
            for crop in crops(cut, label, *picture.size, split, per_picture[split])
        ]
        write_archive(samples, folder / f"{split}.zip")
        print(f"patches: {len(samples)} {split} crops of {len(pictures)} pictures")


def _sample(picture: Image.Image, label: str, crop: Crop, size: int, quality: int) -> Sample:
    box = (crop.left, crop.top, crop.left + size, crop.top + size)
    encoded = io.BytesIO()
    picture.crop(box).save(encoded, "JPEG", quality=quality, subsampling="4:2:0")
    file = f"{label}/x{crop.left:04d}y{crop.top:04d}.jpg"
    return Sample(file, label, f"{label}/r{crop.row}c{crop.column}", encoded.getvalue())


def main() -> None:
    """Read the parameters of params.yaml from the command line."""
    parser = argparse.ArgumentParser()
    for name in ("tile", "margin", "crop", "seed", "quality", "train_per_picture", "test_per_picture"):
        parser.add_argument(f"--{name}", type=int, required=True)
    given = parser.parse_args()
    cut = Cut(given.tile, given.margin, given.crop, given.seed)
    build(cut, {"train": given.train_per_picture, "test": given.test_per_picture}, given.quality)


if __name__ == "__main__":
    main()
