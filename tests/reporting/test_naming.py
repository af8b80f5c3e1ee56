"""Laws of `tasks/reporting/naming.py`: a cell is called by what tells it from the others, and by nothing else."""

from pathlib import Path
from typing import Any

from tasks.reporting.naming import names
from tasks.results.measurement import Result, Sweep
from tasks.specs.evaluation import Evaluation
from tests.builders import specification
from tests.reporting import builders


def called(*cells: Result) -> list[str]:
    return names(Sweep("s1", Path("reports/s1"), cells))


def cell(run: str = "r0", placement: dict[str, Any] | None = None, **changes: Any) -> Result:
    evaluation = Evaluation.model_validate(specification(hw__cpus=2, **changes))
    return builders.result(run=run, evaluation=evaluation, placement=placement or {})


def test_what_all_have_in_common_is_left_out() -> None:
    two = [
        cell(software__id=software, scenario__min_queries=n) for software in ("openvino", "pytorch") for n in (20, 30)
    ]
    assert called(*two) == [f"{software} · min_queries={n}" for software in ("openvino", "pytorch") for n in (20, 30)]


def test_fields_of_aspects_with_different_names_are_not_told() -> None:
    assert called(
        cell(software__id="a", software__threads__intra=1), cell(software__id="b", software__threads__intra=2)
    ) == [
        "a",
        "b",
    ]
    assert called(cell(software__threads__intra=1), cell(software__threads__intra=2)) == [
        "threads.intra=1",
        "threads.intra=2",
    ]


def test_hosts_tell_cells_apart() -> None:
    assert called(cell(placement={"host": "x"}), cell(placement={"host": "y"})) == ["x", "y"]


def test_equal_cells_are_called_by_their_run_and_one_alone_by_its_title() -> None:
    assert called(cell("r1"), cell("r2")) == ["tiny[seeded] on colors · r1", "tiny[seeded] on colors · r2"]
    assert called(cell()) == ["tiny[seeded] on colors"] and called() == []
