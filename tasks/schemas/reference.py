"""Outputs for synthetic inputs held against the float64 reference of the model's source.

In: the table «agreement». Out: checks. One that cannot tell anything refuses itself: an output that hardly varies
agrees with everything.
"""

from collections.abc import Iterator

import pandas as pd

from tasks.errors import Refused
from tasks.results.measurement import Check
from tasks.schemas.tables import rows
from tasks.statistics.tolerance import allowed

TOLERANCE = 5e-3  # float32: of the output's standard deviation; deep models without training reach 2.5e-3
LEAST_STD = 1e-4
LEAST_SPREAD = 1e-6  # of a model without a reference, where any variation will do


def reference(table: pd.DataFrame, precision: str = "float32") -> Iterator[Check]:
    """Every output varies, and lies within the tolerance of its reference; without one, some output varies.

    ``precision``: what the model was computed in, as its software says; one without a tolerance fails.
    """
    held = table[table["error"].notna()]
    flat = table[~(table["spread"] >= (LEAST_SPREAD if held.empty else LEAST_STD))]
    if held.empty and (len(flat) < len(table) or not flat["elements"].all()):
        flat = flat.head(0)
    seen = f"the least standard deviation of an output is {table['spread'].min():.3g}"
    usual = ": whatever goes in, the same comes out. Are the weights loaded?"
    yield Check("output varies", flat.empty, seen if flat.empty else seen + usual, rows(flat))
    if held.empty:
        yield Check("reference", True, "not judged: the model has no float64 reference")
        return
    try:
        yield _agrees(held.assign(share=held["error"] / held["std"]), allowed(precision, TOLERANCE))
    except Refused as error:
        yield Check("reference", False, str(error))


def _agrees(held: pd.DataFrame, bound: float) -> Check:
    if (weak := held[~(held["std"] >= LEAST_STD)]).size:
        sentence = f"the reference's own standard deviation is {weak['std'].min():.3g}: agreement with it says nothing"
        return Check("reference", False, sentence, rows(weak))
    wrong = held[~(held["share"] <= bound)]
    worst = held.iloc[int(held["share"].fillna(float("inf")).to_numpy().argmax())]
    sentence = (
        f"output «{worst['output']}» differs from the float64 reference by at most {worst['error']:.3g}, "
        f"{100 * worst['share']:.2g} % of its standard deviation (allowed {100 * bound:g} %)"
    )
    return Check("reference", wrong.empty, sentence, rows(wrong))
