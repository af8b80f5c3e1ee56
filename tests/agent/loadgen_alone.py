"""`python tests/agent/loadgen_alone.py SCENARIO QUERIES TARGET_MS FOLDER`, with software that has it: LoadGen alone.

A system that takes a seeded random time for each query, about 0.1 ms and 1 % of them 2 ms. LoadGen's logs, and a trace
with the latency that it saw of every query, are left in FOLDER.
"""

import queue
import random
import sys
import threading
import time

import mlperf_loadgen as loadgen


def main(scenario: str, queries: int, target_ms: float, folder: str) -> None:
    """Run one test."""
    asked = loadgen.TestSettings()
    asked.scenario, asked.mode = getattr(loadgen.TestScenario, scenario), loadgen.TestMode.PerformanceOnly
    asked.min_duration_ms, asked.min_query_count, asked.max_query_count = 0, queries, queries
    asked.single_stream_target_latency_percentile, asked.single_stream_expected_latency_ns = 0.9, 100_000
    asked.multi_stream_target_latency_percentile, asked.multi_stream_expected_latency_ns = 0.99, 100_000
    asked.multi_stream_samples_per_query = 8
    asked.server_target_qps, asked.server_target_latency_ns = 200, int(1e6 * target_ms)
    asked.server_target_latency_percentile = 0.99
    output = loadgen.LogOutputSettings()
    output.outdir, output.copy_summary_to_stdout = folder, False
    logs = loadgen.LogSettings()
    logs.log_output, logs.enable_trace = output, True
    waiting: queue.SimpleQueue = queue.SimpleQueue()
    worker = threading.Thread(target=serve, args=(waiting,))
    worker.start()
    system = loadgen.ConstructSUT(lambda samples: waiting.put([s.id for s in samples]), lambda: None)
    library = loadgen.ConstructQSL(64, 64, lambda indices: None, lambda indices: None)
    loadgen.StartTestWithLogSettings(system, library, asked, logs)
    waiting.put(None)
    worker.join()
    loadgen.DestroyQSL(library)
    loadgen.DestroySUT(system)


def serve(waiting: queue.SimpleQueue) -> None:
    """Answer one query after the other, until None comes."""
    draw = random.Random(0).random
    while (numbers := waiting.get()) is not None:
        time.sleep(1e-4 * (1 + draw()) + (2e-3 if draw() < 0.01 else 0))
        loadgen.QuerySamplesComplete([loadgen.QuerySampleResponse(number, 0, 0) for number in numbers])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4])
