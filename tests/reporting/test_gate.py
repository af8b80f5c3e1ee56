"""What continuous integration reads: JUnit's XML and a Markdown comment."""

from pathlib import Path
from xml.etree import ElementTree

from tasks.reporting import gate
from tasks.results.budget import held
from tasks.results.measurement import Estimate, Result, Sweep, Verdict
from tests.reporting import builders


def judged(*high: float, **fields: object) -> Result:
    seen = Estimate(10.0, "ms", 9.0, 11.0, 100, 3)
    budgets = tuple(held("predict_p50_ms", bound, "lower", seen) for bound in high)
    return builders.result(**{"verdict": Verdict(), "budgets": budgets, **fields})  # type: ignore[arg-type]


def test_a_violated_budget_is_a_failure_and_an_undecided_one_an_error() -> None:
    suite = ElementTree.fromstring(gate.junit("r", (judged(12, 10, 5),)))[0]
    assert [[c.tag for c in case] for case in suite] == [[], ["error"], ["failure"]]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "1")
    assert "10.0 ms (9.0 – 11.0)" in str(suite[2][0].get("message"))


def test_exit_codes_are_those_of_the_worst() -> None:
    assert [judged(*bounds).exit_code for bounds in ((12,), (12, 10), (12, 10, 5))] == [0, 4, 1]
    assert judged(12, failure="The agent failed.").exit_code == 1
    assert Sweep("s", Path(), (judged(12), judged(10))).exit_code == 4


def test_the_comment_says_the_worst_first_and_escapes_what_a_table_would_break_at(tmp_path: Path) -> None:
    text = gate.comment((judged(12), judged(5, failure="a|b <c>")))
    assert text.startswith("### Touchstone: failed") and "a\\|b &lt;c>" in text
    assert "| predict_p50_ms ≤ 12 ms | 10.0 ms (9.0 – 11.0) | ✅ met |" in text


def test_files_are_written_only_where_something_was_expected(tmp_path: Path) -> None:
    gate.write(judged(), tmp_path)
    assert not list(tmp_path.iterdir())
    gate.write(judged(12), tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"junit.xml", "comment.md"}
