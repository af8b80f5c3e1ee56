"""Several predictors as one: each is given what the steps between make of the answer before; none, where there is none.

In: a batch of `Pictured`. Out: what is carried behind the last model, whose answer is still as the framework gave it.
How long each model took is noted beside it, a row a prediction and a list a thread, and matched to the queries later.
"""

from __future__ import annotations

import time
from array import array
from dataclasses import dataclass, replace
from threading import get_ident
from typing import Any, Callable

import numpy as np

from tasks.agent.pictured import Pictured, stacked
from tasks.errors import TouchstoneError
from tasks.predictors.base import Base as Predictor
from tasks.processing import AFTER, BETWEEN, Undecodable, compose
from tasks.processing.seams import Carried, of_pictures
from tasks.scenarios.base import Log, Part
from tasks.tracing import begun_and_ended

NOTED = 3  # numbers a model: begin, end, items


@dataclass(frozen=True)
class Link:
    """One model with everything around it."""

    name: str
    predictor: Predictor
    inputs: Callable[[Any], Any]
    after: Callable[[Any], Any]
    then: Callable[[Carried], Carried]
    frame: tuple[int, int]
    color: str
    padded: bool


def link(stage: dict[str, Any], predictor: Predictor, allowed: list[str]) -> Link:
    """From a stage of the request and its loaded predictor."""
    tensor, steps = stage["inputs"][0], [step["step"] for step in stage["preprocess"]]
    sides = [tensor["shape"][tensor["layout"].index(axis)] for axis in "HW" if axis in tensor["layout"]]
    return Link(
        name=stage["name"],
        predictor=predictor,
        inputs=of_pictures(stage["preprocess"], compose, allowed),
        after=compose(stage["postprocess"], AFTER, allowed),
        then=compose(stage["then"], BETWEEN, allowed),
        frame=(sides[0], sides[1]) if len(sides) == 2 else (0, 0),
        color=tensor["color"],
        padded="pad" in steps,
    )


class Chain:
    """A predictor of predictors. May be called by several threads, as its predictors may."""

    def __init__(self, links: list[Link]) -> None:
        self.links = links
        self._noted: dict[int, array[int]] = {}

    def predict(self, batch: Pictured) -> Carried:
        """One model after the other; one that is given nothing is not asked."""
        clock, row = time.perf_counter_ns, array("q")
        carried = Carried(None, batch.pictures, list(range(len(batch.pictures))), batch.pictures)
        inputs = batch.inputs
        for number, of in enumerate(self.links):
            if number and carried.owners:
                inputs = _taken(of, carried.pictures)
            begin = clock()
            answer = of.predictor.predict(inputs) if carried.owners else None
            row.extend((begin, clock(), len(carried.owners)))
            carried = replace(carried, answer=answer, frame=of.frame, color=of.color, padded=of.padded)
            if carried.owners and number < len(self.links) - 1:
                carried = of.then(replace(carried, answer=of.after(answer)))
        self._noted.setdefault(get_ident(), array("q")).extend(row)
        return carried

    def unload(self) -> None:
        """Give memory and devices back."""
        for of in self.links:
            of.predictor.unload()

    def within(self, begins: Any, ends: Any) -> Any:
        """What was noted in each of these times of one thread: (queries, models, begin · end · items)."""
        found, least = None, -1
        for noted in self._noted.values():
            rows = np.frombuffer(noted, dtype=np.int64).reshape(-1, NOTED * len(self.links))
            at = np.minimum(np.searchsorted(rows[:, 0], begins), len(rows) - 1)
            inside = (rows[at, 0] >= begins) & (rows[at, -2] <= ends)
            spare = int(((rows[at, 0] - begins) + (ends - rows[at, -2])).sum())
            if inside.all() and (found is None or spare < least):  # the thread's own: least is left beside it
                found, least = rows[at], spare
        if found is None:
            raise RuntimeError("predictions were not noted in the thread that made them")
        return found.reshape(len(begins), len(self.links), NOTED)


def _taken(of: Link, pictures: list[Any]) -> Any:
    """A batch for a model that is not the first. Raises TouchstoneError for a picture that its own steps refuse."""
    try:
        return stacked([of.inputs(picture) for picture in pictures])
    except Undecodable as error:
        raise TouchstoneError(
            f"The stage «{of.name}» was given a picture that its model's pre-processing cannot take: {error}. Choose a "
            "model whose steps resize first, or leave such pictures out in the step before."
        ) from error


def answered(request: dict[str, Any]) -> Callable[[Carried], Any]:
    """The post-processing behind the last model: its own, then what makes the pipeline's answer of it."""
    last, allowed = request["pipeline"][-1], request["allow_modules"]
    if request["dataset"]["kind"] == "synthetic":
        return lambda carried: carried
    after, then = compose(last["postprocess"], AFTER, allowed), compose(last["then"], BETWEEN, allowed)
    return lambda c: then(replace(c, answer=after(c.answer) if c.owners else None)).answer


def columns(chain: Chain, part: Part, at: dict[str, Any]) -> dict[str, Any]:
    """Of the queries of a part, for each model: ns in its predictor, and how many items it was given; and the rest."""
    begins = at.get("begin2", at["t1"])
    noted = chain.within(begins, at["t2"])
    names, spent = [of.name for of in chain.links], noted[:, :, 1] - noted[:, :, 0]
    found: dict[str, Any] = {f"predict.{name}_ns": spent[:, k] for k, name in enumerate(names)}
    if len(names) > 1:
        found["predict.between_ns"] = at["t2"] - begins - spent.sum(axis=1)
    return {**found, **{f"items.{name}": noted[:, k, 2] for k, name in enumerate(names)}}


def model_spans(chain: Chain, log: Log, readings: Callable[[Part], dict[str, Any]]) -> list[dict[str, Any]]:
    """Spans of the models, and of what is between two, inside the «predict» of each timed query."""
    found: list[dict[str, Any]] = []
    for part in log.parts:
        if len(part) and not part.warm:
            at = readings(part)
            noted = chain.within(at.get("begin2", at["t1"]), at["t2"])
            names = [of.name for of in chain.links]
            for row in noted.tolist():
                found += begun_and_ended(names, [(begin, end) for begin, end, _ in row])
    return found
