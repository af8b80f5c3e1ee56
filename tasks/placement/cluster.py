"""Ray: a cluster for the time of a flow, and calls that run on its nodes and tell their progress.

In: plain functions that take a `say` callback. Out: their value; what they say arrives while they run. Ray is imported
here and in `calls.py` alone. Nothing is retried: a second try would be a second measurement.
"""

import logging
import os
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Timer
from typing import Any, TypeVar

from tasks.errors import Interrupted, Refused, TouchstoneError
from tasks.placement.agents import begun
from tasks.placement.calls import Call, ConnectionLost, Relayed, Share, Streamed, deputy, lost

T = TypeVar("T")
STORE_BYTES = 256 * 2**20
QUIET_S, BACK_S, LOOK_S = 5.0, 60.0, 5.0
OUTSIDE = "ray://"  # Ray Client: the driver is no node of the cluster
TRIES = 3
STILLBORN = ("Starting Ray client server failed", "ZombieProcess", "Proxy failed to Connect to backend")
_calls: dict[Timer, Call] = {}  # under way in this process
_deputies: list[Any] = []  # one while connected from outside
_address: list[str | None] = []  # one while connected
_raylet: list[str] = []  # the socket of the own node's, while connected as a node
_broken, _mending, _given_up = Event(), Lock(), list[TouchstoneError]()
_ended = Event()  # nothing begins any more, and what fails was interrupted


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """Ray for the time of the block: the cluster at ``address``, or (None) one of its own on this machine.

    Its authentication and switches stand in the environment (`tasks/services/settings.py`).
    """
    _broken.clear()
    _ended.clear()
    _given_up.clear()
    _connect(address)
    _address.append(address)
    try:
        if not _deputies:
            _early = Streamed(Share(), begun, (), {})  # a worker starts and imports beside what the driver does next
        yield
    finally:
        _ended.set()
        _disconnect()
        _address.pop()


def _connect(address: str | None) -> None:
    import ray

    try:
        _require_listener(address)
        logging.getLogger("ray.util.client").setLevel("ERROR")
        _init(address)
        if address and address.startswith(OUTSIDE):
            _hush()
            _deputies.append(deputy())
        else:
            here = ray.get_runtime_context().get_node_id()
            _raylet.extend(n["RayletSocketName"] for n in ray.nodes() if n["NodeID"] == here)
    except (ray.exceptions.RayError, ImportError, AttributeError, RuntimeError, ValueError, OSError) as error:
        ray.shutdown()
        raise TouchstoneError(f"Ray cannot be reached: {described(address)}: {_reason(error, address)}") from error


def _init(address: str | None) -> None:
    """One in fifty client servers that Ray forks beside gRPC's threads is stillborn; nothing has begun: try again."""
    import ray

    for tries_left in reversed(range(TRIES)):
        try:
            ray.init(**_options(address), log_to_driver=False, configure_logging=True, logging_level="ERROR")
            return
        except (RuntimeError, OSError) as error:
            if not tries_left or not any(text in str(error) for text in STILLBORN):
                raise
            ray.shutdown()


def _hush() -> None:
    """Threads of Ray Client and of its gRPC, which outlive a connection, end without a traceback; who waits is told."""
    before = threading.excepthook
    if before.__module__ == __name__:
        return

    def heard(what: threading.ExceptHookArgs) -> None:
        modules = {f.f_globals.get("__name__", "").partition(".")[0] for f, _ in traceback.walk_tb(what.exc_traceback)}
        if not modules & {"ray", "grpc"}:
            before(what)

    threading.excepthook = heard


def _disconnect() -> None:
    import ray

    _cancel_calls()
    _deputies.clear()
    _raylet.clear()
    ray.shutdown()


def _mend(say: Callable[[str], None]) -> None:
    """Connect anew to a cluster that was lost, such as one whose head was started again at its address."""
    with _mending:
        if not _broken.is_set():
            return
        if _given_up:
            raise _given_up[0]
        say(f"Ray was lost; waiting for {described(_address[-1])}")
        _disconnect()
        deadline = time.monotonic() + BACK_S
        while _broken.is_set():
            try:
                _connect(_address[-1])
                _broken.clear()
            except TouchstoneError as error:
                if time.monotonic() > deadline:
                    _given_up.append(error)  # nobody else waits for it once more
                    raise
                time.sleep(1)


def _options(address: str | None) -> dict[str, Any]:
    """How Ray is started, or found."""
    if address is None:
        return {
            "address": "local",  # else Ray would find the services' cluster by itself
            "num_cpus": len(os.sched_getaffinity(0)),
            "include_dashboard": False,
            "object_store_memory": STORE_BYTES,
            "_node_ip_address": "127.0.0.1",
        }
    if address.startswith(OUTSIDE):  # each node imports the project from where its Ray was started, not from our path
        return {"address": address, "runtime_env": {"env_vars": {"PYTHONPATH": "."}}}
    return {"address": address}


def _reason(error: Exception, address: str | None) -> str:
    """One sentence of what may be pages of a remote traceback."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    if isinstance(error, (ImportError, AttributeError)):
        return f"its head does not run this state of the project ({lines[-1]}). Start Ray there inside a clone."
    if "client connection timeout" in lines[0]:
        token = os.environ.get("RAY_AUTH_TOKEN_PATH", "RAY_AUTH_TOKEN")
        return (
            "who listens there does not answer as Ray's client server. Its port is 10001 unless its head was started "
            f"with another, and its token must be the one in {token}."
        )
    if "mismatch" in lines[0]:
        return " ".join(lines)
    return lines[-1] if "Traceback" in str(error) else lines[0]


def end_calls() -> None:
    """Nothing begins any more, and calls of other threads end: who still waits at Ray's end would wait for ever."""
    _ended.set()
    _cancel_calls()


def _cancel_calls() -> None:
    deadline = time.monotonic() + QUIET_S
    for call in list(_calls.values()):
        with suppress(Exception):  # Ray itself may be gone
            call.cancel()
    while _calls and time.monotonic() < deadline:
        time.sleep(0.05)


def described(address: str | None) -> str:
    """Which Ray that is, for a person."""
    return f"the cluster at {address}" if address else "for this run alone"


def _require_listener(address: str | None) -> None:
    """Ray's client would try for minutes where nobody listens."""
    host, _, port = (address or "").removeprefix(OUTSIDE).rpartition(":")
    if address is None or address == "auto":
        return
    if not host or "/" in host or not port.isdigit():
        raise Refused(
            f"workers.address={address} is no address. From a node of the cluster: <host>:6379; "
            "from anywhere else: ray://<host>:10001."
        )
    socket.create_connection((host, int(port)), timeout=5).close()


def place(share: Share, function: Callable[..., T], *args: Any, say: Callable[[str], None]) -> T:
    """Run ``function(*args, say=…)`` where that share is free; our own errors come back as they are.

    Raises `Interrupted` when the cluster is left meanwhile.
    """
    if _ended.is_set():
        raise Interrupted("Interrupted.")
    if _broken.is_set():
        _mend(say)
    call = _begun(share, function, args, _environment(share))
    waits_for = (
        "free cores: something else runs on that Ray node" if share.cpus or share.gpus else "a Ray worker to start"
    )
    waiting = Timer(QUIET_S, say, [f"waiting for {waits_for}"])
    waiting.daemon = True
    waiting.start()
    _calls[waiting] = call
    kind, value = "", None
    try:
        while kind not in ("done", "raised"):
            kind, value = call.item(LOOK_S) or _nothing_yet()
            if kind:
                waiting.cancel()  # what comes first is that it began
            if kind == "said":
                say(value)
    finally:
        waiting.cancel()
        _calls.pop(waiting, None)
        if kind != "done":
            with suppress(Exception):  # Ray itself may be gone
                call.cancel()
    if kind == "raised":
        if isinstance(value, ConnectionLost):
            _broken.set()
        raise Interrupted("Interrupted.") if _ended.is_set() else value  # type: ignore[misc]
    return value  # type: ignore[return-value]


def _nothing_yet() -> tuple[str, Any]:
    """No item, or that none will come: Ray tells nobody that the raylet of a driver's own node has died."""
    if all(_listens(raylet) for raylet in _raylet):
        return "", None
    return "raised", ConnectionLost("The Ray worker was lost: Ray on this machine has ended.")


def _listens(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


def _begun(*asked: Any) -> Call:
    try:
        return Relayed(_deputies[-1], *asked) if _deputies else Streamed(*asked)
    except ConnectionLost:
        _broken.set()
        raise


def _environment(share: Share) -> dict[str, str]:
    """What a worker on this machine takes over from the driver; a node of a cluster has its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("RAY_", "PREFECT_", "TOUCHSTONE_SERVICE"))}
    return {} if share.node else kept


def alive() -> dict[str, str]:
    """Ray's id of each living node, and its host name. Raises `MachineFault` when the cluster is gone."""
    import ray

    try:
        return {n["NodeID"]: n["NodeManagerHostname"] for n in ray.nodes() if n["Alive"]}
    except Exception as error:  # Ray Client's own are of any type
        raise lost(error) from error
