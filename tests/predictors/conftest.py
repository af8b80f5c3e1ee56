"""The model file with every operator, for the software that a test module calls `NAME`."""

from pathlib import Path

import pytest

from tests.predictors.real_stacks import written


@pytest.fixture(scope="module")
def every(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Written once a module, in the software's own environment."""
    return written(request.module.NAME, tmp_path_factory.mktemp(request.module.NAME))
