"""Everything a role needs, opened from the request: samples, steps, and the predictor, with the time each took.

The request is plain JSON that the driver has validated (`tasks/placement/request.py` writes it).
"""

from __future__ import annotations

import fcntl
import os
import random
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Callable

from tasks import plugins
from tasks.agent.chain import Chain, answered, link
from tasks.agent.pictured import pictured, stacked
from tasks.environment.page_cache import resident_share
from tasks.errors import TouchstoneError
from tasks.modalities import Base, judge_of, unjudged
from tasks.predictors._arranged import arranged
from tasks.predictors.base import Base as Predictor
from tasks.predictors.base import Loaded, Setup
from tasks.processing import AFTER, BEFORE, compose
from tasks.processing.samples import Samples, open_samples
from tasks.tracing import Tracer

REFERRED = 2  # synthetic samples that a reference holds
LIBRARY = 1024  # samples that the timed part cycles through, held in memory as LoadGen's sample library is


@dataclass(frozen=True)
class Data:
    """Samples and the function from an index to one pre-processed sample: an array, or one for each input.

    ``judge`` is None where nothing is true of the samples, or the modality has no judge; ``truths`` are then none.
    """

    samples: Samples
    one: Callable[[int], Any]
    judge: Base | None = None
    truths: tuple[Any, ...] = ()

    def batch(self, indices: list[int]) -> Any:
        """Pre-process and stack: (batch, …)."""
        return stacked([self.one(i) for i in indices])


def open_data(request: dict[str, Any]) -> Data:
    """Read the index of the data set, and what is true of its samples, and compose the pre-processing."""
    samples = open_samples(request["dataset"], request["model"]["inputs"])
    before = _before(request)
    judge = None if unjudged_because(request) else judge_of(request["modality"])
    truths = judge.truths(samples, request["dataset"]) if judge else ()
    return Data(samples, lambda i: before(samples.read(i)), judge, tuple(truths))


def unjudged_because(request: dict[str, Any]) -> str:
    """Why no answer can be right or wrong; empty when it can."""
    if request["model"].get("service_ms") is not None:
        return "the model only takes time"
    if judge_of(request["modality"]) is None:
        return unjudged(request["modality"])
    return "synthetic inputs" if request["dataset"]["kind"] == "synthetic" else ""


def synthetic_data(request: dict[str, Any]) -> Data:
    """The synthetic samples that a reference is of, whatever the data set is."""
    return open_data({**request, "dataset": {"kind": "synthetic", "count": REFERRED}})


def in_memory(data: Data, request: dict[str, Any], order: list[int]) -> Data:
    """The same data with the encoded bytes of these samples read beforehand, so that no disk is timed."""
    held = {i: data.samples.read(i) for i in order}
    before = _before(request)
    return replace(data, one=lambda i: before(held[i]))


def _before(request: dict[str, Any]) -> Callable[[Any], Any]:
    """The composed pre-processing; synthetic inputs have been through it."""
    if request.get("pipeline"):
        return pictured(request)
    steps = [] if request["dataset"]["kind"] == "synthetic" else request["preprocess"]
    return compose(steps, BEFORE, request["allow_modules"])


def seeded_order(total: int, limit: int | str, seed: int) -> list[int]:
    """A seeded permutation of the sample indices, cut at ``limit`` («all» keeps every one)."""
    order = list(range(total))
    random.Random(seed).shuffle(order)
    return order if limit == "all" else order[: int(limit)]


def open_predictor(request: dict[str, Any], tracer: Tracer) -> tuple[Loaded, dict[str, Any]]:
    """Load the model, or every model of a pipeline; the facts say how long it took and how much of the files was in the
    page cache before.
    """
    stages = request.get("pipeline")
    share = _resident([Path(of["path"]) for of in stages or [request["model"]]])
    if not stages:
        predictor, effective = _loaded(request, request["model"], tracer, "load")
        return predictor, {"effective": effective, "page_cache_share": share, **getattr(predictor, "client", dict)()}
    links, told = [], {}
    with tracer.span("load"):
        for stage in stages:
            loaded, told[stage["name"]] = _loaded(request, stage, tracer, f"load.{stage['name']}")
            links.append(link(stage, loaded, request["allow_modules"]))
    return Chain(links), {"effective": told[stages[0]["name"]], "stages": told, "page_cache_share": share}


def _resident(paths: list[Path]) -> float | None:
    """How much of the files is in the page cache, by size; None where one cannot be asked."""
    shares = [resident_share(path) for path in paths]
    sizes = [path.stat().st_size for path in paths]
    known = [(share, size) for share, size in zip(shares, sizes) if share is not None]  # noqa: B905  (Python 3.9)
    return sum(a * b for a, b in known) / max(sum(sizes), 1) if len(known) == len(paths) else None


def _loaded(
    request: dict[str, Any], model: dict[str, Any], tracer: Tracer, span: str
) -> tuple[Predictor, dict[str, Any]]:
    """A predictor with one model, and its effective stack."""
    module = plugins.load("tasks.predictors", request["framework"], request["allow_modules"], request.get("plugin"))
    predictor: Predictor = module.Predictor(**request["options"])
    setup = Setup(
        device=request["device"],
        intra_threads=request["threads"]["intra"],
        inter_threads=request["threads"]["inter"],
        inputs=model["inputs"],
        outputs=model["outputs"],
        service_ms=model.get("service_ms"),
    )
    _hold(Path(model["path"]))
    try:
        with tracer.span(span):
            effective = predictor.load(Path(model["path"]), setup)
    except ImportError as error:
        raise TouchstoneError(
            f"{request['framework']} cannot be imported in {sys.executable}: {error}. "
            "Use software.environment=isolated, or install it beside the project."
        ) from error
    return arranged(predictor, model["inputs"]), effective


def _hold(path: Path) -> None:
    """Keep a shared lock on the model file for the life of this process: no cache drops what is being measured."""
    descriptor = os.open(path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)


def told(predictor: Loaded) -> dict[str, Any]:
    """What a `System` is told by its predictor: a simulated clock, more of each prediction, how many at once."""
    clock, published = getattr(predictor, "clock", None), getattr(predictor, "published", None)
    return {
        **({"clock": clock.now, "wait_until": clock.wait_until} if clock else {}),
        **({"published": published} if published else {}),
        "at_once": getattr(predictor, "at_once", 1),
    }


def untouched(query: list[int]) -> list[int]:
    """The pre-processing of a model that has no input: the indices themselves."""
    return query


def postprocessing(request: dict[str, Any]) -> Callable[[Any], Any]:
    """The composed post-processing: a batch of outputs in, a batch out."""
    if request.get("pipeline"):
        return answered(request)
    steps = [] if request["dataset"]["kind"] == "synthetic" else request["postprocess"]
    return compose(steps, AFTER, request["allow_modules"]) if steps else untouched
