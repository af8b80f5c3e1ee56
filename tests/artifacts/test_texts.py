"""The user's own texts: a table with a column of them, and what is refused in one sentence."""

import json
from pathlib import Path

import pytest

from tasks.artifacts.archive import read_archive
from tasks.artifacts.own.texts import CLASSES, NEXT, holds_texts, read
from tasks.errors import Refused


def table(folder: Path, text: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(path: Path, modality: str | None = None) -> str:
    with pytest.raises(Refused) as caught:
        assert holds_texts(path, modality)
        read(path, modality)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_texts_with_labels_become_an_archive_of_their_bytes(tmp_path: Path, kind: str) -> None:
    rows = [("Grüße, «Welt»\n", "10"), ("zwei", "2"), ("drei", "2")]
    if kind == "csv":
        text = "Text,Label\n" + "".join(f'"{t}",{c}\n' for t, c in rows)
    else:
        text = "".join(json.dumps({"text": t, "label": int(c)}) + "\n" for t, c in rows)
    path = table(tmp_path, text, f"t.{kind}")
    assert holds_texts(path, None)
    found = read(path)
    assert (found.modality, found.labels, found.count) == (CLASSES, ("2", "10"), 3)
    found.pack(tmp_path / "all.zip")
    kept = [(sample.data.decode(), sample.label) for sample in read_archive(tmp_path / "all.zip")]
    assert kept == rows


def test_texts_alone_are_for_what_comes_next_and_so_are_labelled_ones_that_are_said_to_be(tmp_path: Path) -> None:
    alone = read(table(tmp_path, "text\nalpha\nbeta\n"))
    said = read(table(tmp_path, "text,label\nalpha,x\nbeta,y\n"), NEXT)
    assert [(found.modality, found.labels, found.count) for found in (alone, said)] == [(NEXT, (), 2)] * 2


def test_equal_texts_depend_on_each_other_and_a_group_says_what_else_does(tmp_path: Path) -> None:
    same = read(table(tmp_path, "text,label\nalpha,x\nbeta,y\nalpha,x\n")).samples
    assert [sample.group for sample in same] == ["0000001.txt", "0000002.txt", "0000001.txt"]
    said = read(table(tmp_path, "text,label,group\nalpha,x,one\nbeta,y,one\ngamma,y,\n")).samples
    assert [sample.group for sample in said] == ["one", "one", "0000003.txt"]


def test_a_line_separator_within_a_text_is_no_end_of_a_line(tmp_path: Path) -> None:
    lines = [json.dumps({"text": f"one\u2028two {c}", "label": c}, ensure_ascii=False) for c in "xyx"]
    assert read(table(tmp_path, "\n".join(lines), "t.jsonl")).count == 3


@pytest.mark.parametrize(
    ("text", "modality", "said"),
    [
        ("text,label\n", None, "has no rows"),
        ("text,label\nalpha,x\nbeta,x\n", None, "has one class, x"),
        ("text,label\nalpha,x\n,y\n", None, "row 2: «text» is '', no text of 2 bytes"),
        ("text,label\nalpha,x\nbeta,\n", None, "row 2: «label» is empty"),
        ("text,question,label\nalpha,b,x\n", None, "several columns that may be the texts: text, question"),
        ("text,label,class\nalpha,x,y\n", None, "several columns that may be the labels: label, class"),
        ("text,file,label\nalpha,a.png,x\n", None, "files in «file» and texts in «text»: which are the samples?"),
        ("text,score,label\nalpha,1,0.1\nbeta,1,0.2\ngamma,1,0.3\n", None, "has another «label», so it is no class"),
        ("text\nalpha\n", CLASSES, "needs «label» beside «text»"),
        ("body,label\nalpha,x\n", CLASSES, "it needs «text»"),
        (b"text,label\nal\xffpha,x\n", None, "is no UTF-8 at byte 13"),
        (b"text,label\n" + b"a" * 200_000 + b",x\n", None, "is no CSV that can be read: field larger than"),
        ('{"text": ["a", "b"], "label": 1}', None, "no text of 2 bytes"),
        ('{"text": "\\ud800ab", "label": 1}', None, "holds half a character"),
    ],
)
def test_what_is_wrong_or_cannot_be_told_is_one_sentence(
    tmp_path: Path, text: str | bytes, modality: str | None, said: str
) -> None:
    assert said in refused(table(tmp_path, text), modality)


def test_a_table_of_pictures_with_captions_is_one_of_pictures_once_that_is_said(tmp_path: Path) -> None:
    path = table(tmp_path, "file,text,label\na.png,a cat,cat\n")
    assert not holds_texts(path, "image_classification") and holds_texts(path, CLASSES)
    assert not holds_texts(table(tmp_path, "file,label\na.png,cat\n"), None) and not holds_texts(tmp_path, None)
