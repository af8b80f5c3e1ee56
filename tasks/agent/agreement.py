"""Outputs for synthetic inputs, held against the float64 reference of the model's source where there is one.

In: a predictor, the samples, and a reference file (safetensors; for sample i and output o: «i.o.values» at the flat
positions «i.o.index», and «i.o.std» of the whole output). Out: the table «agreement», one row a sample and output.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tasks.agent.setting import Data, stacked
from tasks.predictors.base import Base

REFERENCE = "reference.safetensors"
COMPARED = 2  # synthetic samples that a reference holds
TYPES = {"F64": "<f8", "F32": "<f4", "I64": "<i8"}
COLUMNS = ("sample", "output", "elements", "finite", "spread", "error", "std")


def agreement(predictor: Base, data: Data, model: dict[str, Any]) -> dict[str, Any]:
    """Columns of the table; ``error`` is the largest absolute difference, NaN without a reference beside the model.

    ``spread`` is the standard deviation of this output, ``std`` that of the reference.
    """
    reference = Path(model["path"]).with_name(REFERENCE)
    held = read(reference) if reference.is_file() else {}
    rows = []
    for sample in range(min(COMPARED, len(data.samples))):
        found = predictor.predict(stacked([data.one(sample)]))
        each = found if isinstance(found, tuple) else (found,)
        for output, array in zip(model["outputs"], each):  # noqa: B905  (Python 3.9)
            rows.append((sample, output["name"], *_row(np.asarray(array), held, f"{sample}.{output['name']}")))
    return {name: [row[k] for row in rows] for k, name in enumerate(COLUMNS)}


def _row(array: Any, held: dict[str, Any], key: str) -> tuple[Any, ...]:
    flat = array.reshape(-1).astype(np.float64)
    spread = float(flat.std())
    if f"{key}.values" not in held:
        return flat.size, bool(np.isfinite(flat).all()), spread, float("nan"), float("nan")
    index = held[f"{key}.index"]
    fits = bool(len(index) == 0 or index.max() < flat.size)
    error = float(np.abs(flat[index] - held[f"{key}.values"]).max()) if fits else float("inf")
    return flat.size, bool(np.isfinite(flat).all()), spread, error, float(held[f"{key}.std"].reshape(-1)[0])


def read(path: Path) -> dict[str, Any]:
    """The arrays of a safetensors file. Nothing of it is executed."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    body = memoryview(data)[8 + length :]
    return {name: _array(body, entry) for name, entry in header.items() if name != "__metadata__"}


def _array(body: Any, entry: dict[str, Any]) -> Any:
    start, end = entry["data_offsets"]
    return np.frombuffer(body[start:end], TYPES[entry["dtype"]]).reshape(entry["shape"])
