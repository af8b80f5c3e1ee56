"""A server that completes texts over HTTP and streams them token by token, as OpenAI's protocol says it.

vLLM, llama.cpp, SGLang, and others speak it. What is served has no file here: the model's name there is what is
claimed, and nothing can prove weights, precision, or machine. Standard library and numpy only.
"""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from typing import Annotated, Any, Iterable, Literal

import numpy as np

from tasks.errors import Refused, TouchstoneError
from tasks.plugins import Range
from tasks.predictors._completion import Answer, read, text_of
from tasks.predictors._endpoint import Endpoint, median_ms
from tasks.predictors.base import Setup

KIND = "served text"
OURS = ("model", "prompt", "messages", "max_tokens", "stream", "stream_options")
JSON = {"Content-Type": "application/json"}
SERVERS = "the server's"


class Predictor:
    """One model of one server. ``model`` is its name there; None takes the only one that the server has.

    ``max_tokens`` bounds an answer; ``body`` holds further fields of every request. ``key_env`` names the environment
    variable with the key, which is never recorded. ``at_once`` requests may be under way where arrivals are scheduled.
    """

    formats = ("served",)
    module = "http.client"
    publishes = ("first_token_ns", "last_token_ns", "pause_ns", "output_tokens", "prompt_tokens")

    def __init__(
        self,
        *,
        url: str,
        model: str | None,
        api: Literal["completions", "chat"],
        max_tokens: Annotated[int, Range(gt=0)],
        body: dict[str, Any],
        key_env: str | None,
        at_once: Annotated[int, Range(gt=0)],
        timeout_s: Annotated[float, Range(gt=0)],
    ) -> None:
        self.url, self.model, self.api, self.max_tokens, self.body = url, model, api, max_tokens, body
        self.key_env, self.at_once, self.timeout_s = key_env, at_once, timeout_s
        self._own, self._by_usage = threading.local(), False

    def load(self, path: Path, setup: Setup) -> dict[str, Any]:
        """Ask the server which models it has, and return what it said of the one."""
        if json.loads(path.read_bytes()).get("kind") != KIND:
            raise TouchstoneError(f"{path.name} is no text that a server completes: +model=prompts is.")
        if taken := sorted(set(self.body) & set(OURS)):
            raise Refused(f"software.options.body holds {', '.join(taken)}, which have options of their own.")
        self._input = setup.inputs[0]
        if self.api == "chat" and self._input["dtype"] != "uint8":
            raise Refused("A chat has no prompts of token numbers. Set software.options.api=completions.")
        self._endpoint = Endpoint(self.url, self.timeout_s, self._key())
        models = self._listed()
        self._model = self.model or _only(models, self._endpoint.url)
        self._path = "/chat/completions" if self.api == "chat" else "/completions"
        return {
            "framework": "openai",
            "version": SERVERS,
            "device": SERVERS,
            "precision": SERVERS,
            "intra_threads": SERVERS,
            "inter_threads": SERVERS,
            "build": str(models.get(self._model, {}).get("owned_by", "unreadable")),
            "url": self._endpoint.url,
            "model": self._model,
            "api": self.api,
            "max_tokens": self.max_tokens,
            "at_once": self.at_once,
            "weights": f"as the server says: {self._model} is claimed, not proved",
        }

    def _key(self) -> str:
        if self.key_env is None:
            return ""
        if key := os.environ.get(self.key_env, ""):
            return key
        raise Refused(
            f"The environment variable {self.key_env} is not set where queries are sent. Set it before the services "
            "start (python -m flows.services down ends them), or use services=ephemeral."
        )

    def _listed(self) -> dict[str, dict[str, Any]]:
        """What `/models` says, by name; {} of a server without a list, where the name is given."""
        try:
            return {str(m["id"]): m for m in self._endpoint.get("/models")["data"]}
        except (KeyError, TypeError, TouchstoneError) as error:
            if self.model and " answers 404 " in str(error):
                return {}
            if isinstance(error, TouchstoneError):
                end = " Most servers end it in /v1." if " answers 404 " in str(error) else ""
                raise type(error)(f"{error}{end}") from error
            raise TouchstoneError(f"{self._endpoint.url}/models lists no models: {error!r}.") from error

    def client(self) -> dict[str, Any]:
        """What is this side's, in ms: a request written and its stream read, and a question that predicts nothing.

        Medians; both are part of every prediction. One prediction is really asked for; whether its tokens
        are counted by the server or as pieces of the stream holds for all others.
        """
        fill = 65 if self._input["dtype"] == "uint8" else int(self._input["range"][0])
        row = np.full([1, *self._input["shape"][1:]], fill, self._input["dtype"])
        lines = list(self._endpoint.stream(self._path, self._written(row), JSON))
        answer = self._read(lines)
        self._by_usage = answer.counted
        return {
            "client_ms": median_ms(lambda: (self._written(row), self._read(lines))),
            "client_round_trip_ms": median_ms(self._listed),
            "tokens_counted": "by the server" if answer.counted else "as pieces of the stream",
            "answered_as": answer.model,
        }

    def predict(self, batch: Any) -> Any:
        """(1, length) of a prompt → (1, bytes): the text of the answer."""
        if len(batch) != 1:
            raise TouchstoneError(f"A request holds one prompt, and these are {len(batch)}.")
        begin = time.perf_counter_ns()
        answer = self._read(self._endpoint.stream(self._path, self._written(batch), JSON))
        if self._by_usage and not answer.counted:
            raise TouchstoneError(f"{self._where()} says of one answer how many tokens it had, and of another not.")
        row = (answer.first - begin, answer.last - begin, answer.pause, answer.tokens, answer.prompt_tokens)
        self._rows().append(row)
        return np.frombuffer("".join(answer.pieces).encode(errors="replace"), np.uint8)[None]

    def published(self) -> list[tuple[int, ...]]:
        """A row a prediction of this thread since the last time, as `publishes` names it."""
        rows = self._rows()
        self._own.rows = []
        return rows

    def _rows(self) -> list[tuple[int, ...]]:
        if not hasattr(self._own, "rows"):
            self._own.rows = []
        rows: list[tuple[int, ...]] = self._own.rows
        return rows

    def _written(self, batch: Any) -> bytes:
        prompt: Any = text_of(batch[0]) if batch.dtype == np.uint8 else batch[0].tolist()
        asked = {"messages": [{"role": "user", "content": prompt}]} if self.api == "chat" else {"prompt": prompt}
        fixed = {"max_tokens": self.max_tokens, "stream": True, "stream_options": {"include_usage": True}}
        return json.dumps({"model": self._model, **asked, **fixed, **self.body}).encode()

    def _read(self, lines: Iterable[bytes]) -> Answer:
        return read(lines, self._where())

    def _where(self) -> str:
        return f"{self._endpoint.url}{self._path}"

    def unload(self) -> None:
        """End the connection."""
        self._endpoint.close()


def _only(models: dict[str, Any], url: str) -> str:
    """The name of the one model that there is."""
    if len(models) == 1:
        return next(iter(models))
    names = ", ".join(list(models)[:10]) or "none"
    raise Refused(f"{url} has {len(models)} models: {names}. Choose one with software.options.model=<name>.")
