"""A lock is plain lines, and its key is all of it."""

from pathlib import Path

import pytest

from tasks.errors import Refused
from tasks.stacks.lock import RUNNING, Lock, parse, read


def test_every_bad_line_is_named_at_once() -> None:
    bad = ["-r other.txt", "numpy>=2", "torch==2.13.0+cpu", "a @ https://host/a.whl", "https://host/b.whl", "c==1.*"]
    bad += ["d==1; python_version<'3.9'", "e[x]==1", "f", "--index-url https://host"]
    with pytest.raises(Refused) as mistake:
        parse("\n".join(["six==1.17.0", *bad]))
    assert [line for line in bad if repr(line) not in str(mistake.value)] == []
    assert "six" not in str(mistake.value)


@pytest.mark.parametrize("version", ["1.17.0", "2.9.0.post0", "0.66b2", "1!2.0", "20251206.2.4", "5.0.0.dev1"])
def test_public_versions_are_lines(version: str) -> None:
    assert parse(f"six=={version}").packages == (f"six=={version}",)


def test_a_package_twice_is_refused_however_it_is_spelt() -> None:
    with pytest.raises(Refused, match=r"pillow-simd.*more than once"):
        parse("Pillow_SIMD==9.0\npillow-simd==9.1")


def test_comments_and_empty_lines_are_not_packages() -> None:
    assert parse("# python 3.9\n\n# why\nsix==1.17.0  # needed by x\n") == Lock("3.9", ("six==1.17.0",))


def test_python_is_the_argument_then_the_first_line_then_the_running_one() -> None:
    text = "# python 3.9\nsix==1.17.0"
    assert (parse(text, "3.10").python, parse(text).python, parse("six==1.17.0").python) == ("3.10", "3.9", RUNNING)


@pytest.mark.parametrize("python", ["2.7", "3", "3.11.7", "three"])
def test_a_python_is_major_and_minor(python: str) -> None:
    with pytest.raises(Refused, match=python):
        Lock(python, ())


def test_one_character_or_another_python_is_another_key() -> None:
    keys = {
        Lock("3.11", ("a==1.0", "b==2")).key,
        Lock("3.11", ("a==1.1", "b==2")).key,
        Lock("3.9", ("a==1.0", "b==2")).key,
    }
    assert len(keys) == 3 and all(len(key) == 16 for key in keys)


def test_the_order_of_lines_is_not_part_of_the_key() -> None:
    assert Lock("3.11", ("a==1", "b==2")).key == Lock("3.11", ("b==2", "a==1")).key


def test_a_file_that_is_missing_or_wrong_is_a_sentence_with_its_name(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.lock"
    wrong.write_text("six\n")
    with pytest.raises(Refused, match=r"wrong\.lock.*'six'"):
        read(wrong)
    with pytest.raises(Refused, match=r"absent\.lock cannot be read"):
        read(tmp_path / "absent.lock")


def test_the_committed_lock_of_the_project_is_a_lock() -> None:
    assert "uv" in " ".join(read(Path(__file__).parents[2] / "requirements.lock").packages)
