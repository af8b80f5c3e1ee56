"""Outputs for synthetic inputs, held against the float64 reference of the model's source where there is one.

In: a predictor, the samples, and a reference file (safetensors; for output «o» of a batch of the samples 0 and 1:
«o.values» at the positions «o.index» of the flattened batch, «o.shape», and «o.std» of the whole). Out: the table
«agreement», one row an output.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tasks.agent.setting import REFERRED, Data, stacked
from tasks.predictors._table import opened
from tasks.predictors.base import Base

REFERENCE = "reference.safetensors"
TYPES = {"F64": "<f8", "F32": "<f4", "I64": "<i8"}
COLUMNS = ("output", "elements", "finite", "spread", "error", "std")


def has_reference(model: dict[str, Any]) -> bool:
    """Whether a reference lies beside the model's file."""
    return Path(model["path"]).with_name(REFERENCE).is_file()


def agreement(predictor: Base, data: Data, model: dict[str, Any]) -> dict[str, Any]:
    """Columns of the table; ``error`` is the largest absolute difference, NaN without a reference beside the model.

    ``spread`` is the standard deviation of this output over the samples, ``std`` that of the reference.
    """
    reference = Path(model["path"]).with_name(REFERENCE)
    held = read(reference) if reference.is_file() else {}
    found = predictor.predict(stacked([data.one(sample) for sample in range(REFERRED)]))
    each = found if isinstance(found, tuple) else (found,)
    pairs = zip(model["outputs"], each)  # noqa: B905  (Python 3.9)
    rows = [(output["name"], *_row(np.asarray(array), held, output["name"])) for output, array in pairs]
    return {name: [row[k] for row in rows] for k, name in enumerate(COLUMNS)}


def _row(array: Any, held: dict[str, Any], name: str) -> tuple[Any, ...]:
    flat = array.reshape(-1).astype(np.float64)
    seen = (flat.size, bool(np.isfinite(flat).all()), float(flat.std()))
    if f"{name}.values" not in held:
        return (*seen, float("nan"), float("nan"))
    alike = list(array.shape) == held[f"{name}.shape"].tolist()
    error = np.abs(flat[held[f"{name}.index"]] - held[f"{name}.values"]).max() if alike else float("inf")
    return (*seen, float(error), float(held[f"{name}.std"][0]))


def read(path: Path) -> dict[str, Any]:
    """The arrays of a safetensors file. Nothing of it is executed."""
    header, data = opened(path)
    return {name: _array(data, entry) for name, entry in header.items() if name != "__metadata__"}


def _array(data: Any, entry: dict[str, Any]) -> Any:
    start, end = entry["data_offsets"]
    return data[start:end].view(TYPES[entry["dtype"]]).reshape(entry["shape"])
