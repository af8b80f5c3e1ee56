"""What modalities share whose answers are texts: references that are there, answers that are texts, equal or not."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from tasks.errors import Refused
from tasks.modalities.base import Batch
from tasks.processing.samples import Samples

SHOWN = 3


def references(samples: Samples) -> list[str]:
    """The column «text» of the index, one space between words. Raises Refused with the files that have an empty one."""
    said = [" ".join(text.split()) for text in samples.column("text")]
    if empty := [file for file, text in zip(samples.files, said) if not text]:  # noqa: B905  (Python 3.9)
        more = f" and {len(empty) - SHOWN} more" if len(empty) > SHOWN else ""
        raise Refused(
            f"{samples.name}: the text of {', '.join(empty[:SHOWN])}{more} is empty, so no answer to it can be judged; "
            "write what is true, or leave the sample out."
        )
    return said


def answers(batch: Batch, what: str) -> list[str]:
    """One space between words. Raises Refused where the post-processing ends in anything but a text a sample."""
    found, count = batch.result, len(batch.indices)
    if isinstance(found, list) and len(found) == count and all(isinstance(one, str) for one in found):
        return [" ".join(one.split()) for one in found]
    raise Refused(
        f"{what} is judged by texts, one a sample; of {count} samples these are {_said(found)}. End the "
        "post-processing in a step that makes texts, such as ctc_greedy."
    )


def _said(found: Any) -> str:
    if isinstance(found, list):
        return f"{len(found)} of {', '.join(sorted({type(one).__name__ for one in found})) or 'nothing'}"
    arrays = found if isinstance(found, tuple) else (found,)
    return ", ".join(f"{np.asarray(array).dtype} of {np.shape(array)}" for array in arrays)


def checksum(text: str) -> int:
    """CRC-32: equal texts have equal ones, others hardly ever."""
    return zlib.crc32(text.encode())
