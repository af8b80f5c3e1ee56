"""Models that the zoo builds: each made once, when it is first asked for, and kept in the user's cache within a budget.

One folder a build below `models/` of the cache, with model.onnx, model.pt2, the float64 reference, and facts.json,
which is written last; one more for each further format, written from model.onnx. Agents hold the file that they
measure, so that no eviction takes it away. Knows no framework: building is the work of `tasks/artifacts/zoo`, in the
environments of the locks.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tasks import ROOT, locks
from tasks.artifacts.files import FULL, matches, no_room, sha256_of, written
from tasks.artifacts.pretrained import brought
from tasks.errors import ArtifactMismatch, BuildFailed, Refused
from tasks.specs.artifact import Artifact, Built
from tasks.specs.model import FORMATS, FURTHER
from tasks.stacks import cache

ZOO = Path(__file__).parent / "zoo"
LOCK = ZOO / "torch.lock"
WRITERS = {"tflite": Path(__file__).with_name("tensorflow.lock"), "mxnet": Path(__file__).with_name("mxnet.lock")}
KNOWN = {"sha256", "parameters", "macs"}  # of what was built: no part of how
DONE, REFERENCE, DEFAULT_GB = "facts.json", "reference.safetensors", 20.0
DOWNLOADS = ".downloads"  # below the folder of all built models
BUILDING_S = 3600.0  # so long after it was asked for, nobody builds of a download any more
LONGEST = 400


@dataclass(frozen=True)
class Kept:
    """A built model as it lies on the disk; ``idle_s`` since it was last asked for."""

    folder: Path
    name: str
    facts: dict[str, Any]
    size_bytes: int
    idle_s: float


def root() -> Path:
    """The folder of all built models, beside that of the stacks."""
    return cache.base() / "models"


def budget_bytes() -> int:
    """How much the built models may hold: TOUCHSTONE_CACHE_GB, 20 unless it is set. Raises Refused."""
    text = os.environ.get("TOUCHSTONE_CACHE_GB") or str(DEFAULT_GB)
    try:
        gigabytes = float(text)
    except ValueError:
        gigabytes = -1.0
    if not 0 < gigabytes < float("inf"):
        raise Refused(f"TOUCHSTONE_CACHE_GB={text} is no number of gigabytes above 0; the default is {DEFAULT_GB:g}.")
    return int(gigabytes * 1e9)


def bring(artifact: Artifact, say: Callable[[str], None]) -> Path:
    """The verified file, built if it is not there. Raises BuildFailed, ArtifactMismatch, or Refused on a full disk."""
    assert artifact.built is not None
    folder = folder_of(artifact.built)
    path = folder / Path(artifact.path).name
    with locks.alone(root() / ".locks" / folder.name, lambda: say(f"Another process builds {folder.name}: waiting …")):
        if not (folder / DONE).is_file():
            _build(artifact.built, folder, say)
    with suppress(OSError):
        os.utime(folder / DONE)  # the marker's own time is when it was last asked for
    if not path.is_file():
        made = ", ".join(sorted(p.name for p in folder.glob("model.*"))) or "none"
        raise Refused(f"The zoo makes no {path.name} of {artifact.built.name}; it made {made}.")
    if artifact.sha256 is not None and not matches(path, artifact.sha256):
        raise ArtifactMismatch(
            f"{artifact.path} has SHA-256 {sha256_of(path)} as it was built here, its manifest says {artifact.sha256}. "
            f"Nothing was measured. It is in {folder}; python -m flows.zoo build {artifact.built.name} makes it again."
        )
    return path


def present(artifact: Artifact) -> bool:
    """Whether it was built already."""
    assert artifact.built is not None
    return (folder_of(artifact.built) / DONE).is_file()


def folder_of(built: Built) -> Path:
    """Named by what the bytes depend on: manifest, environments, and fitted statistics; its checksum holds the code."""
    said = built.model_dump(mode="json", exclude={"format": True, "build": KNOWN | {"folder"}})
    files = [LOCK, *([ROOT / built.build.statistics] if built.build.statistics else [])]
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode())
    for file in files:
        digest.update(file.read_bytes() if file.is_file() else b"-")
    if built.format not in FURTHER:
        return root() / f"{built.name}-{digest.hexdigest()[:16]}"
    digest.update(WRITERS[built.format].read_bytes())
    return root() / f"{built.name}.{built.format}-{digest.hexdigest()[:16]}"


def _build(built: Built, folder: Path, say: Callable[[str], None]) -> None:
    """In a folder beside it, so that it is there whole or not at all; then make room within the budget."""
    source = bring(_source(built), say) if built.format in FURTHER else None
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    say(f"Building {built.name}{f' as {built.format}' if source else ''} …")
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".") as partial:
        out = Path(partial) / "out"
        request = Path(partial) / "build.json"
        weights = _weights(built, say)
        said = {"pretrained": weights["path"]} if weights else {}
        request.write_text(json.dumps({"name": built.name, **_request(built), **said}))
        if source is None:
            _run(built, LOCK, "tasks.artifacts.zoo", [request, out], say)
        else:
            _convert(built, source, request, out, say)
        if weights:
            _note(out, weights)
        os.replace(out, folder)
    say(f"… {built.name} built in {time.monotonic() - begin:.0f} s, {_size(folder) / 1e6:.0f} MB")
    evict(budget_bytes(), say, spare=folder)


def _weights(built: Built, say: Callable[[str], None]) -> dict[str, str]:
    """Where public weights lie now, and what they are; nothing for a seed. Raises Refused without a network."""
    source = built.build.pretrained
    if source is None:
        return {}
    path, sha256 = brought(source, root() / DOWNLOADS, say)
    pin = "all of it" if source.sha256 else f"its first {len(source.promised)} digits"
    return {"path": str(path), "url": source.url, "sha256": sha256, "pinned_by": pin}


def _note(out: Path, weights: dict[str, str]) -> None:
    """Which bytes they were, in facts.json: with a pin by first digits nothing else says it."""
    kept = {name: value for name, value in weights.items() if name != "path"}
    facts = {**json.loads((out / DONE).read_text()), "weights": kept}
    written(out / DONE, (json.dumps(facts, indent=1) + "\n").encode())


def _source(built: Built) -> Artifact:
    """The file that further formats are written from."""
    form = "onnx"
    sha256, path = built.build.sha256.get(form), f"{built.name}/{FORMATS[form]}"
    return Artifact(path=path, sha256=sha256, built=built.model_copy(update={"format": form}))


def _convert(built: Built, source: Path, request: Path, out: Path, say: Callable[[str], None]) -> None:
    """Write the format from model.onnx, held against the same reference, which stays beside it."""
    work, begin = request.parent / "work", time.monotonic()
    for folder in (work, out):
        folder.mkdir()
    os.link(source, work / source.name)
    shutil.copy(source.with_name(REFERENCE), out / REFERENCE)
    _run(built, LOCK, "tasks.artifacts.zoo.formats.plain", [request, work], say)
    _run(built, WRITERS[built.format], f"tasks.artifacts.zoo.formats.{built.format}", [request, work, out], say)
    name = FURTHER[built.format]
    facts = {"sha256": {name: sha256_of(out / name)}, "seconds": round(time.monotonic() - begin, 1)}
    written(out / DONE, (json.dumps(facts, indent=1) + "\n").encode())


def _run(built: Built, lock: Path, module: str, arguments: list[Path], say: Callable[[str], None]) -> None:
    command = [sys.executable, "-m", "tasks.stacks", str(lock), "-m", module, *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, text=True, errors="replace", stderr=subprocess.PIPE) as process:
        last = ""
        for line in process.stderr or ():
            last = line.strip() or last
            if line.startswith("…"):
                say(line.strip())
    if process.returncode:
        raise _reason(built, process.returncode, last, arguments[0])


def _request(built: Built) -> dict[str, Any]:
    build = built.build.model_dump(mode="json", exclude={*KNOWN, "extensions", "pretrained"})
    return {**build, "inputs": list(built.inputs), "outputs": list(built.outputs)}


def _reason(built: Built, code: int, last: str, place: Path) -> Exception:
    if any(os.strerror(number) in last for number in FULL):
        return Refused(no_room(place))
    what = f" as {built.format}" if built.format in FURTHER else ""
    return BuildFailed(
        f"{built.name} cannot be built{what}: {_shown(last) or f'the builder ended with exit code {code}'}"
    )


def _shown(said: str) -> str:
    """The builder's last line; of a long one how it begins, and the way out, which stands at the end."""
    return said if len(said) <= LONGEST else f"{said[: LONGEST // 2]} … {said[-LONGEST // 2 :]}"


def facts_of(built: Built) -> dict[str, Any]:
    """What was found out when it was built: parameters, MACs, shapes, checksums. Raises OSError when it was not."""
    return dict(json.loads((folder_of(built) / DONE).read_text()))


def pinned(manifest: str, weights: str, facts: dict[str, Any]) -> str:
    """The text of a manifest whose build says what came out; every other line stays as it is."""
    build = yaml.safe_load(manifest)["build"]
    names = (FORMATS | FURTHER).items()
    sha256 = {form: facts["sha256"][name] for form, name in names if name in facts["sha256"]}
    build[weights] |= {"parameters": facts["parameters"], "macs": facts["macs"], "sha256": sha256}
    block = yaml.safe_dump({"build": build}, sort_keys=False, default_flow_style=None, width=10_000)
    return re.sub(r"^build:.*?(?=^\S|\Z)", lambda _: block, manifest, count=1, flags=re.MULTILINE | re.DOTALL)


def forget(folder: Path) -> None:
    """Remove one built model; refused while an agent measures it."""
    if (folder / DONE).is_file() and not _removed(folder):
        raise Refused(f"{folder.name} is being measured; wait for that to end, then repeat.")


def inventory() -> list[Kept]:
    """Every built model, the longest unused first."""
    found = [_kept(marker) for marker in root().glob(f"*/{DONE}")]
    return sorted((kept for kept in found if kept), key=lambda kept: -kept.idle_s)


def _kept(marker: Path) -> Kept | None:
    folder = marker.parent
    try:
        idle_s = max(0.0, time.time() - marker.stat().st_mtime)
        return Kept(folder, folder.name.rpartition("-")[0], json.loads(marker.read_text()), _size(folder), idle_s)
    except (OSError, ValueError):
        return None


def _size(folder: Path) -> int:
    return sum(file.lstat().st_size for file in folder.iterdir())


def evict(budget: int, say: Callable[[str], None], spare: Path | None = None) -> None:
    """Remove downloads, then the longest unused until the rest fits, but none that is in use, and not ``spare``."""
    there, downloads = inventory(), _downloads()
    held = sum(kept.size_bytes for kept in there) + sum(size for _, size, _ in downloads)
    for file, size, idle_s in downloads:  # first: what was built of them holds their weights
        if held > budget and idle_s > BUILDING_S:
            file.unlink(missing_ok=True)
            held -= size
            say(f"removed the download {file.name}, {size / 1e6:.0f} MB, to stay within {budget / 1e9:g} GB")
    for kept in there:
        if held <= budget:
            return
        if kept.folder != spare and _removed(kept.folder):
            held -= kept.size_bytes
            say(f"removed {kept.name}, {kept.size_bytes / 1e6:.0f} MB, to stay within {budget / 1e9:g} GB")


def _downloads() -> list[tuple[Path, int, float]]:
    """Files of public weights, bytes, and seconds since they were asked for, the longest unused first."""
    found = []
    for file in (root() / DOWNLOADS).glob("*"):
        with suppress(FileNotFoundError):  # another build makes room too
            if not file.name.startswith("."):  # what is still coming
                found.append((file, file.stat().st_size, time.time() - file.stat().st_mtime))
    return sorted(found, key=lambda entry: -entry[2])


def _removed(folder: Path) -> bool:
    """Whether it could be taken away: nobody builds it, and no agent holds one of its files."""
    try:
        for file in folder.glob("model.*"):
            with file.open("rb") as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        (folder / DONE).unlink()
    except OSError:
        return False
    shutil.rmtree(folder, ignore_errors=True)
    return True
