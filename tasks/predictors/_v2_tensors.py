"""Tensors in the Open Inference Protocol (KServe v2): a batch as the body of a request, a body as an array.

Numbers stand in the JSON, or, by the protocol's binary extension, raw and little-endian behind it; a header then says
where the JSON ends. A server may answer either way. Knows no connection. Lean, Python 3.9.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from tasks.errors import TouchstoneError

DTYPES = {
    "FP16": "float16",
    "FP32": "float32",
    "FP64": "float64",
    "UINT8": "uint8",
    "INT8": "int8",
    "INT32": "int32",
    "INT64": "int64",
}
DATATYPES = {dtype: datatype for datatype, dtype in DTYPES.items()}
LENGTH = "Inference-Header-Content-Length"


def declared(tensors: list[dict[str, Any]]) -> dict[str, tuple[list[Any], str]]:
    """What a server says of a model's tensors: name → (shape, dtype); a free dimension, -1 there, is None."""
    return {
        t["name"]: ([None if n < 0 else n for n in t["shape"]], DTYPES.get(t["datatype"], t["datatype"]))
        for t in tensors
    }


def written(batch: Any, name: str, output: str, binary: bool) -> tuple[bytes, dict[str, str]]:
    """Body and headers of the request for one output."""
    tensor: dict[str, Any] = {"name": name, "shape": list(batch.shape), "datatype": DATATYPES[batch.dtype.name]}
    wanted: dict[str, Any] = {"name": output}
    if not binary:
        tensor["data"] = batch.ravel().tolist()
        return _json(tensor, wanted), {"Content-Type": "application/json"}
    data = batch.astype(batch.dtype.newbyteorder("<"), copy=False).tobytes()
    tensor["parameters"], wanted["parameters"] = {"binary_data_size": len(data)}, {"binary_data": True}
    head = _json(tensor, wanted)
    return head + data, {"Content-Type": "application/octet-stream", LENGTH: str(len(head))}


def _json(tensor: dict[str, Any], wanted: dict[str, Any]) -> bytes:
    return json.dumps({"inputs": [tensor], "outputs": [wanted]}).encode()


def read(headers: Any, body: bytes, output: str) -> Any:
    """The array of one output, in the shape that the answer states. Raises TouchstoneError."""
    try:
        end = int(headers.get(LENGTH) or len(body))
        for tensor, data in _tensors(json.loads(body[:end])["outputs"], body[end:]):
            if tensor["name"] == output:
                return _array(tensor, data)
    except (ValueError, KeyError, TypeError) as error:
        raise TouchstoneError(f"An answer is none of the protocol: {type(error).__name__}: {error}.") from error
    raise TouchstoneError(f"An answer has no output «{output}».")


def _tensors(outputs: list[dict[str, Any]], raw: bytes) -> list[tuple[dict[str, Any], bytes]]:
    """Each output with its raw bytes, which follow each other; empty for numbers in the JSON."""
    found, at = [], 0
    for tensor in outputs:
        size = int(tensor.get("parameters", {}).get("binary_data_size", 0))
        found.append((tensor, raw[at : at + size]))
        at += size
    return found


def _array(tensor: dict[str, Any], raw: bytes) -> Any:
    dtype = np.dtype(DTYPES[tensor["datatype"]]).newbyteorder("<")
    flat = np.array(tensor["data"], dtype).ravel() if "data" in tensor else np.frombuffer(raw, dtype)
    return flat.reshape(tensor["shape"])
