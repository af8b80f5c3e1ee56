"""Real environments of conf/software for tests: models are written and predictors run as processes inside them.

They are large, so such tests run only with TOUCHSTONE_STACKS=all in the environment.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from tasks import ROOT
from tasks.stacks.build import ensure
from tasks.stacks.lock import Lock

ASKED = os.environ.get("TOUCHSTONE_STACKS") == "all"
FORMATS = {  # software → the emitter of its format, the software in which it runs, and a file
    "litert": ("tasks.artifacts.tflite_writer:write_tflite", "tensorflow", "every.tflite"),
    "mxnet": ("tasks.artifacts.mxnet_writer:write_mxnet", "mxnet", "every.zip"),
    "tensorflow": ("tasks.artifacts.keras_writer:write_keras", "tensorflow", "every.keras"),
}
LARGE = pytest.mark.skipif(not ASKED, reason="builds a large environment: set TOUCHSTONE_STACKS=all")

PREDICT = """
import json, sys
from pathlib import Path
import numpy as np
from tasks import plugins
from tasks.predictors.base import Setup
asked = json.loads(sys.argv[1])
predictor = plugins.load("tasks.predictors", asked["framework"]).Predictor(**asked["options"])
setup = Setup("cpu", asked["threads"], 1, asked["inputs"], asked["outputs"])
Path(asked["effective"]).write_text(json.dumps(predictor.load(Path(asked["model"]), setup)))
np.save(asked["answers"], predictor.predict(np.load(asked["batch"])))
predictor.unload()
"""


def software(name: str) -> dict[str, Any]:
    """The manifest."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "conf" / "software" / f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded


def inside(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One process of this software's own Python, at the root of the repository, with the manifest's variables."""
    spec = software(name)
    python = ensure(Lock(spec["python"], tuple(spec["packages"])), name).python
    env = {**os.environ, **{k: str(v) for k, v in spec["env"].items()}, "PYTHONPATH": str(ROOT)}
    return subprocess.run([python, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, timeout=300)


def done(process: subprocess.CompletedProcess[str]) -> None:
    """Fails with what the process said."""
    assert process.returncode == 0, process.stderr[-3000:]


def written(name: str, folder: Path) -> Path:
    """The model with every operator, by its emitter in its environment."""
    emitter, writer, file = FORMATS[name]
    done(inside(writer, "-m", "tests.artifacts.every_operator", emitter, str(folder / file)))
    return folder / file


def failure(name: str, model: Path, batch: Any) -> str:
    """The last line of a process that had to fail."""
    _, _, process = predicted(name, model, batch)
    assert process.returncode != 0
    return process.stderr.strip().splitlines()[-1]


def predicted(
    name: str, model: Path, batch: Any, threads: int = 1, **options: Any
) -> tuple[Any, dict[str, Any], subprocess.CompletedProcess[str]]:
    """Answers and effective stack; both empty when the process failed, whose standard error then says why."""
    spec, folder = software(name), model.parent
    np.save(folder / "batch.npy", batch)
    asked = {
        "framework": spec["framework"],
        "options": {**spec["options"], **options},
        "threads": threads,
        "inputs": [{"name": "input", "shape": ["batch", *batch.shape[1:]], "dtype": "float32"}],
        "outputs": [{"name": "logits", "dtype": "float32"}],
        "model": str(model),
        **{key: str(folder / f"{key}.npy") for key in ("batch", "answers", "effective")},
    }
    process = inside(name, "-c", PREDICT, json.dumps(asked))
    if process.returncode:
        return None, {}, process
    return np.load(folder / "answers.npy"), json.loads((folder / "effective.npy").read_text()), process
