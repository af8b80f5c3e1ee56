"""The photographs that `patches` is cut from, as they lie in two wheels, pinned by their bytes.

All may be redistributed; NOTICE states licence and author of each. Needs the extra «build».
"""

from importlib.util import find_spec
from pathlib import Path

from PIL import Image

from tasks.artifacts.files import sha256_of
from tasks.errors import ArtifactMismatch, Refused

# name: (package, file in it, SHA-256)
PICTURES = {
    "astronaut": ("skimage", "data/astronaut.png", "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5"),
    "chelsea": ("skimage", "data/chelsea.png", "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb"),
    "china": (
        "sklearn",
        "datasets/images/china.jpg",
        "8378025ad2519d649d02e32bd98990db4ab572357d9f09841c2fbfbb4fefad29",
    ),
    "coffee": ("skimage", "data/coffee.png", "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7"),
    "flower": (
        "sklearn",
        "datasets/images/flower.jpg",
        "a77f6ec41e353afdf8bdff2ea981b2955535d8d83294f8cfa49cf4e423dd5638",
    ),
    "hubble_deep_field": (
        "skimage",
        "data/hubble_deep_field.jpg",
        "3a19c5dd8a927a9334bb1229a6d63711b1c0c767fb27e2286e7c84a3e2c2f5f4",
    ),
    "ihc": ("skimage", "data/ihc.png", "f8dd1aa387ddd1f49d8ad13b50921b237df8e9b262606d258770687b0ef93cef"),
    "retina": ("skimage", "data/retina.jpg", "38a07f36f27f095e818aea7b96d34202c05176d30253c66733f2e00379e9e0e6"),
    "rocket": ("skimage", "data/rocket.jpg", "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c"),
}
LABELS = tuple(PICTURES)


def open_picture(name: str) -> Image.Image:
    """The photograph in RGB. Raises Refused without its package, ArtifactMismatch when its bytes are others."""
    package, inside, sha256 = PICTURES[name]
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise Refused(
            f"The picture {name} lies in the package {package}, which is not installed. Run: pip install -e '.[build]'"
        )
    path = Path(spec.origin).parent / inside
    found = sha256_of(path)
    if found != sha256:
        raise ArtifactMismatch(
            f"{path} has SHA-256 {found}, patches was cut from {sha256}. Install the versions of requirements.lock."
        )
    return Image.open(path).convert("RGB")
