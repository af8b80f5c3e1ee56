"""A comparison on its page, in its summary, and in the terminal: the verdict never stands without what it rests on."""

import io
import json
import math
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from tasks.reporting import contrast
from tasks.results.contrast import Block, Contrast, Contrasts, Difference, Side
from tasks.statistics import Plan, between_sessions, compare, detectable, paired_difference


def blocks(ratio: float, n: int = 6, noise: float = 0.001) -> tuple[Block, ...]:
    rng = np.random.default_rng(7)
    times = np.exp(rng.normal(0, noise, (n, 4)))
    return tuple(Block((a, d), (ratio * b, ratio * c)) for a, b, c, d in times.tolist())


def made(ratio: float = 1.05, **changes: Any) -> Contrast:
    real, nulls = blocks(ratio), blocks(1.0, 5)
    side = Side("run-a", "tiny[seeded] on colors", "onnxruntime", "cpu1", (1.0, 1.1), Path("run-a"))
    return replace(
        Contrast(
            ("software",), "predict_p50_ms", "ms", side, replace(side, run="run-b"),
            (Difference("software", "id", "<x>", "y"),), (), compare([b.log_ratio for b in real]), "a verdict",
            paired_difference([True] * 9 + [False], [True] * 10), "", real, nulls,
            detectable([b.log_ratio for b in nulls], len(real)),
        ),
        **changes,
    )  # fmt: skip


def printed(done: Contrasts) -> str:
    console = Console(file=io.StringIO(), width=200)
    contrast.show(done, console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize(
    ("ratio", "verdict", "said"),
    [
        (1.05, "SLOWER", "B takes 5 % more than A"),
        (0.9, "FASTER", "B takes 10 % less than A"),
        (1.001, "SAME", "within ±2 %"),
        (1.0203, "SLOWER", "B takes 2"),
    ],
)
def test_a_verdict_is_said_with_its_size_and_reason(ratio: float, verdict: str, said: str, tmp_path: Path) -> None:
    found = made(ratio)
    assert found.comparison.verdict == verdict and said in contrast.headline(found)
    text = printed(Contrasts("compare-1", tmp_path, (found,)))
    for part in (verdict, said, found.comparison.reason, "could have shown", "1 of 10 answers flipped"):
        assert part in text


def test_two_finished_runs_say_that_they_were_not_interleaved_and_what_was_not_recorded() -> None:
    noisy = between_sessions([1.0, 1.3, 0.9], [1.0, 1.2, 1.1], Plan())
    found = made(comparison=noisy, blocks=(), nulls=(), detectable=None, accuracy=None, accuracy_note="other samples",
                 ended="not interleaved", marked=("scenario",))  # fmt: skip
    text = dict(contrast.lines(found))
    assert "could have shown" not in text and text["ended by"] == "not interleaved"
    assert text["accuracy"] == "not compared: other samples" and "scenario" in text["marked"]
    assert "may be chance" in contrast.headline(found)
    assert contrast.headline(replace(found, comparison=replace(noisy, ratio=None))) == "not known"


def test_the_page_is_well_formed_and_the_summary_holds_every_block(tmp_path: Path) -> None:
    done = Contrasts("compare-1", tmp_path, (made(), made(1.0)), ("software@a=<b>",))
    path = contrast.write(done)
    summary = json.loads(path.read_text())
    assert summary["decided"] and len(summary["comparisons"]) == 2
    first = summary["comparisons"][0]
    assert len(first["blocks"]) == 6 and math.log(first["comparison"]["ratio"]) == pytest.approx(
        math.log(1.05), abs=0.01
    )
    page = (tmp_path / "index.html").read_text()
    HTMLParser().feed(page)
    assert "&lt;x&gt;" in page and "<x>" not in page and page.count("<svg") == 2 and "SLOWER" in page
