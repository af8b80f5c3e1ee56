"""Check: pandera contracts over inputs, predictions, latencies, and spans. Never raises; a verdict travels along."""

from prefect import task

from tasks.results.measurement import Measurement, Verdict
from tasks.results.process import Process
from tasks.specs.evaluation import Evaluation
from tasks.titles import titled


@task(persist_result=False, name="check inputs", task_run_name=titled("check inputs"))
def check_inputs(evaluation: Evaluation, process: Process) -> Verdict:
    """The contract of the model's input, before anything is predicted."""
    from tasks import schemas

    return schemas.check_inputs(evaluation, process)


@task(persist_result=False, name="check", task_run_name=titled("check results"))
def check(evaluation: Evaluation, measurement: Measurement) -> Verdict:
    """The contracts of what was measured, and the floors of the model's manifest."""
    from tasks import schemas
    from tasks.metrics import floors

    found = schemas.check_measurement(evaluation, measurement)
    return Verdict((*found.checks, *floors(evaluation, measurement)))
