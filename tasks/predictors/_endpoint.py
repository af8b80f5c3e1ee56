"""One HTTP server: a request in, its answer out, whole or as a stream of events, over a connection that is kept.

Each thread has a connection of its own. A server that is away, too slow, or unwilling is a TouchstoneError with its
address and the way out; a secret is never in it. Knows no protocol of models. Standard library only, Python 3.9.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import statistics
import threading
import time
from typing import Any, Callable, Iterator
from urllib.parse import SplitResult, urlsplit

from tasks.errors import Refused, TouchstoneError
from tasks.predictors.base import line

CONNECTIONS = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
STREAM = "text/event-stream"
LONGEST = 1 << 20  # bytes of a line of a stream
REPEATS = 20


class Endpoint:
    """``timeout_s`` bounds each wait for the server: to connect, to take a request, to send more of its answer.

    ``secret`` is sent as a bearer's token, over HTTPS or to this machine only.
    """

    def __init__(self, url: str, timeout_s: float, secret: str = "") -> None:
        self.url, self.timeout_s, self._secret = url.rstrip("/"), timeout_s, secret
        self._parts = _parts(url)
        if secret and self._parts.scheme != "https" and not _loopback(str(self._parts.hostname)):
            raise Refused(f"No key is sent to {self.url} in the clear. Use https://, or software.options.key_env=null.")
        self._own = threading.local()

    def get(self, path: str) -> dict[str, Any]:
        """The JSON object that stands at this path."""
        _, body = self.ask("GET", path)
        try:
            return dict(json.loads(body))
        except (ValueError, TypeError):
            raise TouchstoneError(f"{self.url}{path} answers what is no JSON object: {_short(body)}.") from None

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[Any, bytes]:
        """Headers and body of an answer 200; anything else is an error."""
        connection = self._connection()
        try:
            reply = self._begun(connection, method, path, body, headers)
            content = reply.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise TouchstoneError(self._why(path, error)) from error
        if reply.status != 200:
            raise self._unwilling(path, reply, content)
        return reply.headers, content

    def stream(self, path: str, body: bytes, headers: dict[str, str]) -> Iterator[bytes]:
        """The lines of a stream of events, each as soon as it is there, with their ends.

        The connection is kept when all of them are taken.
        """
        connection, whole = self._connection(), False
        try:
            reply = self._begun(connection, "POST", path, body, headers)
            if reply.status != 200:
                raise self._unwilling(path, reply, reply.read())
            kind = (reply.headers.get("Content-Type") or "nothing").split(";")[0].strip()
            if kind != STREAM:
                raise TouchstoneError(
                    f"{self.url}{path} answers {kind} as a whole, though a stream was asked for ({STREAM}), so that no "
                    "token has a time. Ask a server that streams, or without a proxy that does not."
                )
            while line := reply.readline(LONGEST):
                yield line
            whole = True
        except (OSError, http.client.HTTPException) as error:
            raise TouchstoneError(self._why(path, error)) from error
        finally:
            if not whole:
                connection.close()

    def _begun(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: bytes | None,
        headers: dict[str, str] | None,
    ) -> http.client.HTTPResponse:
        proof = {"Authorization": f"Bearer {self._secret}"} if self._secret else {}
        return _exchanged(connection, method, self._parts.path.rstrip("/") + path, body, {**proof, **(headers or {})})

    def _unwilling(self, path: str, reply: http.client.HTTPResponse, content: bytes) -> TouchstoneError:
        said = _short(content)
        said = said.replace(self._secret, "…") if self._secret else said
        way = " A key is taken from the variable that software.options.key_env names." if reply.status == 401 else ""
        return TouchstoneError(f"{self.url}{path} answers {reply.status} {reply.reason}: {said}.{way}")

    def close(self) -> None:
        """End this thread's connection."""
        self._connection().close()

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self._own, "connection"):
            of_kind, parts = CONNECTIONS[self._parts.scheme], self._parts
            self._own.connection = of_kind(str(parts.hostname), parts.port, timeout=self.timeout_s)
        connection: http.client.HTTPConnection = self._own.connection
        return connection

    def _why(self, path: str, error: Exception) -> str:
        if isinstance(error, socket.timeout):
            return (
                f"{self.url}{path} did not answer within {self.timeout_s:g} s. Raise software.options.timeout_s, or "
                "look at the server."
            )
        return (
            f"No answer from {self.url}: {line(error) or type(error).__name__}. Start the server, or set "
            "software.options.url=http://<host>:<port>."
        )


def _exchanged(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None, headers: dict[str, str]
) -> http.client.HTTPResponse:
    """Asked once more where the server has closed the kept connection meanwhile; the query's time holds both."""
    kept = connection.sock is not None
    try:
        connection.request(method, path, body, headers)
        return connection.getresponse()
    except ConnectionError:
        connection.close()
        if not kept:
            raise
        connection.request(method, path, body, headers)
        return connection.getresponse()


def _loopback(host: str) -> bool:
    """Whether this name or address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _parts(url: str) -> SplitResult:
    """The parts of an address that names a server and no password, for it is recorded."""
    try:
        parts = urlsplit(url)
        whole = parts.scheme in CONNECTIONS and parts.hostname and (parts.port or True)
    except ValueError:
        whole = False
    if not whole or parts.query or parts.fragment:
        raise Refused(f"software.options.url={url} is no address of a server. Write it as http://<host>:<port>.")
    if parts.username or parts.password:
        raise Refused("software.options.url holds a user or a password, and it is recorded. Leave them out.")
    return parts


def _short(body: bytes) -> str:
    """What an error says: the protocol's «error», its «message» where it has one, or the beginning of the text."""
    text = body.decode(errors="replace")
    try:
        said = json.loads(text)["error"]
        text = str(said["message"] if isinstance(said, dict) and "message" in said else said)
    except (ValueError, KeyError, TypeError):
        pass
    return " ".join(text.split())[:300].rstrip(".") or "nothing"


def median_ms(act: Callable[[], Any]) -> float:
    """Of `REPEATS` times that it took."""
    taken = []
    for _ in range(REPEATS):
        begin = time.perf_counter_ns()
        act()
        taken.append(time.perf_counter_ns() - begin)
    return statistics.median(taken) / 1e6
