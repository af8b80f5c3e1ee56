"""`python -m tests.predictors.v2_server MODEL [FAULT]`: one ONNX file behind the Open Inference Protocol, for tests.

Runs in the environment of conf/software/onnxruntime.yaml; prints its port. ``FAULT`` is one of `FAULTS`.
"""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np

LENGTH = "Inference-Header-Content-Length"
FAULTS = ("none", "failing", "narrow", "slow", "closing", "babbling", "nameless", "halved")


class Handler(BaseHTTPRequestHandler):
    """`/v2`, `/v2/models/<name>`, and its `infer`; numbers in the JSON or raw behind it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    session: Any
    name: str
    fault: str

    def do_GET(self) -> None:
        """What there is."""
        if self.path == "/v2":
            self._say({"name": "tests", "version": "1.0", "extensions": ["binary_tensor_data"]})
        elif self.path == f"/v2/models/{self.name}":
            self._say({"name": self.name, "versions": ["1"], "platform": "onnxruntime_onnx", **self._tensors()})
        else:
            self._say({"error": f"unknown model at {self.path}"}, status=404)

    def _tensors(self) -> dict[str, Any]:
        nodes = {"inputs": self.session.get_inputs(), "outputs": self.session.get_outputs()}
        return {
            kind: [
                {"name": n.name, "datatype": "FP32", "shape": [d if isinstance(d, int) else -1 for d in n.shape]}
                for n in of
            ]
            for kind, of in nodes.items()
        }

    def do_POST(self) -> None:
        """A prediction."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        end = int(self.headers.get(LENGTH, len(body)))
        asked = json.loads(body[:end])
        (tensor,) = asked["inputs"]
        flat = np.array(tensor["data"], np.float32) if "data" in tensor else np.frombuffer(body[end:], np.float32)
        (outputs,) = self.session.run(None, {tensor["name"]: flat.reshape(tensor["shape"])})
        if self.fault == "failing":
            self._say({"error": "out of memory"}, status=500)
        elif self.fault == "babbling":
            self._send(200, b"<html>")
        else:
            if self.fault == "slow":
                time.sleep(2)
            self._answer(asked["outputs"][0], outputs[:, :-1] if self.fault == "narrow" else outputs)

    def _answer(self, wanted: dict[str, Any], outputs: Any) -> None:
        name = "other" if self.fault == "nameless" else wanted["name"]
        tensor = {"name": name, "datatype": "FP32", "shape": list(outputs.shape)}
        if not wanted.get("parameters", {}).get("binary_data"):
            self._say({"outputs": [{**tensor, "data": outputs.ravel().tolist()}]})
            return
        raw = outputs.tobytes()
        raw = raw[: len(raw) // 2] if self.fault == "halved" else raw
        head = json.dumps({"outputs": [{**tensor, "parameters": {"binary_data_size": len(raw)}}]}).encode()
        self._send(200, head + raw, {LENGTH: str(len(head))})

    def _say(self, content: dict[str, Any], status: int = 200) -> None:
        self._send(status, json.dumps(content).encode())

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.fault == "closing"  # unsaid, as a server does with a connection that was idle

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""


def main(model: Path, fault: str = "none") -> None:
    """Serve until killed."""
    import onnxruntime

    Handler.session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    Handler.name, Handler.fault = model.stem, fault
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
