"""Trials of a pool are disjoint and end where the product would end; a cut-off line costs its own block alone."""

import json
from pathlib import Path

import numpy as np

from tasks.statistics import Plan
from tests.benchmarks.pool import _append, read
from tests.benchmarks.verdicts import report, trials

PLAN = Plan(looks=(4, 8))


def test_no_block_is_in_two_trials_and_all_but_the_last_are_used() -> None:
    quiet = np.random.default_rng(1).normal(0, 0.001, 50)
    found = trials(quiet.tolist(), PLAN)
    assert [t.blocks for t in found] == [4] * 12 and {t.verdict for t in found} == {"SAME"}
    noisy = trials(np.random.default_rng(2).normal(0, 0.5, 50).tolist(), PLAN)
    assert [t.blocks for t in noisy] == [8] * 6 and {t.verdict for t in noisy} == {"UNDECIDED"}
    assert trials(quiet[:3].tolist(), PLAN) == []


def test_a_planted_difference_is_found_and_the_report_has_exact_limits(tmp_path: Path) -> None:
    pool, rng = tmp_path / "pool.jsonl", np.random.default_rng(3)
    for part in "xy":
        _append(
            pool,
            {"part": part, "cpu": "c", "cores": [0], "words": ["x"], "metric": "m", "planted": 0.03, "wait_us": 30.0},
        )
    for i in range(240):
        times = np.exp(rng.normal(0, 0.002, 4)) * ([1, 1.03, 1.03, 1] if i % 2 else [1] * 4)
        a, b, c, d = times.tolist()
        _append(
            pool, {"of": "xy"[i // 120], "planted": i % 2 == 1, "a": [a, d], "b": [b, c], "at": str(i), "load_1m": 0.1}
        )
    text = report(read(pool))
    assert "| equal | 20 | 0 | 0 | 20 | 0 | 6.0 | false alarms ≤ 13.91 % |" in text
    assert "| planted | 20 | 0 | 20 | 0 | 0 | 6.0 | 100 % found, ≥ 86.09 % |" in text
    assert "20 trials of equals are fewer than the 299" in text


def test_a_line_that_was_cut_off_is_left_out_and_the_next_one_is_whole(tmp_path: Path) -> None:
    pool = tmp_path / "pool.jsonl"
    assert read(pool) == []
    pool.write_text(json.dumps({"part": "x"}) + "\n" + '{"of": "x", "planted": tr')
    _append(pool, {"of": "x", "planted": True})
    assert read(pool) == [({"part": "x"}, [{"of": "x", "planted": True}])]
