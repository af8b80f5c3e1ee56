"""Public weights: downloaded from a server of the test's own, checked, and put into an architecture."""

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator
from safetensors.numpy import save

from flows import zoo
from tasks import ROOT
from tasks.artifacts import models
from tasks.artifacts.pretrained import brought
from tasks.artifacts.zips import packed
from tasks.errors import ArtifactMismatch, BuildFailed, Refused
from tasks.specs.artifact import Pretrained
from tests.artifacts.clones import sha256_of_bytes
from tests.predictors.real_stacks import LARGE

BODY = b"tensors " * 1000


class Server:
    """Answers with ``body``, from a byte on where it is asked to; breaks off after ``breaks`` bytes, once."""

    def __init__(self) -> None:
        self.body, self.breaks, self.asked, self.ranges = BODY, 0, list[str](), True
        outer = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.headers.get("Range", ""))
                start = int(outer.asked[-1][6:-1]) if outer.asked[-1] and outer.ranges else 0
                rest = outer.body[start:]
                self.send_response(416 if start and not rest else 206 if start else 200)
                self.send_header("Content-Length", str(len(rest)))
                if start:
                    self.send_header("Content-Range", f"bytes {start}-{len(outer.body) - 1}/{len(outer.body)}")
                self.end_headers()
                self.wfile.write(rest[: outer.breaks] if outer.breaks else rest)
                outer.breaks = 0

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def source(self, body: bytes | None = None, digits: int = 64) -> Pretrained:
        """Pinned by all digits of these bytes' SHA-256, or by the first ones."""
        sha256 = sha256_of_bytes(self.body if body is None else body)
        pin = {"sha256": sha256} if digits == 64 else {"sha256_begins": sha256[:digits]}
        url = f"http://127.0.0.1:{self.http.server_port}/weights.pth"
        return Pretrained.model_validate({"url": url, "licence": "CC0-1.0", **pin})


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    yield found
    found.http.shutdown()
    found.http.server_close()


def quiet(_: str) -> None:
    """Progress that nobody reads."""


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


@pytest.mark.parametrize("digits", [8, 64])
def test_weights_come_once_and_their_whole_checksum_is_said(server: Server, tmp_path: Path, digits: int) -> None:
    source = server.source(digits=digits)
    path, found = brought(source, tmp_path, quiet)
    assert path.read_bytes() == BODY and found == sha256_of_bytes(BODY)
    assert brought(source, tmp_path, quiet) == (path, found) and len(server.asked) == 1


@pytest.mark.parametrize("ranges", [True, False])
def test_a_broken_connection_is_gone_on_with(server: Server, tmp_path: Path, ranges: bool) -> None:
    server.breaks, server.ranges = 3000, ranges
    with pytest.raises(Refused, match=r"broke after 3000 bytes, 5000 are missing\. What came is kept; repeat"):
        brought(server.source(), tmp_path, quiet)
    path, _ = brought(server.source(), tmp_path, quiet)
    assert path.read_bytes() == BODY and server.asked == ["", "bytes=3000-"]


@pytest.mark.parametrize(
    ("digits", "said"), [(8, "the manifest says one that begins with"), (64, "the manifest says ")]
)
def test_other_bytes_are_refused_and_not_kept(server: Server, tmp_path: Path, digits: int, said: str) -> None:
    with pytest.raises(ArtifactMismatch, match=f"has SHA-256 {sha256_of_bytes(BODY)}, {said}"):
        brought(server.source(b"others", digits), tmp_path, quiet)
    assert kept(tmp_path) == []


def test_what_was_left_is_taken_when_it_is_whole_and_left_when_there_is_nothing_beyond(
    server: Server, tmp_path: Path
) -> None:
    source = server.source()
    part = tmp_path / f".{source.promised[:12]}-weights.pth.part"
    part.write_bytes(BODY)
    assert brought(source, tmp_path, quiet)[0].read_bytes() == BODY and not server.asked
    other = server.source(digits=8)
    (tmp_path / f".{other.promised[:12]}-weights.pth.part").write_bytes(b"?" * len(BODY))
    assert brought(other, tmp_path, quiet)[0].read_bytes() == BODY and server.asked == ["bytes=8000-", ""]


def test_a_damaged_copy_in_the_cache_is_replaced(server: Server, tmp_path: Path) -> None:
    path, _ = brought(server.source(), tmp_path, quiet)
    path.write_bytes(b"damaged")
    assert brought(server.source(), tmp_path, quiet)[0].read_bytes() == BODY


@pytest.mark.parametrize("pins", [{}, {"sha256": "0" * 64, "sha256_begins": "0" * 8}, {"sha256_begins": "12"}])
def test_weights_are_pinned_once(pins: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"give either sha256, or sha256_begins|String should match"):
        Pretrained.model_validate({"url": "https://example.org/x.pth", "licence": "MIT", **pins})


def test_a_seeded_model_is_called_as_before_and_a_pretrained_one_by_its_source() -> None:
    seeded, pretrained = (
        zoo.chosen(["resnet18"])[0].model_copy(update={"weights": w}) for w in ("seeded", "pretrained")
    )
    folders = {m.weights: models.folder_of(next(iter(m.files().values())).built) for m in (seeded, pretrained)}  # type: ignore[arg-type]
    assert folders["seeded"] != folders["pretrained"]
    assert "pretrained" not in seeded.build["seeded"].model_dump()
    assert list(pretrained.files()) == ["onnx", "pt2"] and all(f.sha256 is None for f in pretrained.files().values())


def test_without_a_network_it_is_said_what_could_not_be_fetched_and_from_where(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TOUCHSTONE_CACHE", str(tmp_path))
    (model,) = zoo.chosen(["resnet18"])
    build = model.build["pretrained"]
    assert build.pretrained is not None
    moved = build.pretrained.model_copy(update={"url": "http://127.0.0.1:9/resnet18-f37072fd.pth"})
    file = model.model_copy(update={"weights": "pretrained"}).files()["onnx"]
    assert file.built is not None
    built = file.built.model_copy(update={"build": build.model_copy(update={"pretrained": moved})})
    with pytest.raises(Refused, match=r"http://127\.0\.0\.1:9/resnet18-f37072fd\.pth cannot be reached: .*refused"):
        models.bring(file.model_copy(update={"built": built}), quiet)
    assert not models.inventory()


def pretrained(source: Pretrained) -> Any:
    """Nlinear of the zoo with these weights: one linear layer, 12 → 4."""
    (model,) = zoo.chosen(["nlinear"])
    file = model.files()["onnx"]
    assert file.built is not None
    build: dict[str, Any] = {
        "library": "own",
        "entry": "time_series.Nlinear",
        "arguments": {"length": 12, "horizon": 4},
    }
    inputs = [{**file.built.inputs[0], "shape": ["batch", 12, 2]}]
    data = {"name": "mine", "format": "onnx", "build": {**build, "pretrained": source.model_dump()}}
    built = {**data, "inputs": inputs, "outputs": list(file.built.outputs)}
    return file.model_validate({"path": "mine/model.onnx", "built": built})


class Runs:
    """A pickle that executes a command when it is loaded."""

    def __reduce__(self) -> Any:
        return os.system, (f"touch '{os.environ['MARK']}'",)


def zipped(data: bytes) -> bytes:
    """As torch.save puts a pickle into a ZIP since torch 1.6."""
    return packed({"archive/data.pkl": data, "archive/version": b"3\n", "archive/byteorder": b"little"})


def arrays(**changes: Any) -> dict[str, Any]:
    """As the module calls them."""
    made = np.random.default_rng(0).normal(0, 1, (4, 12)).astype(np.float32)
    found = {"layer.weight": made, "layer.bias": np.ones(4, np.float32), **changes}
    return {name: array for name, array in found.items() if array is not None}


def state_dict(folder: Path) -> bytes:
    """As torch.save writes it."""
    (folder / "weights.safetensors").write_bytes(save(arrays()))
    words = [str(folder / "weights.safetensors"), str(folder / "weights.pth")]
    command = [sys.executable, "-m", "tasks.stacks", str(models.LOCK), "-m", "tests.artifacts.state_dict", *words]
    subprocess.run(command, cwd=ROOT, check=True, timeout=300)
    return (folder / "weights.pth").read_bytes()


@LARGE
@pytest.mark.parametrize("kind", ["safetensors", "torch.save"])
def test_weights_of_a_server_are_what_the_built_model_answers_with(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(models, "root", lambda: tmp_path / "models")
    server.body = save(arrays()) if kind == "safetensors" else state_dict(tmp_path)
    file = pretrained(server.source(digits=8))
    path = models.bring(file, quiet)
    past = np.random.default_rng(1).normal(0, 1, (2, 12, 2))
    (answer,) = ReferenceEvaluator(onnx.load(path)).run(None, {"past": past.astype(np.float32)})
    last, held = past[:, -1:], arrays()
    expected = np.einsum("ntc,ht->nhc", past - last, held["layer.weight"]) + 1 + last
    assert np.abs(answer - expected).max() < 1e-4
    assert models.facts_of(file.built)["weights"] == {
        "url": server.source().url,
        "sha256": sha256_of_bytes(server.body),
        "pinned_by": "its first 8 digits",
    }
    assert models.bring(file, quiet) == path and len(server.asked) == 1


@LARGE
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (lambda: save(arrays(**{"layer.bias": None})), "weights of time_series.Nlinear: layer.bias is missing"),
        (lambda: save(arrays(**{"layer.bias": np.ones(5, np.float32)})), "layer.bias has shape [5], the model's [4]"),
        (lambda: save(arrays(other=np.ones(1))), "other is not in the model"),
        (lambda: pickle.dumps(Runs()), "holds something else than tensors, which could run code, and is not opened"),
        (lambda: zipped(pickle.dumps(Runs())), "holds something else than tensors, which could run code, and is not"),
        (lambda: b"<html>not found</html>", "is no file of weights that can be read"),
    ],
    ids=["missing", "shape", "more", "pickle", "pickle in a zip", "page"],
)  # fmt: skip
def test_weights_that_do_not_fit_are_one_sentence_and_nothing_of_them_runs(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: Any, said: str
) -> None:
    monkeypatch.setattr(models, "root", lambda: tmp_path / "models")
    monkeypatch.setenv("MARK", str(tmp_path / "it ran"))
    server.body = body()
    with pytest.raises(BuildFailed) as mistake:
        models.bring(pretrained(server.source()), quiet)
    assert said in str(mistake.value) and "\n" not in str(mistake.value)
    assert not list(tmp_path.glob("it*")) and not models.inventory()


@LARGE
def test_what_each_architecture_of_the_zoo_publishes_goes_into_it() -> None:
    known = {
        f"{build.library}:{build.entry}"
        for model in zoo.chosen([])
        for build in getattr(model, "build", {}).values()  # a pipeline has none
        if build.pretrained
    }
    assert len(known) >= 7
    command = [sys.executable, "-m", "tasks.stacks", str(models.LOCK), "-m", "tests.artifacts.own_weights", *known]
    said = subprocess.run(command, cwd=ROOT, check=True, timeout=300, stdout=subprocess.PIPE, text=True).stdout
    assert len(said.splitlines()) == len(known)
