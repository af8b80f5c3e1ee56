"""Stage `digits`: scikit-learn's 1 797 handwritten digits as grey 8 × 8 PNG, split by a seed.

Needs the extra «build».
"""

import argparse
import io
import random
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tasks.artifacts.archive import Sample, write_archive
from tasks.errors import Refused

FOLDER = Path("artifacts/datasets/digits")


def build(seed: int, test_samples: int, folder: Path = FOLDER) -> None:
    """Write train.zip and test.zip to ``folder``."""
    samples = _samples()
    random.Random(seed).shuffle(samples)
    write_archive(samples[test_samples:], folder / "train.zip")
    write_archive(samples[:test_samples], folder / "test.zip")
    print(f"digits: {len(samples) - test_samples} train and {test_samples} test pictures")


def _samples() -> list[Sample]:
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise Refused("digits lies in the package scikit-learn. Run: pip install -e '.[build]'") from error
    images, labels = load_digits(return_X_y=True)
    # Stored as 0 … 16: 16 becomes white.
    grey = np.rint(images.reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
    return [_sample(index, str(label), pixels) for index, (pixels, label) in enumerate(zip(grey, labels, strict=True))]


def _sample(index: int, label: str, pixels: NDArray[np.uint8]) -> Sample:
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, "PNG")
    name = f"{index:04d}"
    return Sample(f"{label}/{name}.png", label, name, encoded.getvalue())


def main() -> None:
    """Read the parameters of params.yaml from the command line."""
    parser = argparse.ArgumentParser()
    for name in ("seed", "test_samples"):
        parser.add_argument(f"--{name}", type=int, required=True)
    given = parser.parse_args()
    build(given.seed, given.test_samples)


if __name__ == "__main__":
    main()
