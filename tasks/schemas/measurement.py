"""A measurement held against what it must look like and against itself.

In: evaluation and measurement. Out: one `Verdict`. Knows nothing of intervals: a check is about data, not precision.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from tasks.modalities import Base, judge_of
from tasks.results.measurement import Check, Measurement, Verdict
from tasks.results.process import Process
from tasks.schemas.reference import reference
from tasks.schemas.tables import SHOWN, agreement, check_table, latencies, predictions, rows, spans
from tasks.specs.evaluation import Evaluation
from tasks.statistics.tolerance import COARSER

LEAST_DEVIATION = 1e-6


def check_measurement(evaluation: Evaluation, measurement: Measurement) -> Verdict:
    """Tables, undecodable samples, variation of the output, and agreement of the processes."""
    checks = [*_tables(evaluation, measurement), *_undecodable(evaluation, measurement)]
    accuracy, judge = measurement.only("accuracy"), judge_of(evaluation.model.modality)
    if accuracy is not None and judge and {"sample", judge.answer, judge.varies} <= set(accuracy.predictions):
        checks += _varies(accuracy.predictions, judge)
        checks += _agreement(accuracy.predictions, measurement.timed, judge)
    if accuracy is not None and len(accuracy.agreement):
        checks += reference(accuracy.agreement, _precision(evaluation, accuracy))
    return Verdict(tuple(checks))


def _precision(evaluation: Evaluation, process: Process) -> str:
    """What the software says that it computed in, where that is coarser than the manifest's floating type."""
    used = str(process.facts.get("effective", {}).get("precision"))
    model = evaluation.model
    kinds = [str(dtype) for dtype in (*(t.dtype for t in model.inputs), *(t.dtype for t in model.outputs))]
    return used if used in COARSER else next((kind for kind in kinds if kind.startswith("float")), kinds[0])


def _tables(evaluation: Evaluation, measurement: Measurement) -> Iterator[Check]:
    for process in measurement.processes:
        where = process.role if process.role != "timed" else f"timed process {process.index}"
        if process.role == "timed":
            yield check_table(f"latencies of {where}", process.latencies, latencies())
        if len(process.agreement):
            yield check_table(f"agreement of {where}", process.agreement, agreement())
        if len(process.predictions) or (process.role == "accuracy" and not len(process.agreement)):
            schema = predictions(evaluation.model.modality, evaluation.dataset)
            yield check_table(f"predictions of {where}", process.predictions, schema)
        if process.spans:
            yield check_table(f"spans of {where}", pd.DataFrame(list(process.spans)), spans())


def _undecodable(evaluation: Evaluation, measurement: Measurement) -> Iterator[Check]:
    """Of the process that saw the most samples."""
    saw = [p for p in measurement.processes if p.facts.get("samples_seen")]
    if not saw:
        return
    facts = max(saw, key=lambda p: int(p.facts["samples_seen"])).facts
    broken = {row["file"]: row["why"] for row in facts.get("undecodable", [])}
    share, allowed = len(broken) / facts["samples_seen"], evaluation.dataset.undecodable_share
    first = "; ".join(f"{file}: {why}" for file, why in list(broken.items())[:SHOWN])
    sentence = (
        f"{len(broken)} of {facts['samples_seen']} samples could not be decoded ({100 * share:.3g} %, "
        f"allowed {100 * allowed:.3g} %)"
    )
    shown = tuple({"file": file, "why": why} for file, why in list(broken.items())[:SHOWN])
    yield Check("undecodable", share <= allowed, f"{sentence}: {first}" if broken else sentence, shown)


def _varies(table: pd.DataFrame, judge: Base) -> Iterator[Check]:
    if len(table) < 2:
        return
    varies, deviation = _deviation(table[judge.varies])
    seen = f"the {judge.varies}'s standard deviation over {len(table)} samples is {deviation:.3g}"
    if varies:
        yield Check("output varies", True, seen)
    else:
        usual = "whatever goes in, nearly the same comes out. Are the weights loaded, and the inputs scaled?"
        yield Check("output varies", False, f"{seen}: {usual}", rows(table))


def _deviation(column: "pd.Series[float]") -> tuple[bool, float]:
    finite = column[np.isfinite(column)]  # what is not has its own contract
    deviation = float(finite.std(ddof=0)) if len(finite) else 0.0
    return deviation >= LEAST_DEVIATION, deviation


def _agreement(table: pd.DataFrame, timed: tuple[Process, ...], judge: Base) -> Iterator[Check]:
    """Every timed process must predict what the accuracy process did; refused where all outputs are alike anyway."""
    others = [p for p in timed if len(p.predictions)]
    if not others:
        return
    if len(table) > 1 and not _deviation(table[judge.varies])[0]:
        yield Check("agreement", False, "the output hardly varies, so that agreement of the processes proves nothing")
        return
    odd = [p for p in others if set(p.predictions) != set(table)]
    if odd:
        differ = sorted(map(str, set(odd[0].predictions) ^ set(table)))
        yield Check("agreement", False, f"timed process {odd[0].index} recorded other columns: {', '.join(differ)}")
        return
    both = pd.concat([_seen_by_both(table, p, judge.answer) for p in others])
    wrong = both[~_alike(both[judge.answer], both[f"{judge.answer}_when_timed"], judge.close)]
    within = f", within {100 * judge.close:g} % of {judge.answer}" if judge.close else ""
    sentence = (
        f"{len(others)} timed processes predicted {len(both) - len(wrong)} of {len(both)} samples as the accuracy "
        f"process did{within}"
    )
    usual = ". The model is not deterministic, or depends on the batch it is in."
    yield Check("agreement", wrong.empty, sentence if wrong.empty else sentence + usual, rows(wrong))


def _alike(a: "pd.Series[float]", b: "pd.Series[float]", close: float) -> "pd.Series[bool]":
    """Equal, up to a relative difference."""
    return (a - b).abs() <= close * np.maximum(a.abs(), b.abs())


def _seen_by_both(table: pd.DataFrame, process: Process, answer: str) -> pd.DataFrame:
    timed = process.predictions[["sample", answer]].rename(columns={answer: f"{answer}_when_timed"})
    shown = [name for name in ("sample", "file", "label", answer) if name in table]
    return table[shown].merge(timed, on="sample").assign(process=process.index)
