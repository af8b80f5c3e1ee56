"""Downloads and recipes, against a web server of the test's own."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import onnx
import pytest
from safetensors.numpy import save

from tasks.artifacts import recipes
from tasks.artifacts.files import sha256_of, written
from tasks.artifacts.networks.resnet50 import resnet50
from tasks.artifacts.store import DOWNLOADS, fetch
from tasks.errors import ArtifactMismatch, Refused
from tasks.specs.artifact import Artifact
from tests.artifacts.clones import flip, sha256_of_bytes

WEIGHTS = b"not really weights " * 1000
Serve = Callable[..., Artifact]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """serve(body, promised=…, announced=…) → an artifact whose address answers with ``body``."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    copy = {"copy": lambda source, model: written(model, source.read_bytes())}
    monkeypatch.setattr(recipes, "RECIPES", {**recipes.RECIPES, **copy})

    def artifact(
        body: bytes, *, promised: bytes | None = None, announced: int | None = None, recipe: str = "copy"
    ) -> Artifact:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200 if self.path == "/weights.bin" else 404)
                self.send_header("Content-Length", str(announced or len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        server.RequestHandlerClass = Answer
        wanted = body if promised is None else promised
        source = {
            "url": f"http://127.0.0.1:{server.server_port}/weights.bin",
            "sha256": sha256_of_bytes(wanted),
            "size_bytes": len(wanted),
        }
        return Artifact.model_validate({"path": "artifacts/models/made.onnx", "source": source, "recipe": recipe})

    yield artifact
    server.shutdown()
    server.server_close()


def quiet(_: str) -> None:
    """Progress that nobody reads."""


def kept(root: Path) -> list[str]:
    """Every file below artifacts/."""
    return sorted(path.name for path in (root / "artifacts").rglob("*") if path.is_file())


def test_download_is_assembled_once_and_then_needs_no_server(serve: Serve, tmp_path: Path) -> None:
    artifact = serve(WEIGHTS)
    said: list[str] = []
    assert fetch(artifact, tmp_path, said.append).read_bytes() == WEIGHTS
    assert [line.split()[0] for line in said] == ["Downloading", "…", "Assembling"]
    serve(b"gone")
    said.clear()
    assert fetch(artifact, tmp_path, said.append).read_bytes() == WEIGHTS
    assert said == []
    assert kept(tmp_path) == [
        f"{sha256_of_bytes(WEIGHTS)[:12]}-weights.bin",
        "made.onnx",
        "made.onnx.sha256",
    ]


def test_flipped_byte_in_an_assembled_model_or_its_download_is_repaired(serve: Serve, tmp_path: Path) -> None:
    artifact = serve(WEIGHTS)
    path = fetch(artifact, tmp_path, quiet)
    flip(path)
    assert fetch(artifact, tmp_path, quiet).read_bytes() == WEIGHTS
    flip(path)
    flip(next((tmp_path / DOWNLOADS).iterdir()))
    assert fetch(artifact, tmp_path, quiet).read_bytes() == WEIGHTS


def test_another_pinned_source_is_assembled_anew(serve: Serve, tmp_path: Path) -> None:
    fetch(serve(WEIGHTS), tmp_path, quiet)
    assert fetch(serve(b"a newer release"), tmp_path, quiet).read_bytes() == b"a newer release"


@pytest.mark.parametrize(
    ("body", "announced", "sentence"),
    [
        (WEIGHTS[:-1] + b"!", None, "has SHA-256 .* the manifest says"),
        (WEIGHTS[:500], None, "ended after 500 of 19000 bytes"),
        (WEIGHTS[:500], len(WEIGHTS), "ended after 500 of 19000 bytes"),
        (WEIGHTS + b"more", None, "longer than the 19000 bytes"),
    ],
    ids=["other", "shorter", "broken", "longer"],
)
def test_wrong_download_is_refused_and_not_kept(
    serve: Serve, tmp_path: Path, body: bytes, announced: int | None, sentence: str
) -> None:
    with pytest.raises(ArtifactMismatch, match=sentence):
        fetch(serve(body, promised=WEIGHTS, announced=announced), tmp_path, quiet)
    assert kept(tmp_path) == []


def test_address_that_does_not_answer_is_a_sentence(serve: Serve, tmp_path: Path) -> None:
    artifact = serve(WEIGHTS)
    assert artifact.source is not None
    for url, sentence in ((artifact.source.url + "x", "answers 404"), ("http://127.0.0.1:9/x", "cannot be reached")):
        moved = artifact.model_copy(update={"source": artifact.source.model_copy(update={"url": url})})
        with pytest.raises(Refused, match=sentence):
            fetch(moved, tmp_path, quiet)
    assert kept(tmp_path) == []


def test_unknown_recipe_is_refused_before_the_download(serve: Serve, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"no recipe «other»; known: copy, resnet50_from_safetensors"):
        fetch(serve(WEIGHTS, recipe="other"), tmp_path, quiet)
    assert not (tmp_path / "artifacts").exists()


def test_safetensors_with_the_published_names_become_resnet50(serve: Serve, tmp_path: Path) -> None:
    arrays = {name: np.zeros(shape, np.float32) for name, shape in resnet50(3).parameters().items()}
    arrays["conv1.weight"][0, 0, 0, 0] = 1.5
    body = save({**arrays, "bn1.num_batches_tracked": np.array(0, np.int64)})
    path = fetch(serve(body, recipe="resnet50_from_safetensors"), tmp_path, quiet)
    model = onnx.load(path)
    assert model.graph.output[0].type.tensor_type.shape.dim[1].dim_value == 3
    assert onnx.numpy_helper.to_array(model.graph.initializer[0])[0, 0, 0, 0] == 1.5
    assert sha256_of(path) in path.with_name("made.onnx.sha256").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"no safetensors at all", "is not a safetensors file"),
        (save({"fc.weight": np.zeros((3, 2048), np.float32)}), r"has no parameter fc\.bias"),
        (save({"fc.bias": np.zeros(3, np.float64)}), r"fc\.bias are not float32"),
        (save({"fc.bias": np.zeros(3, np.float32)}), r"needs the parameter conv1\.weight"),
    ],
    ids=["broken", "other model", "other type", "incomplete"],
)
def test_weights_that_do_not_fit_are_named_and_no_model_is_left(
    serve: Serve, tmp_path: Path, body: bytes, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        fetch(serve(body, recipe="resnet50_from_safetensors"), tmp_path, quiet)
    assert "made.onnx" not in kept(tmp_path)
