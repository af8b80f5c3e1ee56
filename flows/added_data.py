"""`python -m flows.add dataset=./folder`: pictures with labels become `conf/dataset/<name>.yaml`.

Class folders stay where they are; the pictures that a table names are packed into one archive, with its SHA-256.
"""

from pathlib import Path
from typing import Any

import yaml

from flows import cli
from tasks import ROOT
from tasks.artifacts.files import sha256_of, written
from tasks.artifacts.own import manifest
from tasks.artifacts.own.answers import Answers, plain
from tasks.artifacts.own.pictures import Pictures, read
from tasks.errors import Refused
from tasks.specs.dataset import Dataset

SPLIT = "all"
ARCHIVES = "artifacts/datasets"
SHOWN = 12  # labels


def add(path: Path, answers: Answers) -> int:
    """Write the manifest, and print what was found and what to type next."""
    name = answers.name or plain(path.resolve().name if path.is_dir() else path.stem)
    target = cli.CONF / "dataset" / f"{name}.yaml"
    if target.exists() and not manifest.added_here(target):
        raise Refused(f"conf/dataset/{name}.yaml is one of this project's data sets. Choose another name: name=<name>.")
    if target.exists() and not answers.force:
        raise Refused(
            f"conf/dataset/{name}.yaml is there already. Add it again with force=true, or choose name=<name>."
        )
    pictures = read(path)
    fields = _fields(name, pictures, answers)
    Dataset.model_validate(fields)
    written(target, _text(fields, path).encode())
    _say(path, name, pictures, target)
    return 0


def _fields(name: str, pictures: Pictures, answers: Answers) -> dict[str, Any]:
    archives: dict[str, Any] = {}
    if pictures.rows is not None:
        file = ROOT / ARCHIVES / name / f"{SPLIT}.zip"
        pictures.pack(file)
        archives[SPLIT] = {"path": file.relative_to(ROOT).as_posix(), "sha256": sha256_of(file)}
    where = pictures.path.resolve()
    inside = where.relative_to(ROOT).as_posix() if where.is_relative_to(ROOT) else str(where)
    return {
        "id": name,
        "version": "1",
        "licence": answers.licence,
        "source": f"{pictures.path.name}, added by its user.",
        "modality": "image_classification",
        "kind": "archive" if archives else "image_folder",
        "split": SPLIT,
        "archives": archives,
        **({} if archives else {"folder": inside}),
        "samples": {SPLIT: pictures.count},
        "labels": list(pictures.labels),
    }


def _text(fields: dict[str, Any], path: Path) -> str:
    head = f"{manifest.MARK} dataset={path.name}.\n"
    return head + yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)


def _say(path: Path, name: str, pictures: Pictures, target: Path) -> None:
    more = f", … ({len(pictures.labels)} in all)" if len(pictures.labels) > SHOWN else ""
    print(f"{path}: {pictures.count} pictures of {len(pictures.labels)} classes: {_few(pictures)}{more}")
    print(f"written     {cli.relative(target)}")
    print(
        "next        say in the manifest of your model what its last layer means here, in the order of its outputs,\n"
        f"            heads: {{own: {{{name}: {{labels: [{_few(pictures)}{more}], channels: null}}}}}}\n"
        f"            then: python -m flows.evaluate +model=<name> dataset={name} scenario=quick"
    )


def _few(pictures: Pictures) -> str:
    return ", ".join(pictures.labels[:SHOWN])
