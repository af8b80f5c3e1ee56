"""How far an answer may lie from float64, in standard deviations of its output, by the precision it was computed in.

Whoever compares brings the bound that was measured for float32 (its inputs and depth differ); a coarser precision has a
bound of its own beside it. Lean.
"""

from __future__ import annotations

from tasks.errors import Refused

# Unit roundoff u: 2^-24 in float32, 2^-11 in float16, 2^-8 in bfloat16. Kernels add up in float32 or wider, so a layer
# rounds its answer about once and errors grow like the root of the depth: u · √100 for a hundred layers is 5e-3 in
# float16 and 4e-2 in bfloat16; the largest of many values lies some ten and five times above. int8: 255 steps over ±4
# deviations are off by a hundredth of a deviation (step / √12), twice in every layer (weights, activations): 0.13 after
# a hundred, and four times that for the largest. So wide a bound tells another model from this one, and no more: how
# right it still is, a floor of accuracy says.
COARSER = {"float16": 5e-2, "bfloat16": 0.2, "int8": 0.5, "uint8": 0.5}


def allowed(precision: str, float32: float) -> float:
    """The bound for a precision, ``float32`` being the one measured for float32. Raises Refused for one without."""
    if precision in ("float32", "float64"):
        return float32
    if precision not in COARSER:
        raise Refused(
            f"There is no tolerance for answers in {precision}, only for float32, float64, {', '.join(COARSER)}."
        )
    return max(float32, COARSER[precision])
