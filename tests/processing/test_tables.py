"""Laws of the steps on numbers that are written as text."""

import numpy as np
import pytest

from tasks.agent.setting import stacked
from tasks.processing import AFTER, BEFORE, Undecodable

numbers, apart = BEFORE["numbers"], BEFORE["apart"]


def test_lines_become_rows() -> None:
    table = numbers(b"1,2\n-3,4.5\r\n", dtype="float32", columns=2)
    assert table.dtype == np.float32 and table.tolist() == [[1, 2], [-3, 4.5]]
    assert numbers(b"7\n8", dtype="int64", columns=1).tolist() == [[7], [8]]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "0 rows of numbers"),
        (b"1,2\n3\n", "2 rows of numbers, not all of one length"),
        (b"1,\n", "no table of numbers: could not convert"),
        (b"1,nan\n", "a number is missing, or infinite"),
        (b"1,inf\n", "a number is missing, or infinite"),
        (b"1,2,3\n", "3 numbers in a row, not 2"),
        (b"1,2.5\n", "a number is not whole"),
        (b"\xff\xd8", "no table of numbers"),
    ],
)
def test_what_is_no_table_is_undecodable(data: bytes, words: str) -> None:
    with pytest.raises(Undecodable, match=words):
        numbers(data, dtype="int64", columns=2)


def test_a_row_becomes_an_input_for_each_column_and_a_batch_an_array_for_each() -> None:
    each = [apart(numbers(line, dtype="int64", columns=2), rows=1) for line in (b"1,2", b"3,4", b"5,6")]
    users, items = stacked(each)
    assert users.tolist() == [1, 3, 5] and items.tolist() == [2, 4, 6] and users.dtype == np.int64
    assert [one.shape for one in stacked(each[:1])] == [(1,), (1,)]
    with pytest.raises(Undecodable, match="2 rows, not 1"):
        apart(np.zeros((2, 2)), rows=1)


def test_rescaled_values_are_those_before_they_were_normalised() -> None:
    values = np.array([[107.0], [1372.0]])
    normal = BEFORE["normalize"](values, scale=0.004, mean=[2.4], std=[1.0], order="scale_mean_std")
    assert AFTER["rescale"](normal, scale=250.0, shift=600.0) == pytest.approx(values, rel=1e-6)
