"""Check: pandera contracts over inputs, predictions, latencies, and spans. Never raises; a verdict travels along."""

from dataclasses import replace

from prefect import task

from tasks.errors import TouchstoneError
from tasks.results.measurement import Check, Measurement, Verdict
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
    return Verdict((*(_with_layer(evaluation, one) for one in found.checks), *floors(evaluation, measurement)))


def _with_layer(evaluation: Evaluation, found: Check) -> Check:
    """Where the outputs are not those of float64: the first layer that is not, if they can be seen one by one here."""
    if found.name != "reference" or found.passed:
        return found
    from tasks.artifacts.layerwise.evaluated import at_hand, by_layer

    try:
        asked = f"{evaluation.model.id} software={evaluation.software.id}"
        later = f"Which layer it is: python -m flows.diverge {asked}"
        where = by_layer(evaluation).sentence() if at_hand(evaluation) else later
    except (TouchstoneError, OSError) as error:
        where = f"Layer by layer: {error}"
    return replace(found, sentence=f"{found.sentence}. {where}")
