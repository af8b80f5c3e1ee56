"""Laws of `tasks/reporting/numbers.py`: digits follow the interval, units suit the reader."""

import pytest

from tasks.reporting.numbers import percent, seconds, shown
from tasks.results.measurement import Estimate


@pytest.mark.parametrize(
    ("estimate", "full", "interval"),
    [
        (Estimate(0.91333, "fraction", 0.8739, 0.9441), "91.3 %", "87.4 – 94.4"),
        (Estimate(21.6543, "ms", 21.6401, 21.6688), "21.65 ms", "21.64 – 21.67"),
        (Estimate(21.6543, "ms", 0.0, 95.0), "22 ms", "0 – 95"),
        (Estimate(1234.567, "samples/s", 1200.0, 1260.0), "1,235 samples/s", "1,200 – 1,260"),
        (Estimate(300 * 2.0**20, "bytes"), "300.0 MiB", ""),
        (Estimate(0.4567891, "us"), "0.4568 µs", ""),
        (Estimate(0.0, "ms"), "0.000 ms", ""),
        (Estimate(0.5, "s", 0.5, 0.5), "0.5000 s", "0.5000 – 0.5000"),
        (Estimate(16, "samples"), "16 samples", ""),
        (Estimate(None, "ms", note="needs more"), "–", ""),
    ],
)
def test_digits_follow_the_interval(estimate: Estimate, full: str, interval: str) -> None:
    assert (shown(estimate).full, shown(estimate).interval) == (full, interval)


def test_durations_keep_a_digit_or_two() -> None:
    assert [seconds(s) for s in (0.034, 21.04, 300.6)] == ["0.03 s", "21.0 s", "301 s"]


def test_a_share_in_percent_never_has_an_exponent() -> None:
    assert [percent(x) for x in (0.0314, 0.98, 0.999, 3.5, -1.234)] == ["3.1 %", "98 %", "100 %", "350 %", "-123 %"]
