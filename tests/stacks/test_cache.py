"""What is kept, how large and how old; and the environment that is brought along instead."""

import importlib.metadata
import os
import sys
import time
from pathlib import Path

import pytest

from tasks.errors import Refused
from tasks.stacks import cache
from tasks.stacks.current import current
from tasks.stacks.stack import Stack, environ


def a_stack(folder: Path, name: str = "tiny", key: str = "0" * 16, idle_s: float = 0) -> Stack:
    place = folder / f"{name}-{key}"
    (place / "bin").mkdir(parents=True)
    (place / "bin" / "python").symlink_to(sys.executable)
    (place / "content").write_bytes(bytes(1000))
    stack = Stack(name, key, place / "bin" / "python", place, {"torch": "2.13.0+cpu"}, 1.0)
    cache.mark(stack)
    os.utime(place / cache.MARKER, (time.time() - idle_s,) * 2)
    return stack


def test_inventory_shows_the_longest_unused_first(cache_folder: Path) -> None:
    a_stack(cache_folder, key="a", idle_s=10)
    a_stack(cache_folder, key="b", idle_s=100)
    entries = cache.inventory()
    assert [entry.stack.key for entry in entries] == ["b", "a"]
    assert entries[0].idle_s == pytest.approx(100, abs=5) and entries[0].age_s < 5
    assert 1000 < entries[0].size_bytes < 2000


def test_a_stack_that_is_asked_for_is_no_longer_unused(cache_folder: Path) -> None:
    stack = a_stack(cache_folder, idle_s=1000)
    assert cache.built(stack.folder) == Stack(stack.name, stack.key, stack.python, stack.folder, stack.installed, None)
    assert cache.inventory()[0].idle_s < 5


def test_size_counts_a_file_once_however_many_names_it_has(cache_folder: Path) -> None:
    stack = a_stack(cache_folder)
    before = cache.inventory()[0].size_bytes
    os.link(stack.folder / "content", stack.folder / "again")
    assert cache.inventory()[0].size_bytes == before


def test_remove_takes_the_key_and_leaves_the_others(cache_folder: Path) -> None:
    gone, kept = a_stack(cache_folder, key="a"), a_stack(cache_folder, key="b")
    assert cache.remove("a") == [gone.folder]
    assert not gone.folder.exists() and kept.folder.exists()


def test_removing_what_is_not_there_lists_what_is(cache_folder: Path) -> None:
    a_stack(cache_folder, key="a")
    with pytest.raises(Refused, match=r"'zzz'.*there are: tiny-a"):
        cache.remove("zzz")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "null"])
def test_a_broken_marker_is_no_marker(cache_folder: Path, content: str) -> None:
    stack = a_stack(cache_folder)
    (stack.folder / cache.MARKER).write_text(content)
    assert cache.built(stack.folder) is None and cache.inventory() == []


def test_the_running_environment_is_a_stack() -> None:
    stack = current("pytest", "pytest")
    assert stack.python == Path(sys.executable) and stack.seconds is None and len(stack.key) == 16
    assert stack.installed["pytest"] == importlib.metadata.version("pytest")


def test_a_framework_that_is_not_installed_is_told_with_the_way_out() -> None:
    with pytest.raises(Refused, match=r"cannot import mxnot.*software\.packages.*pip install <name>==<version>"):
        current("mxnot", "mxnot")


def test_a_process_of_a_stack_sees_our_packages_and_no_other_path(
    cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere/else")
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    stack = a_stack(cache_folder)
    environment = environ(stack, Path("/root-of-ours"))
    assert environment["PYTHONPATH"] == "/root-of-ours" and "PYTHONHOME" not in environment
    assert environment["PATH"].startswith(str(stack.folder / "bin"))
