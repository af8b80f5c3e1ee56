"""From words with @a and @b to pairs of evaluations, and the aspects that those words name."""

from dataclasses import dataclass

from flows import cli
from flows.mistakes import fields_of
from tasks import plugins
from tasks.errors import Refused
from tasks.specs.evaluation import Evaluation

MARKS = ("@a", "@b")


@dataclass(frozen=True)
class Pair:
    """Both sides, each with its words (none when it was given whole), and the aspects that were asked to differ."""

    a: cli.Job
    b: cli.Job
    question: tuple[str, ...]


def split(words: list[str], fields: list[str]) -> tuple[list[str], list[str]]:
    """The words of the comparison itself, by its fields, and those of its evaluations. Refuses a name of neither."""
    known = [*fields, *fields_of(Evaluation, [])]
    for word in words:
        name = _key(word).lstrip("+~").partition("@")[0].partition(".")[0]
        if "=" in word and name not in known and not name.startswith(("x-", "hydra")):
            raise Refused(plugins.unknown("field", name, known))
    own = [w for w in words if "@" not in _key(w) and _key(w) in fields]
    return own, [w for w in words if w not in own]


def pairs(words: list[str]) -> list[Pair]:
    """One pair, or with -m one for each combination. Raises `Refused` where no word tells the sides apart."""
    if not any(_key(w).endswith(MARKS) for w in words):
        raise Refused(
            "Nothing tells A and B apart. Name two runs, a=<run> b=<run>, or mark words: software@a=onnxruntime "
            "software@b=pytorch."
        )
    return [_pair(one) for one in cli.expand(words)]


def given(a: Evaluation, b: Evaluation) -> Pair:
    """Two whole evaluations; what differs between them is the question."""
    ours, theirs = a.hashes(), b.hashes()
    return Pair(([], a), ([], b), tuple(name for name in ours if ours[name] != theirs[name] and name != "evaluation"))


def _pair(words: list[str]) -> Pair:
    marked = [_key(w).lstrip("+~") for w in words if _key(w).endswith(MARKS)]
    question = dict.fromkeys(key.partition("@")[0].partition(".")[0] for key in marked)
    sides = [[w.replace(mark, "", 1) if _key(w).endswith(mark) else w for w in words if not _key(w).endswith(other)]
             for mark, other in (MARKS, MARKS[::-1])]  # fmt: skip
    a, b = ((side, cli.composed(side)) for side in sides)
    return Pair(a, b, tuple(question))


def _key(word: str) -> str:
    return word.partition("=")[0]
