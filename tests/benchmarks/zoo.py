"""`python -m tests.benchmarks.zoo [SOFTWARE …]`: which models of the zoo run in which software, and agree.

In: the runs that are recorded below reports/ by the command `SWEEP`, ended or interrupted; of all models, or of those
that the report lists. Out: reports/zoo.md, or zoo-<software>-….md of the software that is named. One row a model: its
worst difference from the float64 reference, and the median prediction in each software.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tasks import ROOT
from tasks.environment import processor
from tests.benchmarks.agents import table, write

Cell = dict[str, Any]
SECONDS = 0.5
MANY = 90  # models, from which on they are not named one by one
ALL = ("onnxruntime", "pytorch", "openvino", "litert", "mxnet")
SWEEP = (
    "python -m flows.evaluate -m '+model={models}' software={software} hw=cpu1 "
    f"workers.cells=2 scenario=quick scenario.min_duration_s={SECONDS}"
)


def main(named: tuple[str, ...]) -> None:
    """Write the table; of a pair that was measured twice, the later one."""
    found: dict[tuple[str, str], Cell] = {}
    for cell in sorted(_recorded(), key=lambda cell: str(cell["started_at"])):
        found[cell["evaluation"]["model"]["id"], cell["evaluation"]["software"]["id"]] = cell
    found = {(model, name): cell for (model, name), cell in found.items() if name in (named or ALL)}
    of = sorted({model for model, _ in found})
    asked = ",".join(of) if 0 < len(of) < MANY else "glob(*)"
    sweep = SWEEP.format(models=asked, software=",".join(named or ALL))
    if not found:
        raise SystemExit(f"Nothing of the zoo is recorded below reports/: {sweep}")
    software = sorted({s for _, s in found})
    models: dict[str, dict[str, Cell]] = defaultdict(dict)
    for (model, name), cell in sorted(found.items()):
        models[model][name] = cell
    order = sorted(models, key=lambda m: (_spec(models[m])["modality"], m))
    lines = ["# The zoo", "", f"`{sweep}`,", f"then `{' '.join(('python -m tests.benchmarks.zoo', *named))}`.", ""]
    lines += [f"{processor.model()}. {len(found)} pairs of model and software, {_passed(found)} passed.", ""]
    lines += table(
        ["software", "models", "passed", "share"],
        [[s, *_counted([c for (_, name), c in found.items() if name == s])] for s in software],
    )
    lines += [""]
    lines += table(
        ["modality", "model", "largest difference, std", *(f"{s}: p50, ms" for s in software)],
        [
            [_spec(of)["modality"], m, _worst(of), *(_p50(of.get(s)) for s in software)]
            for m, of in ((m, models[m]) for m in order)
        ],
    )
    write("-".join(("zoo", *named)) + ".md", lines)


def _recorded() -> Iterator[Cell]:
    """Runs of models that the zoo builds, in the sweep's scenario."""
    for path in (ROOT / "reports").glob("*/summary.json"):
        run = json.loads(path.read_text())
        asked = run.get("evaluation")
        if asked and asked["model"].get("build") and asked["scenario"].get("min_duration_s") == SECONDS:
            yield run


def _spec(of: dict[str, Cell]) -> dict[str, Any]:
    found: dict[str, Any] = next(iter(of.values()))["evaluation"]["model"]
    return found


def _ok(cell: Cell) -> bool:
    return bool(cell["passed"])


def _passed(found: dict[tuple[str, str], Cell]) -> int:
    return sum(_ok(cell) for cell in found.values())


def _counted(cells: list[Cell]) -> list[str]:
    passed = sum(_ok(cell) for cell in cells)
    return [str(len(cells)), str(passed), f"{100 * passed / len(cells):.0f} %"]


def _worst(of: dict[str, Cell]) -> str:
    errors = [c["metrics"]["reference_error"]["value"] for c in of.values() if "reference_error" in c["metrics"]]
    return f"{max(errors):.1e}" if errors else "by accuracy"


def _p50(cell: Cell | None) -> str:
    if cell is None:
        return ""
    if not _ok(cell):
        return "failed"
    value = cell["metrics"]["predict_p50_ms"]["value"]
    return "refused" if value is None else f"{value:.3g}"


if __name__ == "__main__":
    main(tuple(sys.argv[1:]))
