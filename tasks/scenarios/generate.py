"""Generation: a prompt, then one token after the other, each the likeliest; the next prompt when the last has ended.

The model is asked once a token with all that stands so far, for its graph keeps no state: together one prediction.
Readings beside those of the stages: when each token was there. The prompt is the beginning of a sample.
"""

from __future__ import annotations

import itertools
from typing import Annotated, Any

import numpy as np

from tasks.errors import Refused
from tasks.plugins import Range
from tasks.processing.registry import Undecodable
from tasks.scenarios.base import CLOSED, MOST, Log, Part, System

JUDGED = "ttft_p90_ms"
Count = Annotated[int, Range(gt=0)]


def run(
    system: System,
    log: Log,
    *,
    warmup_queries: Annotated[int, Range(ge=0)],
    min_duration_s: Annotated[float, Range(ge=0)],
    min_queries: Count,
    prompt_tokens: Count,
    new_tokens: Annotated[int, Range(gt=1)],
) -> None:
    """One prompt a query; both minima must be reached. Durations in seconds, counts in queries and in tokens."""
    names = (*CLOSED, *(f"token{k}" for k in range(new_tokens)))
    queries = itertools.cycle(system.order)
    _issue(system, log, log.part(names, warm=True), queries, warmup_queries, 0.0, prompt_tokens)
    _issue(system, log, log.part(names), queries, min_queries, min_duration_s, prompt_tokens)


def _issue(
    system: System, log: Log, part: Part, queries: Any, count: int, duration_s: float, prompt_tokens: int
) -> None:
    end = system.clock() + int(duration_s * 1e9)
    new_tokens, failed = len(part.names) - len(CLOSED), 0
    while (len(part) < count or system.clock() < end) and len(part) < MOST:
        query = next(queries)
        t0 = system.clock()
        try:
            inputs = system.preprocess([query])
        except Undecodable as error:
            log.undecodable.append((query, str(error)))
            failed += 1
            if failed > 10 * len(system.order):
                raise
            continue
        t1 = system.clock()
        outputs, ends = _generated(system, inputs, prompt_tokens, new_tokens)
        system.postprocess(outputs)
        part.readings.extend((t0, t1, ends[-1], system.clock(), *ends))


def _generated(system: System, inputs: Any, prompt_tokens: int, new_tokens: int) -> tuple[Any, list[int]]:
    """The last answer, and when each token was known. Raises Refused for a model that foresees no next token."""
    ids, ends = _prompt(inputs, prompt_tokens, new_tokens), list[int]()
    for place in range(prompt_tokens, prompt_tokens + new_tokens):
        outputs = system.predict(ids)
        if getattr(outputs, "ndim", 0) != 3 or outputs.shape[:2] != ids.shape:
            seen = getattr(outputs, "shape", "several outputs")
            raise Refused(
                f"scenario=generate needs logits of every place, (batch, places, words) of {ids.shape}; these are "
                f"{seen}. Choose a model of language_generation, or scenario=single_stream."
            )
        ids[0, place] = outputs[0, place - 1].argmax()
        ends.append(system.clock())
    return outputs, ends


def _prompt(inputs: Any, prompt_tokens: int, new_tokens: int) -> Any:
    """A copy of (1, places) tokens, nothing behind the prompt. Raises Refused where that is not what a model reads."""
    if getattr(inputs, "ndim", 0) != 2 or inputs.dtype.kind != "i":
        raise Refused("scenario=generate writes into one input of tokens, (batch, places); this model reads another.")
    if prompt_tokens + new_tokens > inputs.shape[1]:
        raise Refused(
            f"scenario.prompt_tokens={prompt_tokens} and scenario.new_tokens={new_tokens} are more than the "
            f"{inputs.shape[1]} places that the model reads; lower one of them."
        )
    ids = np.zeros_like(inputs)
    ids[:, :prompt_tokens] = inputs[:, :prompt_tokens]
    return ids
