"""A model behind an HTTP endpoint that speaks the Open Inference Protocol (KServe v2).

The model's file is what is claimed to be served: its name asks for the model, its tensors are held against what the
server says of its own, and nothing here can prove that the weights are the same. Standard library and numpy only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

import numpy as np

from tasks.errors import TouchstoneError
from tasks.plugins import Range
from tasks.predictors import _v2_tensors
from tasks.predictors._endpoint import Endpoint, median_ms
from tasks.predictors.base import Setup, agree, require_tensors


class Predictor:
    """One model of one server. ``model`` is its name there; None takes the name of the file without its ending."""

    formats = ("onnx",)
    module = "http.client"

    def __init__(
        self,
        *,
        url: str,
        model: str | None,
        tensors: Literal["binary", "json"],
        timeout_s: Annotated[float, Range(gt=0)],
    ) -> None:
        self.url, self.model, self.tensors, self.timeout_s = url, model, tensors, timeout_s

    def load(self, path: Path, setup: Setup) -> dict[str, Any]:
        """Ask the server what it has, hold it against the manifest, and return what it said of itself."""
        self._endpoint, name = Endpoint(self.url, self.timeout_s), self.model or path.stem
        self._model = f"/v2/models/{quote(name, safe='')}"
        server, model = self._endpoint.get("/v2"), self._described()
        self._input, self._output = setup.inputs[0], setup.outputs[0]["name"]
        self._expected = _checked(model, setup)[self._output]
        return {
            "framework": "served",
            "version": " ".join(str(server.get(key, "")) for key in ("name", "version")),
            "device": "the server's",
            "precision": self._input["dtype"],  # of the tensors; what it computes in, no endpoint says
            "intra_threads": "the server's",
            "inter_threads": "the server's",
            "build": str(model.get("platform", "unreadable")),
            "url": self._endpoint.url,
            "model": name,
            "model_versions": model.get("versions", []),
            "tensors": self.tensors,
            "weights": f"as the server says: {path.name} is claimed, not proved",
        }

    def _described(self) -> Any:
        try:
            return self._endpoint.get(self._model)
        except TouchstoneError as error:
            raise TouchstoneError(f"{error} The model's name there is software.options.model=<name>.") from error

    def client(self) -> dict[str, float]:
        """What is this side's, in ms: a request for one sample written and its answer read, and a question for nothing.

        Medians; both are part of every prediction. One prediction of zeros is really asked for.
        """
        zeros = _zeros(self._input)
        answer = self._endpoint.ask("POST", f"{self._model}/infer", *self._written(zeros))
        self._read(answer, len(zeros))
        return {
            "client_ms": median_ms(lambda: (self._written(zeros), self._read(answer, len(zeros)))),
            "client_round_trip_ms": median_ms(lambda: self._endpoint.ask("GET", "/v2")),
        }

    def predict(self, batch: Any) -> Any:
        """(batch, …) → (batch, classes)."""
        return self._read(self._endpoint.ask("POST", f"{self._model}/infer", *self._written(batch)), len(batch))

    def _written(self, batch: Any) -> tuple[bytes, dict[str, str]]:
        return _v2_tensors.written(batch, self._input["name"], self._output, self.tensors == "binary")

    def _read(self, answer: tuple[Any, bytes], samples: int) -> Any:
        found = _v2_tensors.read(*answer, self._output)
        shape, dtype = [samples, *self._expected[0][1:]], self._expected[1]
        if found.dtype.name != dtype or not agree(list(found.shape), shape):
            raise TouchstoneError(
                f"{self._endpoint.url} answers «{self._output}» as {found.dtype.name} of shape {list(found.shape)}; it "
                f"said {dtype} of shape {shape}."
            )
        return found

    def unload(self) -> None:
        """End the connection."""
        self._endpoint.close()


def _checked(model: dict[str, Any], setup: Setup) -> dict[str, tuple[list[Any], str]]:
    """The outputs that the server declares, once they and the inputs are those of the manifest."""
    try:
        inputs, outputs = (_v2_tensors.declared(model[kind]) for kind in ("inputs", "outputs"))
    except (KeyError, TypeError) as error:
        raise TouchstoneError(f"The server describes no tensors of the model: {error!r} in {model}.") from error
    require_tensors("input", inputs, setup.inputs, "the server")
    require_tensors("output", outputs, setup.outputs, "the server")
    return outputs


def _zeros(tensor: dict[str, Any]) -> Any:
    """One sample that means nothing."""
    return np.zeros([n if isinstance(n, int) else 1 for n in tensor["shape"]], tensor["dtype"])
