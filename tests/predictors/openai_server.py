"""`python -m tests.predictors.openai_server [FAULT] [FIRST_MS] [EACH_MS]`: OpenAI's protocol, tokens at known times.

Prints its port. The first token is sent FIRST_MS after the request is there, each further one EACH_MS after the one
before, by the clock and not by adding sleeps. Tokens are «tok»; a request's ``max_tokens`` says how many. ``FAULT`` is
one of `FAULTS`. The last request is at ``/last``.
"""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "Bearer sk-for-tests"
FAULTS = (
    *("none", "locked", "missing", "failing", "whole", "stalled", "cut", "closing", "garbled", "broken", "uncounted"),
    *("empty", "two", "plain"),
)


class Handler(BaseHTTPRequestHandler):
    """`/v1/models`, `/v1/completions`, `/v1/chat/completions`."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    fault: str
    first_s: float
    each_s: float
    last: dict[str, Any] = {}

    def do_GET(self) -> None:
        """What there is."""
        if self.path == "/last":
            self._say(Handler.last)
        elif self.path != "/v1/models" or self.fault == "plain":
            self._say({"detail": "Not Found"}, 404)
        elif self.fault == "locked" and self.headers.get("Authorization") != KEY:
            self._error(401, f"Incorrect API key provided: {self.headers.get('Authorization', 'none')}")
        else:
            names = ("tiny", "other") if self.fault == "two" else ("tiny",)
            self._say({"object": "list", "data": [{"id": n, "object": "model", "owned_by": "tests"} for n in names]})

    def do_POST(self) -> None:
        """A completion."""
        arrived = time.perf_counter()
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Handler.last = {"path": self.path, "asked": asked, "authorization": self.headers.get("Authorization", "")}
        if self.fault == "failing":
            self._error(500, "out of memory")
        elif self.fault == "missing" or asked["model"] != "tiny":
            self._error(404, f"The model `{asked['model']}` does not exist.")
        elif self.fault == "whole":
            self._say({"choices": [{"text": "tok" * asked["max_tokens"], "finish_reason": "length"}]})
        else:
            self._stream(asked, arrived)

    def _stream(self, asked: dict[str, Any], arrived: float) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        chat, tokens = self.path.endswith("/chat/completions"), 0 if self.fault == "empty" else asked["max_tokens"]
        if chat:
            self._event({"choices": [{"delta": {"role": "assistant", "content": ""}, "finish_reason": None}]})
        for i in range(tokens):
            time.sleep(max(0.0, arrived + self.first_s + i * self.each_s - time.perf_counter()))
            if i == 2 and self._goes_wrong():
                return
            self._event({"model": "tiny-1", "choices": [{"delta": {"content": "tok"}} if chat else {"text": "tok"}]})
        self._event({"choices": [{"text": "", "delta": {}, "finish_reason": "length"}]})
        if asked.get("stream_options", {}).get("include_usage") and self.fault != "uncounted":
            self._event({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": tokens}})
        self._chunk(b": a comment\n\ndata: [DONE]\n\n")
        self._chunk(b"")
        self.close_connection = self.fault == "closing"

    def _goes_wrong(self) -> bool:
        if self.fault == "stalled":
            time.sleep(3)
        elif self.fault == "garbled":
            self._chunk(b'data: {"choices": [{"text": "\xff\xfe"}]}\n\n')
        elif self.fault == "broken":
            self._event({"error": {"message": "the engine died", "code": 500}})
        elif self.fault != "cut":
            return False
        self.close_connection = True
        return True

    def _event(self, content: dict[str, Any]) -> None:
        self._chunk(b"data: " + json.dumps(content).encode() + b"\n\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _error(self, status: int, message: str) -> None:
        self._say({"error": {"message": message, "type": "invalid_request_error", "code": None}}, status)

    def _say(self, content: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""


def main(fault: str = "none", first_ms: str = "20", each_ms: str = "5") -> None:
    """Serve until killed."""
    Handler.fault, Handler.first_s, Handler.each_s = fault, float(first_ms) / 1e3, float(each_ms) / 1e3
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
