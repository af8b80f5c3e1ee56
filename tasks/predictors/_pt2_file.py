"""What may stand in a .pt2 file: tensors as raw bytes, and a graph as JSON. Standard library only.

`torch.export.load` unpickles what an archive holds pickled (its fallback is `weights_only=False`), hands symbolic sizes
to a parser that evaluates Python, calls any function of torch that a graph names, and executes what a program says of
the sizes of its inputs («guards_code»). A file that passes here gives it nothing of all this: no pickle, sizes and
guards out of known words, operators of ATen only.
"""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tasks.errors import Refused

PLAIN = re.compile(
    r"archive_format|archive_version|byteorder|\.data/(version|serialization_id)|\.format_version|\.storage_alignment"
    r"|models/model\.json|data/(weights/weight|constants/tensor)_\d+|data/sample_inputs/model\.pt"
    r"|data/(weights/model_weights|constants/model_constants)_config\.json"
)
OPERATOR = re.compile(
    r"torch\.ops\.aten\.\w+\.\w+|_operator\.(getitem|add|sub|mul|floordiv|truediv|mod|neg|eq|ne|lt|le|gt|ge)"
)
SYMBOLIC = re.compile(r"torch\.(sym_\w+|_sym_\w+)|math\.(ceil|floor|trunc)")
SYMBOL = re.compile(r"Symbol\('([su]\d+)'(, (positive|integer|nonnegative)=True)*\)")
WORD = re.compile(r"[^\W\d]\w*")
WORDS = re.compile(
    r"[su]\d+|Add|Mul|Pow|Integer|Rational|Max|Min|Mod|PythonMod|FloorDiv|CleanDiv|IntTrueDiv|CeilDiv|Eq|Ne|Ge|Le|Gt|Lt|True|False"
)
SIGNS = re.compile(r"[\w\s()+*/,<>=%!-]*")
SIDE = re.compile(r"L\['\w+'\](\[(\d+|'\w+')\])*\.(size\(\)\[\d+\]|stride\(\)\[\d+\]|storage_offset\(\))")
JOINED = re.compile(r"\b(and|or|not)\b")
EXAMPLES = "data/sample_inputs/"


def require_data(path: Path, examples: bool = False) -> None:
    """Raises Refused, with what was found, where loading the file could run something.

    ``examples``: for a reader that does not open pickled example inputs.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if found := next(_faults(archive, examples), None):
                raise Refused(f"{path} is no model of data alone: {found}.")
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise Refused(f"{path} is not a readable .pt2 archive: {error}") from None


def _faults(archive: zipfile.ZipFile, examples: bool) -> Iterator[str]:
    if len(set(archive.namelist())) < len(archive.namelist()):
        yield "it holds two members of one name"
    for entry in archive.infolist():
        name = entry.filename.partition("/")[2]
        if not PLAIN.fullmatch(name):
            yield f"it holds {name}"
        elif name.startswith(EXAMPLES) and entry.file_size and not examples:
            yield f"{name} is pickled"
        elif name.endswith(".json"):
            yield from _said(json.loads(archive.read(entry)))


def _said(value: Any) -> Iterator[str]:
    """What a JSON file of the archive may not say, however deep."""
    if isinstance(value, list):
        for item in value:
            yield from _said(item)
    elif isinstance(value, str) and "__enum__" in value:
        yield "it names a type that would be imported"
    elif isinstance(value, dict):
        yield from _own(value)
        for item in value.values():
            yield from _said(item)


def _own(record: dict[str, Any]) -> Iterator[str]:
    if record.get("use_pickle"):
        yield f"{record.get('path_name')} is pickled"
    target = record.get("target") if "inputs" in record else None
    if isinstance(target, str) and not OPERATOR.fullmatch(target) and not SYMBOLIC.fullmatch(target):
        yield f"its graph calls {target}"
    sizes = [record.get("expr_str"), *(record.get("range_constraints") or {})]
    yield from (f"it holds the size {size!r}" for size in sizes if size is not None and not _harmless(size))
    guards = record.get("guards_code") or []
    yield from (f"it holds the guard {guard!r}" for guard in guards if not _harmless_guard(guard))


def _harmless(size: Any) -> bool:
    plain = SYMBOL.sub(r"\1", size) if isinstance(size, str) else "?"
    return bool(SIGNS.fullmatch(plain)) and all(WORDS.fullmatch(word) for word in WORD.findall(plain))


def _harmless_guard(guard: Any) -> bool:
    """Whether it compares sizes of inputs, and does nothing else."""
    return isinstance(guard, str) and _harmless(JOINED.sub("+", SIDE.sub("s0", guard)))
