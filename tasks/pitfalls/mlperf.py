"""MLPerf Inference's rules that can be read off a scenario, and which of them it does not meet.

Values: LoadGen's `mlperf.conf` (mlcommons/inference, 001712e, for vision models). What is not checked here, so that a
run that meets all of these is still no submission, is `UNCHECKED`.
"""

from typing import Any

LEAST_S = 600.0
LEAST_QUERIES = {"single_stream": 64, "multi_stream": 662}  # below, early stopping gives no estimate
LEAST_SAMPLES = 24_576  # offline, or the whole data set where it is smaller
UNCHECKED = "model, data set, accuracy target, seeds of the round, compliance tests, and review"


def unmet(scenario: Any, simulated: bool) -> list[str]:
    """One phrase a rule, with the value that was asked; [] when all that are checked are met."""
    kind = scenario.kind
    samples = scenario.min_queries * getattr(scenario, "batch_size", 1)
    rules = [
        (scenario.generator == "loadgen", f"LoadGen issues the queries, not {scenario.generator}"),
        (not simulated, "time is not simulated"),
        (scenario.min_duration_s >= LEAST_S, f"a run takes {LEAST_S:g} s at least, not {scenario.min_duration_s:g}"),
        (
            scenario.min_queries >= LEAST_QUERIES.get(kind, 0),
            f"it has {LEAST_QUERIES.get(kind)} queries at least, not {scenario.min_queries}",
        ),
        (
            getattr(scenario, "samples_per_query", 8) == 8,
            f"a query is 8 samples, not {getattr(scenario, 'samples_per_query', 8)}",
        ),
        (
            getattr(scenario, "percentile", 99) == 99,
            f"the bound holds at p99, not p{getattr(scenario, 'percentile', 99):g}",
        ),
        (kind != "offline" or samples >= LEAST_SAMPLES, f"it has {LEAST_SAMPLES} samples at least, not {samples}"),
    ]
    return [phrase for met, phrase in rules if not met]
