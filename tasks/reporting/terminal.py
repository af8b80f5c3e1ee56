"""A result as the terminal shows it: ten lines that say what the report says, or one row a cell of a sweep.

In: a `Result` or `Sweep`; ``everything`` adds every metric, and each finding in full with its way out.
"""

from collections import Counter
from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tasks.reporting import gate, words
from tasks.reporting.headline import BOUND, Headline, caption, headlines, rightnesses
from tasks.reporting.numbers import NONE, shown
from tasks.results.measurement import Estimate, Result, Sweep

COLORS = {"passed": "green", "checks failed": "red", "did not finish": "red"}
OUTCOMES = {"met": "green", "violated": "red", "undecided": "yellow"}
SHORT = {"passed": "passed", "checks failed": "failed", "did not finish": "ended"}
RIGHT = {"accuracy_top1": "right, %", "picture_psnr_db": "PSNR, dB"}
OF_A_CELL = {"predict_p50_ms": "p50, ms", "throughput_per_s": "per s"}


def show(result: Result | Sweep, console: Console | None = None, everything: bool = False) -> None:
    """Print on standard output, or on the given console."""
    (console or Console(highlight=False)).print(view(result, everything), crop=False)


def view(result: Result | Sweep, everything: bool = False) -> RenderableType:
    """What `show` prints."""
    return _sweep(result) if isinstance(result, Sweep) else Group(*_parts(result, everything))


def _parts(result: Result, everything: bool) -> Iterator[RenderableType]:
    state = words.state(result)
    yield Text.from_markup(f"\n[bold]{escape(words.title(result))}[/]  [{COLORS[state]}]{state}[/]")
    for name, of in (("software", words.software), ("hardware", words.hardware), ("scenario", words.scenario)):
        yield Text.from_markup(f"[dim]{name}[/]  {escape(of(result))}")
    if told := words.stages(result):
        yield Text.from_markup(f"[dim]pipeline[/]  {escape(told)}")
    if result.failure:
        yield Text(result.failure, style="red")
    if result.metrics:
        yield from _metrics(result.metrics) if everything else [_numbers(headlines(result))]
    if result.budgets:
        yield _budgets(result)
    for check in result.verdict.checks:
        if not check.passed:
            yield Text.from_markup(f"[red]failed[/]  {escape(check.sentence)}")
        elif check.name == BOUND and everything:
            yield Text.from_markup(f"[green]passed[/]  {escape(check.sentence)}")
    if everything and (quietness := words.quietness(result)):
        yield Text.from_markup(f"[dim]noise[/]  {escape(quietness)}")
    if result.findings:
        yield from _findings(result) if everything else [_briefly(result)]
    if result.mlflow:
        yield _line("mlflow", result.mlflow.get("link", f"run {result.mlflow['run_id']} in {result.mlflow['uri']}"))
    yield _line("report", str(result.folder / "index.html"))


def _numbers(found: list[Headline]) -> Table:
    """A line each: what it is, value, interval, and the verdict, what would show, or why there is no number."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    for _ in ("value", "interval"):
        table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for one in found:
        why = "" if one.number.interval else one.estimate.note.split(";")[0]  # the way out: show=all
        more = " · ".join(part for part in (one.said, one.detectable, one.across, why) if part)
        table.add_row(one.what, one.number.full, one.number.interval or NONE, escape(more))
    return table


def _briefly(result: Result) -> Text:
    """How many of each kind, and the rules that found them."""
    kinds = Counter(finding.severity for finding in result.findings)
    many = ", ".join(f"{n} {kind}{'s' if n > 1 else ''}" for kind, n in kinds.items())
    rules = ", ".join(dict.fromkeys(finding.rule.replace("_", " ") for finding in result.findings))
    return Text.assemble(("findings", "yellow" if kinds["warning"] else "dim"), f"  {many}: {rules} (show=all tells)")


def _findings(result: Result) -> Iterator[Text]:
    for finding in result.findings:
        color = "yellow" if finding.severity == "warning" else "cyan"
        yield Text.from_markup(f"[{color}]{finding.severity}[/]  {escape(f'{finding.sentence} {finding.way_out}')}")


def _budgets(result: Result) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("expected", "seen", ""):
        table.add_column(name)
    for budget in result.budgets:
        seen = f"{gate.seen(budget)}  {budget.reason}".strip()
        color = OUTCOMES[budget.outcome]
        table.add_row(escape(gate.asked(budget)), escape(seen), f"[{color}]{budget.outcome}[/]")
    return table


def _line(name: str, text: str) -> Text:
    """One line however long, so that a path can be copied."""
    return Text.assemble((name, "dim"), "  ", text, no_wrap=True, overflow="ignore")


def _metrics(metrics: dict[str, Estimate]) -> Iterator[RenderableType]:
    """The table, and below it each different note once."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("metric", no_wrap=True)
    for name in ("value", "95 % interval", "n"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("note")
    notes: dict[str, int] = {}
    for name, estimate in metrics.items():
        one = shown(estimate)
        mark = str(notes.setdefault(estimate.note, len(notes) + 1)) if estimate.note else ""
        style = "dim" if estimate.value is None else ""
        table.add_row(name, one.full, one.interval or NONE, f"{estimate.n:,}", mark, style=style)
    yield table
    for note, number in notes.items():
        yield Text(f"{number}  {note}", style="dim")


def _sweep(sweep: Sweep) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("evaluation", overflow="fold")
    table.add_column("software, hardware, scenario", overflow="fold")
    headings = {**{name: RIGHT.get(name, caption(name)) for name in rightnesses(sweep.cells)}, **OF_A_CELL}
    for heading in headings.values():
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("state", no_wrap=True)
    several = words.hosts(sweep) > 1
    for cell in sweep.cells:
        asked, state = cell.evaluation, words.state(cell)
        where = f" on {cell.placement.get('host', '?')}" if several else ""
        aspects = escape(f"{asked.software.id}, {asked.hw.id}{where}, {asked.scenario.id}")
        numbers = [_brief(cell.metrics.get(name)) for name in headings]
        state_of = f"[{COLORS[state]}]{SHORT[state]}[/]{_expected(cell)}"
        table.add_row(escape(words.title(cell)), aspects, *numbers, state_of)
    title = Text.from_markup(f"\n[bold]{escape(sweep.run)}[/]  {len(sweep.cells)} evaluations")
    compared = sweep.mlflow.get("link", f"make ui, then the run {sweep.run}: its description links to the comparison")
    lines = [_line("compare", compared)] if sweep.mlflow else []
    return Group(title, table, *lines, _line("report", str(sweep.folder / "index.html")))


def _expected(cell: Result) -> str:
    return f" [{OUTCOMES[cell.expected]}]{cell.expected}[/]" if cell.budgets else ""


def _brief(estimate: Estimate | None) -> str:
    return NONE if estimate is None else shown(estimate).value
