"""`python -m tests.benchmarks.zoo SWEEP…`: which models of the zoo run in which software, and agree → reports/zoo.md.

In: folders of sweeps below reports/, such as those of the command `SWEEP`. One row a model: its worst difference from
the float64 reference, and the median prediction in each software.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from tasks import ROOT
from tasks.environment import processor
from tests.benchmarks.agents import table, write

Cell = dict[str, Any]
SWEEP = "python -m flows.evaluate -m '+model=glob(*)' software=onnxruntime,pytorch,openvino hw=cpu1 scenario=quick"


def main() -> None:
    """Write the table; a cell that stands in several sweeps is taken from the last one."""
    found: dict[tuple[str, str], Cell] = {}
    for name in sys.argv[1:] or [_usage()]:
        for cell in json.loads((_folder(name) / "summary.json").read_text())["cells"]:
            found[cell["evaluation"]["model"]["id"], cell["evaluation"]["software"]["id"]] = cell
    software = sorted({s for _, s in found})
    models: dict[str, dict[str, Cell]] = defaultdict(dict)
    for (model, name), cell in sorted(found.items()):
        models[model][name] = cell
    order = sorted(models, key=lambda m: (_spec(models[m])["modality"], m))
    lines = ["# The zoo", "", f"`{SWEEP}`,", "then `python -m tests.benchmarks.zoo <sweep>`.", ""]
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
    write("zoo.md", lines)


def _usage() -> str:
    raise SystemExit("Which sweeps? python -m tests.benchmarks.zoo reports/sweep-…")


def _folder(name: str) -> Path:
    return Path(name) if Path(name).exists() else ROOT / "reports" / name


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
    return f"{cell['metrics']['predict_p50_ms']['value']:.3g}"


if __name__ == "__main__":
    main()
