"""Services, deployments, and the doctor, as a user types them; what lasts is tested in tests/services."""

import os
import subprocess
import sys

import pytest

from tasks import ROOT
from tasks.environment.hardware import probe


def python(*words: str, **env: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["name=nightly", "+model=patchnet"], 'cron="0 2 * * *" is every night at 2'),
        (["name=nightly", "cron=daily", "+model=patchnet"], "«daily» is no cron schedule"),
        (["cron=0 2 * * *", "+model=patchnet"], "name=nightly"),
        (["name=a/b", "cron=0 2 * * *", "+model=patchnet"], "found «a/b»"),
        (["name=nightly", "cron=0 2 * * *", "+model=patchnat"], "Did you mean patchnet"),
        (["state"], "Did you mean status?"),
    ],
)
def test_a_wrong_deployment_is_a_sentence_and_starts_nothing(words: list[str], said: str) -> None:
    done = python("flows.deploy", *words)
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr
    assert "starting" not in done.stderr


def test_the_doctor_tells_what_there_is_and_starts_nothing(tmp_path: object) -> None:
    done = python("flows.doctor", TOUCHSTONE_STATE=str(tmp_path), PREFECT_API_URL="", TOUCHSTONE_PREFECT="")
    told = " ".join(done.stdout.split())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Prefect not up; the next run starts it" in told and f"{probe().cpus} cores" in told
    assert "sqlite:///" in told and "GiB free" in told


def test_the_doctor_says_what_does_not_answer_and_the_way_out() -> None:
    done = python("flows.doctor", PREFECT_API_URL="http://127.0.0.1:9/api", RAY_ADDRESS="127.0.0.1:9")
    told = " ".join(done.stdout.split())
    assert done.returncode == 1 and "does not answer missing: start that server, or unset PREFECT_API_URL" in told
    assert "Ray cannot be reached: the cluster at 127.0.0.1:9" in told and "make up" in told


def test_a_run_with_services_that_do_not_answer_is_a_sentence() -> None:
    done = python("flows.evaluate", "+model=patchnet", "scenario=quick", PREFECT_API_URL="http://127.0.0.1:9/api")
    assert done.returncode == 1 and "Prefect failed" in done.stderr and "127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr
