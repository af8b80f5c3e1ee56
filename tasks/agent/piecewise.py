"""Pieces of a model, one after the other, in a software's own Python: `python -m tasks.agent.piecewise`.

In: a request a line of standard input, with files of arrays; out: their answers beside them, and a line of standard
output that says so, or why not. A piece is a model file of its own, which the predictor loads as any other, or layers
of a layer table, which are run one by one as the predictor builds them (PyTorch).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from tasks import plugins
from tasks.errors import TouchstoneError
from tasks.predictors import _table
from tasks.predictors.base import Setup


def answered(request: dict[str, Any], tables: dict[str, _table.Table]) -> None:
    """Write «answers»: the arrays v0, v1, … of the request's outputs, in order."""
    with np.load(request["given"]) as file:
        given = [file[f"v{place}"] for place in range(len(request["inputs"]))]
    if "layers" in request:
        found = _layers(request, given, tables)
    else:
        predictor = plugins.load("tasks.predictors", request["framework"], (), request.get("plugin")).Predictor(
            **request["options"]
        )
        threads = request["threads"]
        predictor.load(
            Path(request["path"]),
            Setup(request["device"], threads["intra"], threads["inter"], request["inputs"], request["outputs"]),
        )
        answers = predictor.predict(given[0] if len(given) == 1 else tuple(given))
        found = list(answers) if isinstance(answers, tuple) else [answers]
        predictor.unload()
    arrays: dict[str, Any] = {f"v{place}": np.asarray(array) for place, array in enumerate(found)}
    np.savez(request["answers"], **arrays)


def _layers(request: dict[str, Any], given: list[Any], tables: dict[str, _table.Table]) -> list[Any]:
    """Those that write these outputs, in torch."""
    import torch

    from tasks.predictors._torch_modules import module

    torch.set_num_threads(request["threads"]["intra"])
    path = request["path"]
    table = tables[path] if path in tables else tables.setdefault(path, _table.read(Path(path)))
    names = [tensor["name"] for tensor in request["inputs"]]
    values = dict(zip(names, map(torch.from_numpy, given)))  # noqa: B905  (Python 3.9)
    with torch.inference_mode():
        for layer in table.layers:
            if layer.output in request["layers"]:
                values[layer.output] = module(layer).eval()(*[values[name] for name in layer.inputs])
    return [values[tensor["name"]].numpy() for tensor in request["outputs"]]


def main() -> None:
    """Until standard input ends."""
    tables: dict[str, _table.Table] = {}
    for line in sys.stdin:
        try:
            answered(json.loads(line), tables)
            said = {}
        except TouchstoneError as error:
            said = {"why": str(error)}
        except Exception as error:  # a framework's own
            said = {"why": f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
