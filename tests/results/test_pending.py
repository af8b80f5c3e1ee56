"""What is measured and not recorded, without running anything."""

import subprocess
import sys
from pathlib import Path

import pytest

from flows import cli, foreground, line
from tasks import ROOT
from tasks.results.pending import held, orphans, recovered


def test_what_is_done_vanishes_and_what_is_not_stays(tmp_path: Path) -> None:
    with held("kept", tmp_path) as pending:
        pending.note("asked", {})
        pending.keep("a.zip", b"bytes")
    with held("gone", tmp_path) as pending:
        pending.done = True
    assert orphans(tmp_path) == ["kept"] and (tmp_path / "kept" / "a.zip").read_bytes() == b"bytes"


def test_done_counts_when_the_block_ends_badly_too(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), held("run", tmp_path) as pending:
        pending.done = True
        raise KeyboardInterrupt
    assert orphans(tmp_path) == []


def test_a_run_that_noted_nothing_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), held("run", tmp_path):
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("told", [True, False])
def test_an_error_that_came_of_an_interrupt_leaves_nothing(
    told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation = cli.default()
    monkeypatch.setattr(line, "held", lambda name: held(name, tmp_path))
    monkeypatch.setattr(foreground, "_told", [True] if told else [])
    with pytest.raises(OSError, match="Ray's own"), line.begun([], evaluation, None):
        raise OSError("Ray's own")
    assert len(orphans(tmp_path)) == (0 if told else 1)


def test_what_a_living_driver_holds_is_no_orphan_until_it_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from tasks.results.pending import held\n"
        "with held('run', Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    driver = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert driver.stdout and driver.stdout.readline() == "held\n"
    assert orphans(tmp_path) == []
    driver.kill()
    driver.wait()
    assert orphans(tmp_path) == ["run"]


def test_a_run_that_measured_nothing_is_not_recovered(tmp_path: Path) -> None:
    with held("run", tmp_path) as pending:
        pending.note("asked", {"run": "run"})
        assert recovered(pending, tmp_path) is None
