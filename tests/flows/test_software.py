"""`flows.software` on a cache of its own."""

from pathlib import Path

import pytest

from flows import conf, software
from tasks.errors import Refused
from tasks.stacks import cache
from tasks.stacks.build import ensure
from tasks.stacks.lock import Lock


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TOUCHSTONE_CACHE", str(tmp_path))


def test_list_names_every_software_and_what_nothing_uses(capsys: pytest.CaptureFixture[str]) -> None:
    ensure(Lock("3.11", ("six==1.17.0",)), "old")
    software.run(["list"])
    shown = capsys.readouterr().out
    assert all(name in shown for name in conf.options("software")) and "not built" in shown and "unused (old)" in shown


def test_list_takes_no_words() -> None:
    with pytest.raises(Refused, match="there was pytorch"):
        software.run(["list", "pytorch"])


def test_prune_removes_what_nothing_uses_and_keeps_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    used, unused = Lock("3.11", ("six==1.17.0",)), Lock("3.11", ("six==1.16.0",))
    for lock in (used, unused):
        ensure(lock, "six")
    monkeypatch.setattr(software, "configured", lambda: {"six": used})
    software.run(["prune"])
    assert [e.stack.key for e in cache.inventory()] == [used.key]
    software.run(["prune", "days=0"])
    assert cache.inventory() == []


@pytest.mark.parametrize("words", [["build", "onxruntime"], ["prune", "days=soon"], ["lsit"], []])
def test_mistakes_are_sentences(words: list[str]) -> None:
    with pytest.raises(Refused):
        software.run(words)
