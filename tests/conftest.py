"""Shared fixtures: the real software environment, and small evaluations that need nothing fetched."""

from pathlib import Path
from typing import Any

import pytest

from tasks.services import known, local, settings
from tasks.specs.evaluation import Evaluation
from tests.builders import archive, onnx_model, sha256, specification

# Before a test module imports Prefect, as everywhere: it logs at exit, when pytest has closed what it captures.
settings.apply()
KEPT_BEFORE = known.kept()


def pytest_sessionfinish() -> None:
    """End the services that the tests started; a developer's own stay."""
    if not KEPT_BEFORE and known.kept():
        local.down(lambda text: None)


@pytest.fixture(scope="session")
def onnxruntime() -> Any:
    """The environment of conf/software/onnxruntime.yaml, really provisioned."""
    import yaml

    from tasks import ROOT
    from tasks.stacks.build import ensure
    from tasks.stacks.lock import Lock

    spec = yaml.safe_load((ROOT / "conf" / "software" / "onnxruntime.yaml").read_text())
    return ensure(Lock(spec["python"], tuple(spec["packages"])), "onnxruntime")


class Bench:
    """A small evaluation whose model and data set lie in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.model = onnx_model(folder / "tiny.onnx")
        self.samples = archive(folder / "colors.zip")

    def evaluation(self, **changes: Any) -> Evaluation:
        """The specification with the files' real hashes."""
        pins = {
            "model__artifacts__seeded__onnx__sha256": sha256(self.model),
            "dataset__archives__test__sha256": sha256(self.samples),
        }
        return Evaluation.model_validate(specification(**{**pins, **changes}))

    def request(self, role: str = "accuracy", index: int = 0, **changes: Any) -> dict[str, Any]:
        """The agent request for it."""
        from tasks.placement.request import agent_request

        return agent_request(self.evaluation(**changes), role, index, [0], self.model, self.samples)  # type: ignore[arg-type]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A fresh bench."""
    return Bench(tmp_path)
