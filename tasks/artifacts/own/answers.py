"""What the user has said beside the file, word by word: name=, modality=, batch=, shape.<input>=, range.<input>=.

In: words. Out: `Answers`, or one sentence about the word that is none.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import get_args

from tasks import plugins
from tasks.artifacts.own.found import Found
from tasks.errors import Refused
from tasks.specs.model import Modality

NAMES = ("name", "modality", "batch", "force", "software", "dataset", "licence", "tracking.uri")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
TAKEN = ("null", "true", "false", "nan", "inf")  # which YAML and Hydra read as something else


@dataclass(frozen=True)
class Answers:
    """``batch`` is the dimension that counts the samples, None where the file tells; ``whole``: none of them does.

    Shapes hold numbers and «batch».
    """

    name: str | None = None
    modality: str | None = None
    licence: str = "not stated"
    batch: int | None = None
    whole: bool = False
    force: bool = False
    software: str | None = None
    dataset: str | None = None
    tracking: str | None = None
    shapes: dict[str, tuple[int | str, ...]] = field(default_factory=dict)
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)


def heard(words: Sequence[str]) -> Answers:
    """What these words say. Raises Refused."""
    said = dict(word.partition("=")[::2] for word in words)
    for word in said:
        if word not in NAMES and not word.startswith(("shape.", "range.")):
            known = [*NAMES, "shape.<input>", "range.<input>"]
            raise Refused(plugins.unknown("word", word, known))
    if said.get("modality") and said["modality"] not in get_args(Modality):
        raise Refused(plugins.unknown("modality", said["modality"], sorted(get_args(Modality))))
    if "name" in said and (not NAME.fullmatch(said["name"]) or said["name"].lower() in TAKEN):
        raise Refused(
            f"name={said['name']}: a letter first, then letters, digits, dots, dashes, and underscores make a name."
        )
    return Answers(
        name=said.get("name"),
        modality=said.get("modality"),
        licence=said.get("licence") or "not stated",
        batch=_axis(said["batch"]) if said.get("batch", "none") != "none" else None,
        whole=said.get("batch") == "none",
        force=_switch("force", said.get("force", "false")),
        software=said.get("software"),
        dataset=said.get("dataset"),
        tracking=said.get("tracking.uri"),
        shapes={k.removeprefix("shape."): _shape(k, v) for k, v in said.items() if k.startswith("shape.")},
        ranges={k.removeprefix("range."): _range(k, v) for k, v in said.items() if k.startswith("range.")},
    )


def plain(stem: str) -> str:
    """A name that Hydra takes, from a file's: letters, digits, and underscores."""
    kept = "".join(c if c.isalnum() and c.isascii() else "_" for c in stem).strip("_").lower()
    return kept if NAME.fullmatch(kept) and kept not in TAKEN else f"my_{kept}".rstrip("_")


def require_inputs(answers: Answers, found: Found) -> None:
    """Every word about an input is about one that there is. Raises Refused."""
    known = [port.name for port in found.inputs]
    for kind, named in (("shape", answers.shapes), ("range", answers.ranges)):
        for name in named:
            if name not in known:
                raise Refused(f"{kind}.{name}: {plugins.unknown('input', name, known)}")


def _items(word: str, value: str) -> list[str]:
    items = [item.strip() for item in value.strip("[]").split(",")]
    if not value.startswith("[") or not value.endswith("]"):
        raise Refused(
            f"{word}={value}: give a list, such as {word}=[{'0,999' if word.startswith('range') else 'batch,128'}]."
        )
    return [item for item in items if item]


def _shape(word: str, value: str) -> tuple[int | str, ...]:
    items = _items(word, value)
    if any(item != "batch" and not re.fullmatch(r"[1-9]\d*", item) for item in items) or items.count("batch") > 1:
        raise Refused(f"{word}={value}: sizes above 0, and «batch» at most once, as in {word}=[batch,128].")
    return tuple(item if item == "batch" else int(item) for item in items)


def _range(word: str, value: str) -> tuple[float, float]:
    try:
        low, high = (float(item) for item in _items(word, value))
    except ValueError:
        raise Refused(f"{word}={value}: give the smallest and the largest value, as in {word}=[0,999].") from None
    if not low <= high:
        raise Refused(f"{word}={value} is empty: the smallest value comes first.")
    return low, high


def _axis(value: str) -> int:
    if not value.isdigit():
        raise Refused(f"batch={value}: give the number of the dimension that counts the samples, from 0 on, or none.")
    return int(value)


def _switch(word: str, value: str) -> bool:
    if value not in ("true", "false"):
        raise Refused(f"{word}={value}: true or false.")
    return value == "true"
