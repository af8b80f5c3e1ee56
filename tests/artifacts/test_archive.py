"""Archives: equal content is equal bytes, and the index comes first."""

import zipfile
from pathlib import Path

from tasks.artifacts.archive import Sample, read_archive, write_archive
from tasks.artifacts.builders import digits, patches
from tasks.artifacts.files import sha256_of
from tasks.artifacts.tiles import Cut
from tests.artifacts.clones import ROOT

SAMPLES = [Sample("b/2.png", "b", "g2", b"two"), Sample("a/1.png", "a", "g1", b"one")]


def test_order_of_samples_does_not_change_the_bytes(tmp_path: Path) -> None:
    write_archive(SAMPLES, tmp_path / "one.zip")
    write_archive(reversed(SAMPLES), tmp_path / "two.zip")
    assert sha256_of(tmp_path / "one.zip") == sha256_of(tmp_path / "two.zip")
    assert read_archive(tmp_path / "one.zip") == sorted(SAMPLES)


def test_index_is_the_first_member_and_nothing_is_compressed(tmp_path: Path) -> None:
    write_archive(SAMPLES, tmp_path / "one.zip")
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert archive.namelist() == ["index.csv", "a/1.png", "b/2.png"]
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
        assert archive.read("index.csv") == b"file,label,group\na/1.png,a,g1\nb/2.png,b,g2\n"


def test_data_sets_are_built_to_the_same_bytes_twice(tmp_path: Path) -> None:
    for folder in (tmp_path / "one", tmp_path / "two"):
        patches.build(Cut(96, 4, 64, seed=1), {"train": 20, "test": 20}, 90, folder / "patches")
        digits.build(1, 100, folder / "digits")
    built = sorted(path.relative_to(tmp_path / "one") for path in tmp_path.glob("one/*/*.zip"))
    assert len(built) == 4
    for name in built:
        assert sha256_of(tmp_path / "one" / name) == sha256_of(tmp_path / "two" / name)


def test_notice_names_every_picture() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for name in patches.LABELS:
        assert f"\n{name} " in notice
    assert notice.count("CC BY 2.0, cropped") == 2
