"""What recorded tables must look like, and whether they do: the only importer of pandera.

In: a `Process` or `Measurement` and the `Evaluation` it answers. Out: a `Verdict`; nothing here raises for bad data.
"""

from tasks.schemas.inputs import check_inputs
from tasks.schemas.measurement import check_measurement
from tasks.schemas.tables import check_table, inputs, latencies, predictions, spans

__all__ = ["check_inputs", "check_measurement", "check_table", "inputs", "latencies", "predictions", "spans"]
