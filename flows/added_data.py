"""`python -m flows.add dataset=./folder`: pictures with labels, or texts, become `conf/dataset/<name>.yaml`.

Class folders stay where they are; the pictures that a table names, and the texts that it holds, are packed into one
archive, with its SHA-256.
"""

from pathlib import Path
from typing import Any

import yaml

from flows import conf
from tasks import ROOT
from tasks.artifacts.files import sha256_of, written
from tasks.artifacts.own import manifest, pictures, texts
from tasks.artifacts.own.answers import Answers, plain
from tasks.artifacts.own.pictures import Pictures
from tasks.artifacts.own.texts import PICTURES, Texts
from tasks.errors import Refused
from tasks.specs.dataset import Dataset

SPLIT = "all"
ARCHIVES = "artifacts/datasets"
SHOWN = 12  # labels
BYTES = {"vocabulary": "bytes"}  # the one that there is (tasks/modalities/language_generation.py)
Found = Pictures | Texts


def add(path: Path, answers: Answers) -> int:
    """Write the manifest, and print what was found and what to type next."""
    name = answers.name or plain(path.resolve().name if path.is_dir() else path.stem)
    target = conf.CONF / "dataset" / f"{name}.yaml"
    if target.exists() and not manifest.added_here(target):
        raise Refused(f"conf/dataset/{name}.yaml is one of this project's data sets. Choose another name: name=<name>.")
    if target.exists() and not answers.force:
        raise Refused(
            f"conf/dataset/{name}.yaml is there already. Add it again with force=true, or choose name=<name>."
        )
    found = _found(path, answers)
    fields = _fields(name, found, answers)
    Dataset.model_validate(fields)
    written(target, _text(fields, path).encode())
    _say(path, name, found, target)
    return 0


def _found(path: Path, answers: Answers) -> Found:
    """Texts where the table has a column of them, else pictures."""
    if texts.holds_texts(path, answers.modality):
        return texts.read(path, answers.modality)
    if answers.modality not in (None, PICTURES):
        raise Refused(f"dataset={path}: pictures with labels are of modality={PICTURES}, not of {answers.modality}.")
    return pictures.read(path)


def _fields(name: str, found: Found, answers: Answers) -> dict[str, Any]:
    archives: dict[str, Any] = {}
    if isinstance(found, Texts) or found.rows is not None:
        file = ROOT / ARCHIVES / name / f"{SPLIT}.zip"
        found.pack(file)
        archives[SPLIT] = {"path": file.relative_to(ROOT).as_posix(), "sha256": sha256_of(file)}
    where = found.path.resolve()
    inside = where.relative_to(ROOT).as_posix() if where.is_relative_to(ROOT) else str(where)
    modality = found.modality if isinstance(found, Texts) else PICTURES
    return {
        "id": name,
        "version": "1",
        "licence": answers.licence,
        "source": f"{found.path.name}, added by its user.",
        "modality": modality,
        "kind": "archive" if archives else "image_folder",
        "split": SPLIT,
        "archives": archives,
        **({} if archives else {"folder": inside}),
        "samples": {SPLIT: found.count},
        "labels": list(found.labels),
        **({"meaning": BYTES} if modality == texts.NEXT else {}),
    }


def _text(fields: dict[str, Any], path: Path) -> str:
    head = f"{manifest.MARK} dataset={path.name}.\n"
    return head + yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)


def _say(path: Path, name: str, found: Found, target: Path) -> None:
    what = f"texts, from its column «{found.column}»" if isinstance(found, Texts) else "pictures"
    classes = f" of {len(found.labels)} classes: {_few(found)}" if found.labels else ""
    print(f"{path}: {found.count} {what}{classes}")
    print(f"written     {conf.relative(target)}")
    head = f"labels: [{_few(found)}]" if found.labels else "meaning: {vocabulary: bytes}"
    steps = "            preprocess: [{step: tokens, vocabulary: bytes, length: <of the model>, pad: 0}]\n"
    meaning = "its last layer means here, in the order of its outputs" if found.labels else "its tokens are"
    print(
        f"next        say in the manifest of your model what {meaning},\n"
        f"            heads: {{own: {{{name}: {{{head}, channels: null}}}}}}\n"
        f"{steps if isinstance(found, Texts) else ''}"
        f"            then: python -m flows.evaluate +model=<name> dataset={name} scenario=quick"
    )


def _few(found: Found) -> str:
    more = f", … ({len(found.labels)} in all)" if len(found.labels) > SHOWN else ""
    return ", ".join(found.labels[:SHOWN]) + more
