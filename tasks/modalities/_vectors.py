"""Vectors as texts of a table, and the plainest ones of pictures and of texts, which a model has to be better than."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np

from tasks.errors import Refused

LONGEST = 4096  # numbers of a vector that is kept as a text


def as_text(vector: Any) -> str:
    """Base64 of little-endian float32."""
    return base64.b64encode(np.asarray(vector, dtype="<f4").tobytes()).decode("ascii")


def of_text(text: str) -> Any:
    """The vector of a text that `as_text` wrote."""
    return np.frombuffer(base64.b64decode(text), dtype="<f4")


def of_bytes(data: bytes) -> Any:
    """(256,): the square root of how often each byte is there, whose products are Hellinger's."""
    return np.sqrt(np.bincount(np.frombuffer(data, dtype=np.uint8), minlength=256))


def of_colours(data: bytes) -> Any:
    """(64,): the same of colours, with four steps of red, green, and blue. Raises Refused for what is no picture."""
    from PIL import Image

    try:
        pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).reshape(-1, 3)
    except (OSError, SyntaxError, ValueError) as error:
        raise Refused(f"A picture of the data set cannot be decoded: {error}") from error
    return np.sqrt(np.bincount((pixels // 64).astype(np.int64) @ np.array([16, 4, 1]), minlength=64))


SIMPLE = {"pictures": of_colours, "texts": of_bytes}  # what samples are → their plainest vectors
