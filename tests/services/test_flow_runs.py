"""A driver that was killed before its flow run had told its name, on a real Prefect."""

import subprocess
import sys

from tasks import ROOT
from tasks.services import flow_runs, local

CODE = """
import os, signal, sys
from tasks.services import settings, local, flow_runs
from flows import cli
with local.prefect(cli.default().services, print):
    from prefect import flow
    @flow(name="evaluate")
    def killed(): os.kill(os.getpid(), signal.SIGKILL)
    flow_runs.starting()
    killed()
"""


def test_a_flow_run_whose_driver_was_killed_at_its_start_is_marked() -> None:
    from flows import cli

    done = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True, timeout=200)
    assert done.returncode == -9, done.stderr[-2000:]
    assert [p for p in flow_runs.led_by_nobody() if p.name.startswith(flow_runs.STARTING)]
    said: list[str] = []
    with local.prefect(cli.default().services, said.append):
        flow_runs.mark_crashed(said.append)
    assert any("had been killed: marked as crashed in Prefect" in line for line in said)
    assert not list(flow_runs.led_by_nobody())
