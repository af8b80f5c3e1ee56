"""A machine made of files, so that what this one does not have can be read too."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.environment import reading

Machine = Callable[[dict[str, str]], Path]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Write these files, path to content, and read them in place of the kernel's."""

    def written(files: dict[str, str]) -> Path:
        for path, content in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(content)
        monkeypatch.setattr(reading, "ROOT", tmp_path)
        return tmp_path

    return written


@pytest.fixture
def nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a program of that name, with this shell script as its body, first on PATH."""

    def placed(body: str) -> None:
        program = tmp_path / "programs" / "nvidia-smi"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent), prepend=":")

    return placed
