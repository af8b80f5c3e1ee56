"""Real builds of a very small lock: once, whole, or not at all."""

import os
import signal
import subprocess
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.errors import BuildFailed, Refused
from tasks.stacks import build, cache, completeness, python_finder
from tasks.stacks.build import at_fault, ensure
from tasks.stacks.lock import RUNNING, Lock

Asking = Callable[..., "subprocess.Popen[str]"]
SIX = Lock(RUNNING, ("six==1.17.0",))


def wheel(path: Path, *requires: str) -> None:
    """An empty wheel of this name that requires these."""
    name, version, *_ = path.stem.split("-")
    info = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {line}\n" for line in requires)
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")


def built(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*") if path.name != ".locks")


def test_a_lock_is_built_once_and_found_afterwards() -> None:
    said: list[str] = []
    first, second = ensure(SIX, "tiny", said.append), ensure(SIX, "tiny", said.append)
    assert first.seconds is not None and second.seconds is None
    assert first.installed == second.installed == {"six": "1.17.0"}
    assert subprocess.run([first.python, "-c", "import six"], check=False).returncode == 0
    assert said[0] == f"Building tiny for Python {RUNNING}: 1 package …" and said[-1].startswith("… tiny ready in ")


def test_another_python_is_another_stack() -> None:
    others = [version for version in python_finder.available() if version != RUNNING]
    if not others:
        pytest.skip("only one Python is installed here")
    stack = ensure(Lock(others[0], SIX.packages), "tiny")
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    assert subprocess.check_output([stack.python, "-c", program], text=True).strip() == others[0]


def test_a_python_that_is_not_there_is_told_with_those_that_are(cache_folder: Path) -> None:
    with pytest.raises(BuildFailed, match=rf"no Python 3\.98 here; there are .*{RUNNING}"):
        ensure(Lock("3.98", ()), "tiny")
    assert built(cache_folder) == []


def test_two_processes_at_once_build_once(asking: Asking) -> None:
    both = [asking("tiny", "six==1.17.0") for _ in range(2)]
    outputs = [process.communicate(timeout=60)[0] for process in both]
    assert sorted(output.split()[-1] for output in outputs) == ["built", "found"]
    found = next(output for output in outputs if output.endswith("found\n"))
    assert found == "found\n" or "Another process is building tiny" in found


def test_the_second_says_that_it_waits(cache_folder: Path, asking: Asking) -> None:
    with cache.alone(cache_folder / f"tiny-{SIX.key}", lambda: None):
        second = asking("tiny", *SIX.packages)
        assert second.stdout is not None
        assert "Another process is building tiny" in second.stdout.readline()
        assert second.poll() is None
    assert second.communicate(timeout=60)[0].endswith("built\n")


def test_a_version_that_does_not_exist_is_named_and_leaves_nothing(cache_folder: Path) -> None:
    with pytest.raises(BuildFailed, match=r"tiny for Python .* cannot be built: six==99\.9: "):
        ensure(Lock(RUNNING, ("iniconfig==2.3.1", "six==99.9")), "tiny")
    assert built(cache_folder) == []


def test_an_incomplete_lock_names_what_it_lacks_and_leaves_nothing(cache_folder: Path) -> None:
    said: list[str] = []
    with pytest.raises(BuildFailed, match=r"not complete. It lacks six==\S+ \(for python-dateutil\)\. Add these lines"):
        ensure(Lock(RUNNING, ("python-dateutil==2.9.0.post0",)), "tiny", said.append)
    assert built(cache_folder) == [] and said == [f"Building tiny for Python {RUNNING}: 1 package …"]


def test_a_lock_that_contradicts_itself_is_refused_with_the_lines_at_fault(cache_folder: Path) -> None:
    with pytest.raises(BuildFailed, match=r"built: python-dateutil==2\.9\.0\.post0, six==1\.4\.0: .*six>=1\.5"):
        ensure(Lock(RUNNING, ("python-dateutil==2.9.0.post0", "six==1.4.0")), "tiny")
    assert built(cache_folder) == []


def test_a_package_that_does_not_exist_is_named_and_leaves_nothing(cache_folder: Path) -> None:
    with pytest.raises(BuildFailed, match=r"cannot be built: touchstone-has-no-such-package==1\.0: .*not found"):
        ensure(Lock(RUNNING, ("touchstone-has-no-such-package==1.0",)), "tiny")
    assert built(cache_folder) == []


def test_where_the_resolver_has_no_answer_what_is_installed_is_checked(
    cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completeness, "asked", lambda *_: completeness.Answer())
    with pytest.raises(BuildFailed, match=r"not complete.*python-dateutil requires six>=1\.5"):
        ensure(Lock(RUNNING, ("python-dateutil==2.9.0.post0",)), "tiny")
    assert built(cache_folder) == []


def test_what_lacks_cuda_s_libraries_is_told_how_to_get_a_build_for_the_cpu(
    cache_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel(tmp_path / "index" / "bigtorch-2.6.0-py3-none-any.whl", "nvidia-cublas-cu12 (==12.4.5.8)")
    wheel(tmp_path / "index" / "nvidia_cublas_cu12-12.4.5.8-py3-none-any.whl")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(BuildFailed) as caught:
        ensure(Lock(RUNNING, ("bigtorch==2.6.0",)), "tiny")
    said = str(caught.value)
    assert "It lacks nvidia-cublas-cu12==12.4.5.8 (for bigtorch). The first are CUDA's libraries" in said
    assert "PIP_FIND_LINKS" in said and "software.devices=[cuda]" in said and said.endswith("Nothing was downloaded.")
    assert built(cache_folder) == []


def test_what_is_killed_in_the_middle_does_not_count_and_is_built_again(cache_folder: Path, asking: Asking) -> None:
    folder = cache_folder / f"tiny-{SIX.key}"
    killed = asking("tiny", *SIX.packages)
    while not (folder / "pyvenv.cfg").exists():
        time.sleep(0.005)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert folder.exists() and cache.built(folder) is None and cache.inventory() == []
    assert ensure(SIX, "tiny").installed == {"six": "1.17.0"}


def test_uv_holds_the_folder_after_its_parent_was_killed(cache_folder: Path) -> None:
    folder = cache_folder / "tiny-0"
    with cache.alone(folder, lambda: None) as held:
        child = subprocess.Popen(["sleep", "0.6"], pass_fds=[held])
    waited: list[float] = []
    with cache.alone(folder, lambda: waited.append(time.monotonic())):
        assert waited and child.wait(timeout=1) == 0


def test_an_interrupt_leaves_nothing_that_counts(cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "_check", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ensure(SIX, "tiny")
    assert built(cache_folder) == []


def test_a_folder_without_its_marker_is_built_again() -> None:
    stack = ensure(SIX, "tiny")
    (stack.folder / cache.MARKER).unlink()
    (stack.folder / "leftover").write_text("")
    assert ensure(SIX, "tiny").seconds is not None
    assert not (stack.folder / "leftover").exists()


def test_a_full_disk_is_a_sentence_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root can mount a disk small enough to be full")
    monkeypatch.setenv("TOUCHSTONE_CACHE", str(disk))
    try:
        with pytest.raises(BuildFailed, match=r"disk is full, 0\.00 GB are left"):
            ensure(SIX, "tiny")
        assert built(disk / "stacks") == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_cache_that_cannot_be_written_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TOUCHSTONE_CACHE", str(tmp_path / "file"))
    with pytest.raises(BuildFailed, match="Not a directory"):
        ensure(SIX, "tiny")


def test_a_name_that_would_leave_the_cache_is_refused() -> None:
    with pytest.raises(Refused, match=r"'\.\./x'"):
        ensure(SIX, "../x")


def test_a_stack_whose_python_went_away_is_built_again() -> None:
    stack = ensure(SIX, "tiny")
    stack.python.unlink()
    stack.python.symlink_to("/not/there")
    assert ensure(SIX, "tiny").seconds is not None


@pytest.mark.parametrize(
    "why",
    [
        "Because there is no version of six==1.0 and you require six==1.0, we can conclude that",
        "Failed to build `six==1.0` The build backend returned an error",
        "we only found wheels for `six` (v1.0) with the following Python implementation tags: `cp39`",
        "Because Six was not found in the package registry",
    ],
)
def test_the_requirement_at_fault_is_found_in_what_uv_says(why: str) -> None:
    assert at_fault(why, ["iniconfig==2.0", "six==1.0"]) == ["six==1.0"]


def test_nobody_is_blamed_for_a_network_that_is_not_there() -> None:
    assert at_fault("Failed to fetch: dns error", ["six==1.0"]) == []
