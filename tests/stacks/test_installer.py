"""What pip was told, uv is told; and the installer needs nothing but a bare Python."""

import subprocess
import sys
from pathlib import Path

import pytest

from tasks.errors import BuildFailed
from tasks.stacks import installer

ROOT = Path(__file__).resolve().parents[2]
LISTING = """\
global.find-links='{folder} wheels-that-are-not-there'
global.index-url='https://user:secret@index.example/simple'
install.timeout='30'
global.timeout='10'
:env:.timeout='60'
:env:.trusted-host='one.example two.example'
wheel.no-index='true'
global.cert='{cert}'
"""


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "ca.pem").write_text("")
    return installer.parse_settings(LISTING.format(folder=tmp_path, cert=tmp_path / "ca.pem"))


def test_environment_wins_over_the_command_over_global(settings: dict[str, str]) -> None:
    assert settings["timeout"] == "60" and "no-index" not in settings


def test_places_that_exist_and_hosts_become_flags(settings: dict[str, str], tmp_path: Path) -> None:
    flags = installer.uv_flags(settings)
    assert flags[:2] == ["--index-strategy", "unsafe-best-match"]
    assert flags[2:] == [
        *["--find-links", str(tmp_path)],
        *["--allow-insecure-host", "one.example", "--allow-insecure-host", "two.example"],
    ]


def test_an_address_that_may_hold_a_password_is_not_on_the_command_line(settings: dict[str, str]) -> None:
    assert "secret" not in " ".join(installer.uv_flags(settings))
    assert installer.uv_environment(settings)["UV_INDEX_URL"].startswith("https://user:secret@")


def test_certificate_and_time_limit_reach_uv(settings: dict[str, str], tmp_path: Path) -> None:
    environment = installer.uv_environment(settings)
    assert environment["SSL_CERT_FILE"] == str(tmp_path / "ca.pem")
    assert environment["UV_HTTP_TIMEOUT"] == "60"


def test_what_the_user_told_uv_itself_wins(settings: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_INDEX_URL", "https://mine.example/simple")
    assert installer.uv_environment(settings)["UV_INDEX_URL"] == "https://mine.example/simple"


def test_relative_links_and_local_indexes_are_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wheels").mkdir()
    monkeypatch.chdir(tmp_path)
    assert installer.uv_flags({"find-links": "wheels"})[-1] == str(tmp_path / "wheels")
    index = f"file://{tmp_path}/wheels"
    assert installer.uv_environment({"extra-index-url": f"{index} file:///not/there"})["UV_EXTRA_INDEX_URL"] == index


@pytest.mark.parametrize("value", ["true", "1", "yes", "True"])
def test_no_index_is_taken_as_pip_takes_it(value: str) -> None:
    assert "--no-index" in installer.uv_flags({"no-index": value})
    assert "--no-index" not in installer.uv_flags({"no-index": "false"})


def test_the_settings_of_this_pip_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    assert installer.pip_settings()["find-links"] == str(tmp_path)


def test_without_uv_the_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uv", None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BuildFailed, match="pip install uv"):
        installer.uv_binary()


def test_a_python_with_nothing_installed_imports_every_module() -> None:
    modules = "installer, build, cache, current, lock, python_finder, __main__"
    bare = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        f"import sys; sys.path.insert(0, '.'); from tasks.stacks import {modules}",
    ]
    assert subprocess.run(bare, cwd=ROOT, capture_output=True, text=True, check=False).stderr == ""


def test_a_lock_file_that_is_not_there_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert installer.main(["absent.lock"]) == 2
    assert "LOCKFILE" in capsys.readouterr().err
