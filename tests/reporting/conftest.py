"""One rendered page for all the tests that read it."""

from pathlib import Path

import pytest

from tasks.reporting.page import render
from tests.reporting import builders


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The HTML of the builder's result."""
    folder = tmp_path_factory.mktemp("report")
    return Path(render(builders.result(folder), folder)).read_text()
