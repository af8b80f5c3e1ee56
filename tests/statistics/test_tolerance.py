"""Tolerances by precision: the one of float32 is the caller's, a coarser one is no smaller, others are refused."""

import pytest

from tasks.errors import Refused
from tasks.statistics.tolerance import COARSER, allowed


def test_float32_and_wider_have_the_bound_that_was_measured() -> None:
    assert allowed("float32", 5e-3) == allowed("float64", 5e-3) == 5e-3


def test_a_coarser_precision_has_a_wider_bound_in_the_order_of_its_steps() -> None:
    bounds = [allowed(name, 1e-3) for name in ("float32", "float16", "bfloat16", "int8")]
    assert bounds == sorted(bounds) and len(set(bounds)) == 4
    assert all(allowed(name, 1.0) == 1.0 for name in COARSER)


@pytest.mark.parametrize("name", ["int64", "float8", "none"])
def test_a_precision_without_one_is_refused_with_those_that_have(name: str) -> None:
    with pytest.raises(Refused, match=f"no tolerance for answers in {name}, only for float32"):
        allowed(name, 1e-3)
