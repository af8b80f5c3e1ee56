"""`<stack's python> -m tests.contracts.answer REQUEST INPUTS OUT SECONDS`: a real predictor's answers.

In: an agent request as JSON, and pre-processed inputs as .npy. Out: OUT.npy with the outputs; OUT.json with the
effective stack and, if SECONDS is above 0, single predictions timed for so long. Lean, Python 3.9.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from tasks.agent.setting import open_predictor
from tasks.errors import TouchstoneError
from tasks.tracing import Tracer

BATCH = 16
WARM = 10


def main(request: Path, inputs: Path, out: Path, seconds: float) -> None:
    """Load, predict, perhaps time, unload."""
    predictor, facts = open_predictor(json.loads(request.read_text()), Tracer())
    pictures = np.load(inputs)
    answers = [predictor.predict(pictures[i : i + BATCH]) for i in range(0, len(pictures), BATCH)]
    facts["predict_ns"] = _timed(predictor, pictures, seconds) if seconds else []
    predictor.unload()
    np.save(out.with_suffix(".npy"), np.concatenate(answers))
    out.with_suffix(".json").write_text(json.dumps(facts))


def _timed(predictor: Any, pictures: Any, seconds: float) -> list[int]:
    """Nanoseconds of single predictions; the first ones are left out."""
    readings: list[int] = []
    end = time.perf_counter() + seconds
    while len(readings) < 3 * WARM or time.perf_counter() < end:
        one = pictures[len(readings) % len(pictures)][None]
        begin = time.perf_counter_ns()
        predictor.predict(one)
        readings.append(time.perf_counter_ns() - begin)
    return readings[WARM:]


if __name__ == "__main__":
    try:
        main(*(Path(word) for word in sys.argv[1:4]), float(sys.argv[4]))
    except TouchstoneError as error:
        sys.exit(str(error))
