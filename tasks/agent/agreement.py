"""Outputs for synthetic inputs, held against the float64 reference of the model's source where there is one.

In: a predictor, the samples, and a reference file (safetensors; for output «o» of a batch of the samples 0 and 1:
«o.values» at the positions «o.index» of the flattened batch, «o.shape», and «o.std» of the whole). Out: the table
«agreement», one row an output.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tasks.agent.chain import Chain
from tasks.agent.pictured import stacked
from tasks.agent.setting import REFERRED, Data, synthetic_data
from tasks.predictors._table import opened
from tasks.predictors.base import Loaded

REFERENCE = "reference.safetensors"
TYPES = {"F64": "<f8", "F32": "<f4", "I64": "<i8"}
COLUMNS = ("output", "elements", "finite", "spread", "error", "std")


def has_reference(model: dict[str, Any]) -> bool:
    """Whether a reference lies beside the model's file."""
    return Path(model["path"]).with_name(REFERENCE).is_file()


def agreed(predictor: Loaded, request: dict[str, Any], every: bool) -> dict[str, Any]:
    """The table of the model, or of each model of a pipeline by itself; ``every``: without a reference too."""
    if not isinstance(predictor, Chain):
        if not (every or has_reference(request["model"])):
            return {}
        return agreement(predictor, synthetic_data(request), request["model"])
    whole: dict[str, Any] = {name: [] for name in COLUMNS}
    for of, stage in zip(predictor.links, request["pipeline"]):  # noqa: B905  (Python 3.9)
        if every or has_reference(stage):
            alone = {**request, "pipeline": None, "preprocess": [], "model": stage}
            outputs = [{**output, "said": f"{of.name}.{output['name']}"} for output in stage["outputs"]]
            rows = agreement(of.predictor, synthetic_data(alone), {**stage, "outputs": outputs})
            whole = {name: whole[name] + rows[name] for name in COLUMNS}
    return whole if whole["output"] else {}


def agreement(predictor: Loaded, data: Data, model: dict[str, Any]) -> dict[str, Any]:
    """Columns of the table; ``error`` is the largest absolute difference, NaN without a reference beside the model.

    ``spread`` is the standard deviation of this output over the samples, ``std`` that of the reference.
    """
    reference = Path(model["path"]).with_name(REFERENCE)
    held = read(reference) if reference.is_file() else {}
    pairs = zip(model["outputs"], _answers(predictor, data, bool(model.get("one_at_a_time"))))  # noqa: B905  (3.9)
    rows = [
        (output.get("said", output["name"]), *_row(np.asarray(array), held, output["name"])) for output, array in pairs
    ]
    return {name: [row[k] for row in rows] for k, name in enumerate(COLUMNS)}


def _answers(predictor: Loaded, data: Data, apart: bool) -> list[Any]:
    """An array for each output: of both samples at once, or one after the other and end to end."""
    samples = [data.one(sample) for sample in range(REFERRED)]
    parts = [predictor.predict(stacked(part)) for part in ([[one] for one in samples] if apart else [samples])]
    tuples = [found if isinstance(found, tuple) else (found,) for found in parts]
    if not apart:
        return list(tuples[0])
    return [np.concatenate([np.ravel(array) for array in arrays]) for arrays in zip(*tuples)]  # noqa: B905  (3.9)


def _row(array: Any, held: dict[str, Any], name: str) -> tuple[Any, ...]:
    flat = array.reshape(-1).astype(np.float64)
    seen = (flat.size, bool(np.isfinite(flat).all()), float(flat.std()) if flat.size else 0.0)
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
