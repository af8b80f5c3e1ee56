"""The three roles of an agent: look at the inputs, judge accuracy (untimed), and be timed.

In: a request. Out: an `Outcome`. Each knows nothing of the other two.
"""

from __future__ import annotations

import gc
from datetime import datetime, timezone
from functools import partial
from typing import Any, Callable

import numpy as np

from tasks import plugins
from tasks.agent.agreement import agreed
from tasks.agent.chain import Chain, columns, model_spans
from tasks.agent.folder import Outcome
from tasks.agent.judging import predict_all
from tasks.agent.pictured import Pictured
from tasks.agent.readings import harness_us, latencies, nothing_more, readings_of, stages, tokens
from tasks.agent.setting import (
    LIBRARY,
    in_memory,
    open_data,
    open_predictor,
    postprocessing,
    seeded_order,
    told,
    unjudged_because,
    untouched,
)
from tasks.environment.counters import difference, read_counters
from tasks.environment.host import capture_host
from tasks.environment.process import capture_process, memory_peak_bytes
from tasks.environment.settings import apply, restore
from tasks.errors import Refused, TouchstoneError
from tasks.processing import Undecodable
from tasks.scenarios import _loadgen
from tasks.scenarios.base import MOST, Log, System
from tasks.tracing import Tracer, stage_spans, token_spans

INPUTS = 256  # samples whose pre-processed form is held against the contract
AUDITED = 32  # samples that every timed process predicts once more, to be held against the accuracy process


def look_at_inputs(request: dict[str, Any]) -> Outcome:
    """Pre-process some samples and describe them; no framework is imported."""
    data = open_data(request)
    order = seeded_order(len(data.samples), INPUTS, request["seed"])
    rows: list[tuple[Any, ...]] = []
    undecodable = []
    axis = request["model"]["inputs"][0]["layout"][1:].find("C")
    for i in order:
        try:
            rows.extend(_describe(i, data.one(i), axis))
        except Undecodable as error:
            undecodable.append({"file": data.samples.files[i], "why": str(error)})
    names = ("sample", "channel", "shape", "dtype", "low", "high", "mean", "std")
    facts = _facts(request, samples_seen=len(order), undecodable=undecodable)
    return Outcome(facts, tables={"inputs": {n: [r[k] for r in rows] for k, n in enumerate(names)}})


def _describe(sample: int, array: Any, axis: int) -> list[tuple[Any, ...]]:
    """A row a channel of the first input; all of it as one where there are none (axis -1)."""
    array = array.inputs if isinstance(array, Pictured) else array
    array = array[0] if isinstance(array, tuple) else array
    values = np.asarray(array, dtype=np.float64)
    planes = values[None] if axis < 0 else np.moveaxis(values, axis, 0)
    shape, dtype = "x".join(map(str, array.shape)), str(array.dtype)
    return [(sample, c, shape, dtype, p.min(), p.max(), p.mean(), p.std()) for c, p in enumerate(planes)]


def judge_accuracy(request: dict[str, Any]) -> Outcome:
    """Predict the chosen samples once, untimed, and keep every judged row; synthetic ones against the reference.

    A reference that lies beside a model is asked whatever the data set is; of a pipeline, each model's own.
    """
    tracer = Tracer()
    apply({"affinity": request["settings"]["affinity"]})
    data = open_data(request)
    order = sorted(seeded_order(len(data.samples), request["accuracy_samples"], request["seed"]))
    predictor, facts = open_predictor(request, tracer)
    undecodable: list[dict[str, str]] = []
    tables: dict[str, Any] = {}
    with tracer.span("accuracy"):
        if data.judge is not None:
            tables["predictions"], undecodable = predict_all(predictor, data, order, request)
        if rows := agreed(predictor, request, every=data.judge is None):
            tables["agreement"] = rows
    predictor.unload()
    facts = _facts(request, samples_seen=len(order), undecodable=undecodable, **facts)
    return Outcome(facts, tracer.spans, tables)


def be_timed(request: dict[str, Any]) -> Outcome:
    """Run the scenario and keep every reading; collection of garbage is off between the first and the last query."""
    tracer = Tracer()
    settings = apply(request["settings"])  # before the framework is imported, so that its threads inherit the cores
    data = open_data(request)
    seed = request["seed"] + request["index"]
    order = seeded_order(len(data.samples), LIBRARY, seed)
    with tracer.span("read samples"):
        data = in_memory(data, request, order)
    predictor, facts = open_predictor(request, tracer)
    after = postprocessing(request)
    time_only = request["model"].get("service_ms") is not None
    before = untouched if time_only else data.batch
    cpus, log = tuple(request["cpus"]), Log(publishes=tuple(getattr(predictor, "publishes", ())))
    system = System(before, predictor.predict, after, order, **told(predictor), seed=seed, cpus=cpus)
    first = _first_prediction(system, order, request["batch_size"], tracer)
    counters = read_counters(request["cpus"])
    gc.collect()
    gc.disable()
    with tracer.span("timed"):
        drive(system, log, request["scenario"])
    gc.enable()
    facts["counters"] = difference(counters, read_counters(request["cpus"]))
    audited = sorted([] if data.judge is None else order[:AUDITED])
    again, _ = predict_all(predictor, data, audited, request)
    facts.update(
        simulated=system.wait_until is not None,
        service_ms=request["model"].get("service_ms"),
        limits=request["scenario"].get("limits"),
        load_s=tracer.seconds("load"),
        first_prediction_s=first,
        settings=settings,
        memory_peak_bytes=memory_peak_bytes(),
        samples_seen=len(order),
        undecodable=[{"file": data.samples.files[i], "why": w} for i, w in log.undecodable],
    )
    predictor.unload()
    outcome = _timed_outcome(request, log, tracer, facts, again, predictor)
    restore(settings)
    return outcome


def drive(system: System, log: Log, asked: dict[str, Any]) -> None:
    """The scenario, by our own generator or by MLPerf LoadGen."""
    if asked["generator"] == "loadgen":
        if log.publishes:
            raise Refused("MLPerf LoadGen times no tokens. Set scenario.generator=touchstone.")
        _loadgen.run(system, log, asked["kind"], asked["options"])
    else:
        plugins.load("tasks.scenarios", asked["kind"], file=asked.get("plugin")).run(system, log, **asked["options"])


def _timed_outcome(
    request: dict[str, Any], log: Log, tracer: Tracer, facts: dict[str, Any], audited: dict[str, Any], predictor: Any
) -> Outcome:
    chain = predictor if isinstance(predictor, Chain) else None
    service_ms = request["model"].get("service_ms")
    facts["harness_per_query_us"] = harness_us(log, None if service_ms is None else int(1e6 * service_ms))
    facts["full"] = any(len(part) >= MOST for part in log.parts)
    facts |= {"points": log.points, "headline": log.headline, **log.facts}
    spans = list(tracer.spans)
    if request["tracing"] == "model":
        spans += stage_spans(stages(log)) + token_spans(tokens(log))
        spans += model_spans(chain, log, readings_of) if chain else []
    tables = {"latencies": latencies(log, partial(columns, chain) if chain else nothing_more), "predictions": audited}
    return Outcome(_facts(request, **facts), spans, tables, log.files)


def _first_prediction(system: System, order: list[int], batch_size: int, tracer: Tracer) -> float:
    """Seconds that the first prediction takes; its pre-processing is outside."""
    for start in range(0, len(order), batch_size):
        try:
            inputs = system.preprocess((order[start:] + order)[:batch_size])
        except Undecodable:
            continue
        with tracer.span("first prediction"):
            system.predict(inputs)
        if system.published is not None:
            system.published()  # it is no query
        return tracer.seconds("first prediction")
    raise TouchstoneError(f"None of {len(order)} samples could be decoded.")


def _facts(request: dict[str, Any], **facts: Any) -> dict[str, Any]:
    return {
        "role": request["role"],
        "index": request["index"],
        "attempt": request.get("attempt", 1),
        "evaluation_hash": request["evaluation_hash"],
        "cpus": request["cpus"],
        "threads": request["threads"],
        "modality": request["modality"],
        "unjudged": unjudged_because(request),
        "host": capture_host(),
        "process": capture_process(),
        "ended_at": datetime.now(timezone.utc).isoformat(),  # noqa: UP017  (UTC is newer than Python 3.9)
        "garbage_collection": "off while timed",
        **facts,
    }


ROLES: dict[str, Callable[[dict[str, Any]], Outcome]] = {
    "inputs": look_at_inputs,
    "accuracy": judge_accuracy,
    "timed": be_timed,
}
