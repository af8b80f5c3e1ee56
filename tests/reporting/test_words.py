"""Laws of `tasks/reporting/words.py`: a sweep's command asks for its cells, and for no others."""

from pathlib import Path

from tasks.reporting.words import sweep_command
from tasks.results.measurement import Sweep
from tests.reporting import builders

AGAIN = "python -m flows.evaluate"


def asked(*cells: tuple[str, ...]) -> str:
    return sweep_command(Sweep("s1", Path("s1"), tuple(builders.result(words=words) for words in cells)))


def test_every_combination_is_one_line() -> None:
    cells = [("+model=a", f"software={s}", f"scenario.seed={n}") for s in ("x", "y") for n in (0, 1)]
    assert asked(*cells) == f"{AGAIN} -m +model=a software=x,y scenario.seed=0,1"
    assert asked(*cells, *cells) == asked(*cells)  # dispatch=all: a cell on every node


def test_other_cells_are_a_line_each() -> None:
    holed = [("+model=a", "software=x"), ("+model=b", "software=y")]
    assert asked(*holed) == f"{AGAIN} +model=a software=x\n{AGAIN} +model=b software=y"
    assert asked(("+model=a",), ("+model=a", "software=y")).count("\n") == 1
    assert asked(("+model=a",), ()).splitlines()[1].startswith(f"{AGAIN} +model=tiny model.weights=seeded")


def test_values_with_commas_are_a_line_each() -> None:
    assert asked(("+model=a", "x=[1,2]"), ("+model=a", "x=[3]")).count("\n") == 1


def test_cells_that_were_read_back_are_asked_for_in_the_words_of_the_sweep() -> None:
    words = [["+model=a", f"software={name}"] for name in ("x", "y")]
    sweep = Sweep("s1", Path("s1"), (builders.result(), builders.result(words=tuple(words[1]))), asked=tuple(words))
    assert sweep_command(sweep) == f"{AGAIN} -m +model=a software=x,y"
