"""The user's own pictures: class folders and tables, and what is refused in one sentence."""

from pathlib import Path

import pytest

from tasks.artifacts.archive import read_archive, write_archive
from tasks.artifacts.own.pictures import read
from tasks.errors import Refused
from tests.builders import COLORS, png


def folder(path: Path, *classes: str, each: int = 2) -> Path:
    for name in classes:
        (path / name).mkdir(parents=True)
        for i in range(each):
            (path / name / f"{i}.png").write_bytes(png(next(iter(COLORS.values())), noise=i))
    return path


def table(path: Path, text: str, *pictures: str) -> Path:
    for name in pictures:
        (path.parent / name).parent.mkdir(parents=True, exist_ok=True)
        (path.parent / name).write_bytes(png((200, 0, 0)))
    path.write_text(text)
    return path


def refused(path: Path) -> str:
    with pytest.raises(Refused) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_class_folders_are_labels_in_alphabetical_order(tmp_path: Path) -> None:
    found = read(folder(tmp_path / "pets", "dog", "cat"))
    assert (found.labels, found.count, found.rows) == (("cat", "dog"), 4, None)


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_table_becomes_an_archive_with_every_picture_label_and_group(tmp_path: Path, kind: str) -> None:
    rows = [("p/a.png", "10", "x"), ("p/b.png", "2", "x"), ("c.png", "2", "")]
    if kind == "csv":
        text = "file,label,group\n" + "".join(f"{f},{c},{g}\n" for f, c, g in rows)
    else:
        text = "".join(f'{{"file": "{f}", "label": {c}, "group": "{g}"}}\n' for f, c, g in rows)
    found = read(table(tmp_path / f"t.{kind}", text, *(f for f, _, _ in rows)))
    assert found.labels == ("2", "10") and found.count == 3
    found.pack(tmp_path / "all.zip")
    samples = read_archive(tmp_path / "all.zip")
    write_archive(samples, tmp_path / "same.zip")
    assert (tmp_path / "all.zip").read_bytes() == (tmp_path / "same.zip").read_bytes()
    kept = [(s.file, s.label, s.group, s.data) for s in samples]
    picture = png((200, 0, 0))
    assert kept == [
        ("c.png", "2", "c.png", picture),
        ("p/a.png", "10", "x", picture),
        ("p/b.png", "2", "x", picture),
    ]


@pytest.mark.parametrize("header", ["image,class", "Path,Target", "filename,label"])
def test_columns_are_known_by_their_usual_names(tmp_path: Path, header: str) -> None:
    assert read(table(tmp_path / "t.csv", f"{header}\na.png,x\nb.png,y\n", "a.png", "b.png")).labels == ("x", "y")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no rows"),
        ("file,label\n", "has no rows"),
        ("text,label\nhello,x\n", "has the columns text, label; it needs «file»"),
        ("a,b\n1,2\n", "it needs «file»"),
        ("file,label\na.png,\n", "row 1: «file» or «label» is empty"),
        ("file,label\n../a.png,x\n", "outside the folder of the table"),
        ("file,label\n/etc/passwd,x\n", "outside the folder of the table"),
        ("file,label\nlink.png,x\n", "outside the folder of the table"),
        ("file,label\nnone.png,x\n", "none.png is not there"),
        ("file,label\na.png,x\na.png,y\n", "names a.png more than once"),
        ("file,label\na.png,x\nb.png,x\n", "has one class, x"),
        ("file,label\nno.png,x\nb.png,y\n", "no.png is no picture"),
        ('{"file": "a.png"\n', "line 1"),
        ("a\0b", "it is no text"),
    ],
)
def test_a_table_that_cannot_be_one_is_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "a.png").write_bytes(png((0, 0, 0)))
    (tmp_path / "in" / "no.png").write_bytes(b"no picture")
    (tmp_path / "in" / "link.png").symlink_to(tmp_path / "a.png")
    assert said in refused(table(tmp_path / "in" / "t.csv", text, "a.png", "b.png"))


def test_a_folder_that_cannot_be_one_is_a_sentence_with_the_way_out(tmp_path: Path) -> None:
    assert "does not exist" in refused(tmp_path / "none")
    (tmp_path / "loose").mkdir()
    (tmp_path / "loose" / "a.png").write_bytes(png((0, 0, 0)))
    assert "nothing says their class" in refused(tmp_path / "loose")
    folder(tmp_path / "splits" / "train", "cat", "dog")
    (tmp_path / "splits" / "val").mkdir()
    assert f"dataset={tmp_path / 'splits' / 'train'}" in refused(tmp_path / "splits")
    folder(tmp_path / "pets", "cat", "dog")
    (tmp_path / "pets" / "owl").mkdir()
    assert "the folder owl has no pictures" in refused(tmp_path / "pets")
    assert "has one class" in refused(folder(tmp_path / "one", "cat"))
