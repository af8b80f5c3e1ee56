"""MLPerf LoadGen beside our own generator: the same system, driven by the `mlcommons-loadgen` wheel.

In: the kind and options of a scenario that LoadGen has. Out: a `Log` with our readings of the same queries, LoadGen's
own logs as they are, and what its summary says. Its percentiles and its early stopping assume independent samples.
"""

from __future__ import annotations

import importlib
import queue
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np

from tasks.errors import TouchstoneError
from tasks.processing.registry import Undecodable
from tasks.scenarios._closed import closed_loop
from tasks.scenarios.base import CLOSED, OPEN, Log, Part, System

KINDS = {"single_stream": "SingleStream", "multi_stream": "MultiStream", "server": "Server", "offline": "Offline"}
LOGS = ("mlperf_log_summary.txt", "mlperf_log_detail.txt")


def run(system: System, log: Log, kind: str, options: dict[str, Any]) -> None:
    """Warm up, then hand over to LoadGen."""
    if system.wait_until is not None:
        raise TouchstoneError("LoadGen has no simulated time. Set software.options.time=wall.")
    try:
        loadgen = importlib.import_module("mlperf_loadgen")
    except ImportError as error:
        raise TouchstoneError(
            f"MLPerf LoadGen cannot be imported: {error}. Use software.environment=isolated."
        ) from error
    size = options.get("batch_size", options.get("samples_per_query", 1))
    warm = closed_loop(system, log, size, options["warmup_queries"], 0.0, 3)
    warm.warm = True
    rows = np.frombuffer(warm.readings, dtype=np.int64).reshape(-1, 4)
    settings = _settings(loadgen, kind, options, system.seed, int(np.median(rows[:, 3] - rows[:, 0])))
    part = log.part(OPEN if kind == "server" else CLOSED, size)
    sut = _Sut(loadgen, system, log, part, kind == "server")
    with tempfile.TemporaryDirectory() as folder:
        _test(loadgen, sut, settings, len(system.order), folder)
        log.files = {name: (Path(folder) / name).read_text(errors="replace") for name in LOGS}
    if sut.failure:
        raise sut.failure
    log.facts |= {"generator": "loadgen", "loadgen": summary(log.files[LOGS[0]])}
    if kind == "server":
        log.facts["bound"] = {"ms": options["latency_bound_ms"], "percentile": options["percentile"]}


class _Sut:
    """What LoadGen calls: batches of ``part.samples``, served at once, or in a thread where arrivals must not wait."""

    def __init__(self, loadgen: Any, system: System, log: Log, part: Part, queued: bool) -> None:
        self.loadgen, self.system, self.log, self.part = loadgen, system, log, part
        self.failure: BaseException | None = None
        self.waiting: queue.SimpleQueue[Any] | None = queue.SimpleQueue() if queued else None
        self.worker = threading.Thread(target=self._work) if queued else None

    def issue(self, samples: Any) -> None:
        """LoadGen's callback."""
        issued, size = self.system.clock(), self.part.samples
        for start in range(0, len(samples), size):
            chunk = [(s.id, s.index) for s in samples[start : start + size]]
            self.waiting.put((chunk, issued)) if self.waiting is not None else self._serve(chunk, issued)

    def _work(self) -> None:
        assert self.waiting is not None
        while (item := self.waiting.get()) is not None:
            self._serve(*item)

    def _serve(self, chunk: list[tuple[int, int]], issued: int) -> None:
        """One batch; LoadGen hears of every sample whatever happens, or it would wait for ever."""
        try:
            if self.failure is None:
                self._timed([self.system.order[index] for _, index in chunk], issued)
        except Undecodable as error:
            self.log.undecodable.append((self.system.order[chunk[0][1]], str(error)))
        except BaseException as error:
            self.failure = error
        response = self.loadgen.QuerySampleResponse
        self.loadgen.QuerySamplesComplete([response(number, 0, 0) for number, _ in chunk])

    def _timed(self, query: list[int], issued: int) -> None:
        clock, system = self.system.clock, self.system
        t0 = clock()
        inputs = system.preprocess(query)
        t1 = clock()
        outputs = system.predict(inputs)
        t2 = clock()
        system.postprocess(outputs)
        t3 = clock()
        if len(query) == self.part.samples:  # a shorter rest is another kind of query
            arrival = (issued, issued) if self.part.names == OPEN else ()
            self.part.readings.extend((*arrival, t0, t1, t2, t3))


def _test(loadgen: Any, sut: _Sut, settings: Any, samples: int, folder: str) -> None:
    output = loadgen.LogOutputSettings()
    output.outdir, output.copy_summary_to_stdout = folder, False
    logs = loadgen.LogSettings()
    logs.log_output, logs.enable_trace = output, False
    made = loadgen.ConstructSUT(sut.issue, lambda: None)
    library = loadgen.ConstructQSL(samples, samples, lambda indices: None, lambda indices: None)
    if sut.worker:
        sut.worker.start()
    try:
        loadgen.StartTestWithLogSettings(made, library, settings, logs)
    finally:
        if sut.worker and sut.waiting is not None:
            sut.waiting.put(None)
            sut.worker.join()
        loadgen.DestroyQSL(library)
        loadgen.DestroySUT(made)


def _settings(loadgen: Any, kind: str, options: dict[str, Any], seed: int, latency_ns: int) -> Any:
    """The scenario's words as LoadGen's; it wants to know beforehand how long a query takes."""
    asked = loadgen.TestSettings()
    asked.scenario, asked.mode = getattr(loadgen.TestScenario, KINDS[kind]), loadgen.TestMode.PerformanceOnly
    asked.min_duration_ms, asked.min_query_count = int(1e3 * options["min_duration_s"]), options["min_queries"]
    asked.qsl_rng_seed, asked.sample_index_rng_seed, asked.schedule_rng_seed = seed + 1, seed + 2, seed + 3
    if kind == "single_stream":
        asked.single_stream_expected_latency_ns, asked.single_stream_target_latency_percentile = latency_ns, 0.9
    elif kind == "multi_stream":
        asked.multi_stream_samples_per_query = options["samples_per_query"]
        asked.multi_stream_expected_latency_ns, asked.multi_stream_target_latency_percentile = latency_ns, 0.99
    elif kind == "server":
        asked.server_target_qps = options["target_qps"]
        asked.server_target_latency_ns = int(1e6 * options["latency_bound_ms"])
        asked.server_target_latency_percentile = options["percentile"] / 100
    else:
        asked.offline_expected_qps = 1e9 * options["batch_size"] / max(1, latency_ns)
        asked.min_query_count = options["min_queries"] * options["batch_size"]
    return asked


def summary(text: str) -> dict[str, Any]:
    """«name : value» of LoadGen's summary; numbers as numbers."""
    found: dict[str, Any] = {}
    for line in text.splitlines():
        name, colon, value = (part.strip(" *") for part in line.partition(":"))
        if colon and value:
            found.setdefault(name, _number(value))
    return found


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text
