"""A framework that lies outside of the repository: found, measured, and held to the same contracts as ours."""

import subprocess
import sys
from pathlib import Path

import pytest

from flows import conf
from tasks import ROOT, plugins
from tasks.errors import Refused
from tests.flows.conftest import InRepository, repository_bench  # noqa: F401  (a fixture)
from tests.plugins.elsewhere import installed


def said(env: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, *words], cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_a_framework_from_elsewhere_is_measured_like_ours(tmp_path: Path, repository_bench: InRepository) -> None:  # noqa: F811
    place = [f"scenario.id={repository_bench.mark}", f"tracking.uri={repository_bench.uri}", "services=ephemeral"]
    words = ["+model=patchnet", "software=elsewhere", "scenario=quick", "scenario.min_duration_s=0.2", *place]
    done = said(installed(tmp_path), "-m", "flows.evaluate", *words)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "elsewhere" in done.stdout


def test_the_suite_of_contracts_finds_it_by_itself(tmp_path: Path) -> None:
    kept = "elsewhere and not resnet50"
    done = said(installed(tmp_path), "-m", "pytest", "-vv", "-p", "no:cacheprovider", "tests/contracts", "-k", kept)
    assert done.returncode == 0, done.stdout[-3000:]
    held = [line.split("::")[1].split("[")[0] for line in done.stdout.splitlines() if " PASSED" in line]
    assert {
        "test_every_software_answers_as_float64_does",
        "test_every_predictor_has_three_operations_a_format_and_a_software",
        "test_every_isolated_software_locks_what_the_agent_needs",
    } <= set(held), done.stdout[-3000:]


def test_without_it_the_name_is_answered_with_the_nearest(tmp_path: Path) -> None:
    done = said(
        installed(tmp_path) | {"PYTHONPATH": str(ROOT)}, "-m", "flows.evaluate", "+model=patchnet", "software=elsewhere"
    )
    assert done.returncode == 2 and "There is no predictor «elsewhere»" in done.stderr and not done.stdout
    with pytest.raises(Refused, match="no predictor"):
        plugins.load("tasks.predictors", "elsewhere")


def test_a_folder_of_configurations_that_is_not_there_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(conf.ALSO, str(tmp_path / "nowhere"))
    with pytest.raises(Refused, match="nowhere, which is no folder"):
        conf.options("software")


def test_ours_are_never_somebody_else_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "_others", lambda package: {"onnxruntime": "strange"})
    assert plugins.file_of("tasks.predictors", "onnxruntime") is None
    assert plugins.load("tasks.predictors", "onnxruntime").__name__ == "tasks.predictors.onnxruntime"
