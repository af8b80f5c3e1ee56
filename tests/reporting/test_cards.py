"""What Prefect's pages say: keys that make a history, every number, and nothing that Markdown would swallow."""

import re
from dataclasses import replace
from pathlib import Path

from tasks.reporting.cards import Card, cards, sweep_cards
from tests.reporting import builders

LINK = "http://127.0.0.1:5000/#/experiments/1/runs/0a1b"


def kinds(found: list[Card]) -> dict[str, Card]:
    return {card.key.rpartition("-")[2]: card for card in found}


def test_a_key_is_what_prefect_takes_and_the_same_for_the_same_question(tmp_path: Path) -> None:
    first, later = (list(cards(builders.result(tmp_path, run=run, started_at=run))) for run in ("r1", "r2"))
    assert [c.key for c in first] == [c.key for c in later]
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", c.key) for c in first)
    assert {c.description for c in first}.isdisjoint({c.description for c in later})


def test_every_metric_is_a_row_with_its_interval_and_n(tmp_path: Path) -> None:
    result = builders.result(tmp_path)
    table = kinds(list(cards(result)))["numbers"]
    assert table.kind == "table" and [row["metric"] for row in table.data] == list(result.metrics)
    row = next(row for row in table.data if row["metric"] == "predict_p50_ms")
    assert (
        row["value"].endswith(" ms")
        and " – " in row["95 % interval"]
        and row["n"] == f"{result.metrics['predict_p50_ms'].n:,}"
    )


def test_what_was_asked_tells_state_findings_and_the_command(tmp_path: Path) -> None:
    text = kinds(list(cards(builders.result(tmp_path, words=("+model=tiny", "scenario=quick")))))["asked"].data
    assert "checks failed" in text and "**warning**: Few samples. Raise min\\_queries." in text
    assert "python -m flows.evaluate +model=tiny scenario=quick" in text
    assert "\\<b\\>30 of 32\\</b\\>" in text, "a sentence could be taken for HTML"
    assert f"`{tmp_path / 'index.html'}`" in text and "`make ui` shows it" in text


def test_there_is_a_link_only_where_a_ui_is_up(tmp_path: Path) -> None:
    assert "mlflow" not in kinds(list(cards(builders.result(tmp_path))))
    linked = builders.result(tmp_path, mlflow={"uri": "x", "run_id": "0a1b", "link": LINK})
    assert kinds(list(cards(linked)))["mlflow"].data == f"[r1 in MLflow]({LINK})"


def test_a_sweeps_bar_moves_and_its_table_has_a_row_a_cell(tmp_path: Path) -> None:
    whole = replace(builders.sweep(tmp_path, cells=4), expected=4)
    begun, half = (replace(whole, cells=whole.cells[:n]) for n in (0, 2))
    bars = [kinds(list(sweep_cards(sweep)))["progress"] for sweep in (begun, half, whole)]
    assert [bar.data for bar in bars] == [0, 50, 100] and len({bar.key for bar in bars}) == 1
    table = kinds(list(sweep_cards(half)))["cells"].data
    assert len(table) == 2 and table[0]["state"] == "checks failed" and table[0]["predict p50"].endswith(" ms")
    assert "2 of 4 evaluations, 2 failed" in bars[1].description


def test_another_request_is_another_sweep(tmp_path: Path) -> None:
    one = replace(builders.sweep(tmp_path), expected=2, asked=(["+model=a"], ["+model=b"]))
    keys = {next(sweep_cards(replace(one, asked=asked))).key for asked in (one.asked, (["+model=a"], ["+model=c"]))}
    assert len(keys) == 2
