"""Questions to a real SQLite store: tables, histories, advice, drift, and runs that others may not be slower than."""

from pathlib import Path

import pandas as pd
import pytest

from flows import advise, results
from tasks.analyses.comparable import tables
from tasks.errors import Refused
from tasks.judge import baseline, judge
from tasks.tracking import records
from tasks.tracking.records import newest
from tasks.watch import watch
from tests.recorded_builder import logged, seen, uri

STORE = "tracking.experiment=tests"
SLOW = {"accuracy_top1": 0.9, "predict_p50_ms": 10.0, "end_to_end_trimmed_mean_ms": 11.0, "end_to_end_p99_ms": 20.0,
        "throughput_per_s": 90.0, "memory_peak_bytes": 1e8}  # fmt: skip
FAST = {**SLOW, "predict_p50_ms": 5.0, "end_to_end_p99_ms": 9.0, "throughput_per_s": 200.0}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven nightly runs, one faster software with a price, one other protocol, and one other model."""
    place = tmp_path_factory.mktemp("store")
    for night in range(7):
        logged(place, f"night-{night}", {**SLOW, "predict_p50_ms": 10 + 0.01 * (night % 3)}, days=night)
    logged(place, "fast", FAST, days=8, software__id="fast", hw__price_per_hour=3.6, hw__currency="EUR")
    logged(place, "seeded", FAST, days=8, scenario__seed=1)
    logged(place, "other", SLOW, days=8, model__id="another", host="elsewhere")
    return place


@pytest.fixture(autouse=True)
def chosen(store: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri(store))
    monkeypatch.setattr(results, "REPORTS", tmp_path)


def test_a_run_comes_back_as_a_row_with_what_was_logged() -> None:
    row = results.frame(words=[STORE], software="fast").to_dict("records")[0]
    assert (row["run"], row["model"], row["dataset"]) == ("fast", "tiny[seeded] on colors", "colors")
    assert (row["version"], row["device"], row["host"], row["state"]) == ("1.31.1", "cpu", "here", "passed")
    assert row["predict_p50_ms"] == 5.0 and row["predict_p50_ms_low"] == pytest.approx(4.9)
    assert row["predict_p50_ms_n"] == 100 and row["price_per_hour"] == 3.6 and row["batch"] == "1"


def test_mlflows_own_search_gives_the_same_frame(store: Path) -> None:
    names, tracking = ["predict_p50_ms"], results.tracking([STORE])
    ours = records.frame(tracking, names)
    rows = records._over_http(uri(store), "tests", records.PARAMS, names, {})
    theirs = records._tidy(rows, records.PARAMS, names)
    order = ["started", "run"]
    pd.testing.assert_frame_equal(
        ours.sort_values(order, ignore_index=True), theirs.sort_values(order, ignore_index=True), check_like=True
    )


def test_conditions_hold_together() -> None:
    tracking = results.tracking([STORE])
    first = records.named(tracking, "night-0").iloc[0]
    same = {name: first[name] for name in records.IDENTITY}
    assert set(records.frame(tracking, (), where=same)["run"]) == {f"night-{i}" for i in range(7)}
    assert records.frame(tracking, (), where={**same, "host": "elsewhere"}).empty


def test_a_store_that_is_not_there_is_empty_and_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri(tmp_path))
    assert results.frame(words=[STORE]).empty and not list(tmp_path.iterdir())


def test_what_does_not_agree_stands_in_another_table_or_has_a_mark() -> None:
    runs = newest(results.frame(["predict_p50_ms"], words=[STORE]))
    apart = tables(runs, ["model", "software"], ["predict_p50_ms"], together=False)
    assert [len(t.rows) for t in apart] == [3, 1] and not any(r.mark for t in apart for r in t.rows)
    (together,) = tables(runs, ["model", "software"], ["predict_p50_ms"], together=True)
    assert [r.run for r in together.rows if r.mark] == ["seeded"] and "another scenario" in together.notes[0]


def test_rows_that_look_alike_get_the_column_that_tells_them_apart() -> None:
    (table,) = tables(results.frame(["load_s", "predict_p50_ms"], words=[STORE], host="here", software="onnxruntime",
                                    seed="0"), ["model"], ["predict_p50_ms"], together=False)  # fmt: skip
    assert table.aspects == ("model", "started") and len(table.rows) == 7


def test_the_command_prints_tables_and_writes_a_page(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert results.run([STORE, "by=[model,software]", "metric=end_to_end_p99_ms"]) == 0
    said = capsys.readouterr().out
    assert "tiny[seeded] on colors" in said and "9.00 ms" in said
    (page,) = (tmp_path / "results").glob("*.html")
    html = page.read_text()
    assert said.splitlines()[-1].endswith(page.name) and "<svg" in html and "8.82 – 9.18" in html


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["bye=model"], "Did you mean by"),
        (["by=modle"], "Did you mean model"),
        (["metric=p99"], "There is no metric «p99»"),
        (["model=resnet"], "There is no model «resnet»"),
        (["since=yesterday"], "since=yesterday is no time"),
        (["history=nigt-1"], "Did you mean night-"),
        (["metric=accuracy_top5"], "No recorded run"),
    ],
)
def test_a_mistake_is_a_sentence(words: list[str], said: str) -> None:
    with pytest.raises(Refused, match=said):
        results.run([STORE, *words])


def test_a_change_is_found_from_the_second_run_on_and_until_it_is_accepted(
    tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    for name in ("mlflow.db", "mlruns"):
        (shutil.copytree if (store / name).is_dir() else shutil.copy)(store / name, tmp_path / name)
    given = {"tracking__uri": uri(tmp_path)}
    slow = {**SLOW, "predict_p50_ms": 13.0}
    assert watch.fn(seen(tmp_path, "same", SLOW, days=10, **given), ())[0] == ()
    assert watch.fn(seen(tmp_path, "once", slow, days=10, **given), ())[0] == ()
    logged(tmp_path, "once", slow, days=10)
    (finding,), across = watch.fn(seen(tmp_path, "twice", slow, days=11, **given), ("predict_p50_ms", "accuracy_top1"))
    assert finding.severity == "warning" and "predict_p50_ms is 13 ms" in finding.sentence
    assert "changed since once" in finding.sentence and "history=twice" in finding.way_out
    assert set(across) == {"predict_p50_ms"} and across["predict_p50_ms"].n == 8
    assert across["predict_p50_ms"].low < 11  # what differed between nights and «once» is in it
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri(tmp_path))
    assert results.run([STORE, "accept=once"]) == 0
    assert watch.fn(seen(tmp_path, "twice", slow, days=11, **given), ("predict_p50_ms",)) == ((), {})


def test_a_history_is_drawn_with_its_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert results.run([STORE, "history=night-3", "metric=predict_p50_ms"]) == 0
    said = capsys.readouterr().out
    assert all(f"night-{i}" in said for i in range(7)) and "fast" not in said


def test_advice_names_the_choice_its_cost_and_who_is_ruled_out() -> None:
    found = advise.advise([STORE, "limit=p99<15ms", "floor=accuracy_top1>0.8@colors", "seed=0", "model=tiny"])
    assert found.choice and found.choice.run == "fast" and found.by.name == "cost"
    assert found.choice.values["cost"].value == pytest.approx(3.6 / 3600 / 200 * 1e6)  # type: ignore[union-attr]
    ((other, why),) = found.ruled_out
    assert other.run.startswith("night-") and "end_to_end_p99_ms is 20.00 ms" in why


def test_protocols_that_differ_are_not_advised_on_together() -> None:
    with pytest.raises(Refused, match="2 protocols"):
        advise.advise([STORE, "limit=p99<15ms"])


def test_seeded_accuracy_is_not_ranked_across_models() -> None:
    words = [STORE, "limit=p99<50ms", "seed=0"]
    found = advise.advise(words)
    assert "accuracy_top1" not in [a.name for a in found.axes] and "come from a seed" in found.notes[0]
    with pytest.raises(Refused, match="not ranked across models"):
        advise.advise([*words, "by=accuracy_top1"])


def test_an_undecided_limit_chooses_nobody_and_is_code_4(capsys: pytest.CaptureFixture[str]) -> None:
    assert advise.run([STORE, "limit=p99<20ms", "seed=0", "software=onnxruntime"]) == 4
    assert "undecided" in capsys.readouterr().out


def test_budgets_are_judged_against_numbers_and_a_recorded_run(store: Path) -> None:
    given = {"tracking__uri": uri(store), "expect__predict_p50_ms": 8.0, "expect__not_slower_than": "night-0"}
    slower = seen(store, "now", {**SLOW, "end_to_end_trimmed_mean_ms": 15.0}, spread=0.005, **given)
    slower = slower.with_(budgets=judge.fn(slower))
    assert [b.outcome for b in slower.budgets] == ["violated", "violated"] and slower.exit_code == 1
    alike = seen(store, "now", {**SLOW, "predict_p50_ms": 5.0}, **given)
    alike = alike.with_(budgets=judge.fn(alike))
    assert [b.outcome for b in alike.budgets] == ["met", "undecided"] and alike.exit_code == 4
    assert alike.hashes["evaluation"] == seen(store, "now", SLOW).hashes["evaluation"], "a budget changes the identity"


def test_a_run_that_measured_less_of_the_same_is_a_bound(store: Path) -> None:
    more = {"scenario__repetitions": 7, "scenario__time_limit_s": 1e4}
    asked = seen(store, "now", SLOW, tracking__uri=uri(store), expect__not_slower_than="night-0", **more)
    found = baseline(asked.evaluation)
    assert found and asked.hashes["scenario"] != seen(store, "now", SLOW).hashes["scenario"]


def test_a_run_of_another_scenario_or_none_is_no_bound(store: Path) -> None:
    for run, said in (("seeded", "another scenario"), ("nigt-1", "Did you mean night-")):
        asked = seen(store, "now", SLOW, tracking__uri=uri(store), expect__not_slower_than=run)
        with pytest.raises(Refused, match=said):
            baseline(asked.evaluation)
