"""An evaluation as a gate in continuous integration: `junit.xml`, and `comment.md` for a pull request.

In: a `Result` or `Sweep`. Out: text. A check or a budget is a test case; an undecided one is an error, not a failure.
"""

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from tasks.reporting import words
from tasks.reporting.numbers import NONE, shown
from tasks.reporting.summary import write_text
from tasks.results.measurement import Budget, Estimate, Result, Sweep

SIGNS = {"met": "✅", "violated": "❌", "undecided": "❔"}


def write(result: Result | Sweep, folder: Path) -> None:
    """Both files, where something was expected."""
    cells = result.cells if isinstance(result, Sweep) else (result,)
    if any(cell.budgets for cell in cells):
        write_text(folder / "junit.xml", junit(result.run, cells))
        write_text(folder / "comment.md", comment(cells))


def junit(run: str, cells: tuple[Result, ...]) -> str:
    """One suite an evaluation."""
    root = ElementTree.Element("testsuites", name=run)
    for cell in cells:
        cases = list(_cases(cell))
        kinds = [kind for _, kind, _ in cases]
        about = {
            "name": _title(cell),
            "tests": str(len(cases)),
            "failures": str(kinds.count("failure")),
            "errors": str(kinds.count("error")),
            "time": f"{sum(cell.steps_s.values()):.3f}",
            "timestamp": cell.started_at,
            "hostname": str(cell.placement.get("host", "")),
        }
        suite = ElementTree.SubElement(root, "testsuite", about)
        for name, kind, said in cases:
            case = ElementTree.SubElement(suite, "testcase", classname=_title(cell), name=name, time="0")
            if kind:
                ElementTree.SubElement(case, kind, message=said)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _cases(cell: Result) -> Iterator[tuple[str, str, str]]:
    """Name; «failure», «error», or nothing; and the sentence."""
    if cell.failure:
        yield "evaluation", "failure", cell.failure
    for check in cell.verdict.checks:
        yield f"check {check.name}", "" if check.passed else "failure", check.sentence
    for budget in cell.budgets:
        kind = {"met": "", "violated": "failure", "undecided": "error"}[budget.outcome]
        yield f"expect {asked(budget)}", kind, f"{budget.outcome}: {seen(budget)} {budget.reason}".strip()


def comment(cells: tuple[Result, ...]) -> str:
    """A heading with the outcome, one row a budget, and below it what failed."""
    heads = {_state(cell) for cell in cells}
    worst = next(state for state in ("failed", "violated", "undecided", "met") if state in heads)
    lines = [f"### Touchstone: {worst}", "", "| evaluation | expected | seen | |", "|---|---|---|---|"]
    for cell in cells:
        for b in cell.budgets:
            seen_ = f"{seen(b)} {b.reason}".strip()
            row = (_title(cell), asked(b), seen_, f"{SIGNS[b.outcome]} {b.outcome}")
            lines.append(f"| {' | '.join(map(_escaped, row))} |")
    for cell in cells:
        failed = [cell.failure] * bool(cell.failure) + [c.sentence for c in cell.verdict.checks if not c.passed]
        lines += [f"\n{_escaped(_title(cell))} {words.state(cell)}: {_escaped(text)}" for text in failed]
        lines += [f"\n{_escaped(_title(cell))}: {_escaped(f.sentence)}" for f in cell.findings if f.rule == "changed"]
    runs = ", ".join(f"`{cell.run}`" for cell in cells)
    return "\n".join([*lines, "", f"<sub>{runs} · intervals are 95 %</sub>"]) + "\n"


def _state(cell: Result) -> str:
    return cell.expected if cell.passed else "failed"


def _title(cell: Result) -> str:
    asked = cell.evaluation
    return f"{asked.title} · {asked.software.id} · {asked.hw.id} · {asked.scenario.id}"


def asked(budget: Budget) -> str:
    """«predict_p99_ms ≤ 120 ms»."""
    unit = budget.seen.unit if budget.seen and budget.seen.unit != "fraction" else ""
    return f"{budget.name} {budget.relation} {budget.bound:g} {unit}".strip()


def seen(budget: Budget) -> str:
    """«118.2 ms (117.0 – 119.4)»; a fraction in the unit of its bound."""
    if budget.seen is None or budget.seen.value is None:
        return NONE
    one = shown(budget.seen if budget.seen.unit != "fraction" else _plain(budget.seen))
    return f"{one.full.strip()} ({one.interval})" if one.interval else one.full.strip()


def _plain(estimate: Estimate) -> Estimate:
    return Estimate(estimate.value, "", estimate.low, estimate.high, estimate.n, estimate.processes, estimate.note)


def _escaped(text: str) -> str:
    """Inside a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
