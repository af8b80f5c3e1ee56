"""Where there is no GPU, a CUDA software says so; it never answers from the CPU."""

import os

import pytest

from flows import cli, conf
from tasks import ROOT
from tasks.artifacts.store import fetch
from tasks.environment.hardware import probe
from tests.contracts import grid

CUDA = [name for name in conf.options("software") if "cuda" in grid._yaml("software", name)["devices"]]


@pytest.mark.skipif(
    os.environ.get("TOUCHSTONE_STACKS") != "all", reason="builds a large environment: set TOUCHSTONE_STACKS=all"
)
@pytest.mark.skipif(bool(probe().accelerators), reason="this machine has a GPU: the grid runs CUDA on it")
@pytest.mark.parametrize("software", CUDA)
def test_a_missing_gpu_is_an_error_and_not_a_fall_back(software: str) -> None:
    asked = cli.composed(["+model=patchnet", f"software={software}", "hw=h200", "dataset=patches"])
    fell_back = r"(?i)cuda.* was asked for and (ONNX Runtime fell back to CPU|torch .* sees no CUDA device)"
    with pytest.raises(AssertionError, match=fell_back):
        grid.asked_of(asked, fetch(asked.artifact, ROOT), grid.inputs("patchnet")[:1])
