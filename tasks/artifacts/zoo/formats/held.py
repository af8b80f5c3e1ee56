"""A format's answers against the float64 reference that lies beside the model: the same samples, the same tolerance.

In go an order, the folder of its reference, and what answers; out comes how far it is off, or Refused.
"""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from tasks.errors import Refused
from tasks.processing.synthetic import synthetic

SEED, SAMPLES = 0, 2
TOLERANCE = 1e-3  # of an output's standard deviation
Answers = Mapping[str, NDArray[Any]]


def compared(build: Path, out: Path, what: str, run: Callable[[Answers], Answers]) -> float:
    """The largest difference, as a share of an output's standard deviation.

    One sample alone has to answer as it does within a batch. Raises Refused beyond the tolerance.
    """
    inputs = json.loads(build.read_text())["inputs"]
    samples = [synthetic(inputs, SEED, index) for index in range(SAMPLES)]
    names = [tensor["name"] for tensor in inputs]
    batch = {name: np.stack(arrays) for name, arrays in zip(names, zip(*samples, strict=True), strict=True)}
    held = load_file(out / "reference.safetensors")
    try:
        both, alone = run(batch), run({name: array[:1] for name, array in batch.items()})
    except Exception as error:
        raise Refused(f"{what} does not run: {' '.join(str(error).split())[:300]}") from error
    worst = max(_off(what, name, both[name], alone[name], held) for name in both)
    print(f"{what} is at most {worst:.1e} of a standard deviation off", file=sys.stderr, flush=True)
    return worst


def _off(what: str, name: str, found: NDArray[Any], alone: NDArray[Any], held: Mapping[str, NDArray[Any]]) -> float:
    shape, std = held[f"{name}.shape"].tolist(), float(held[f"{name}.std"][0])
    if list(found.shape) != shape or list(alone.shape[1:]) != shape[1:]:
        raise Refused(f"{what} gives {name} the shape {list(found.shape)}, float64 {shape}.")
    flat = found.reshape(-1).astype(np.float64)
    away = np.abs(flat[held[f"{name}.index"]] - held[f"{name}.values"]).max() / std
    apart = np.abs(found[:1].astype(np.float64) - alone).max() / std
    worst = float(max(away, apart))
    if not worst <= TOLERANCE:
        raise Refused(
            f"{what} answers {away:.1e} of a standard deviation away from float64 in {name}, and a sample alone "
            f"{apart:.1e} away from one in a batch; {TOLERANCE:g} is allowed."
        )
    return worst
