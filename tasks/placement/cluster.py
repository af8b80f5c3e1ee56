"""Ray: a cluster for the time of a flow, and calls that run on its nodes and tell their progress.

In: plain functions that take a `say` callback. Out: their value; what they say arrives while they run. The only
importer of Ray. Nothing is retried: a second try would be a second measurement.
"""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread, Timer
from typing import Any, TypeVar

from tasks.errors import MachineFault, TouchstoneError
from tasks.placement.agents import LESS_MEMORY

T = TypeVar("T")
STORE_BYTES = 256 * 2**20
QUIET_S = 5.0
_calls: dict[Timer, Any] = {}  # under way in this process


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """Ray for the time of the block: the cluster at ``address``, or (None) one of its own on this machine.

    Its authentication and switches stand in the environment (`tasks/services/settings.py`).
    """
    import ray

    common: dict[str, Any] = {"log_to_driver": False, "configure_logging": True, "logging_level": "ERROR"}
    alone: dict[str, Any] = {
        "address": "local",  # else Ray would find the services' cluster by itself
        "num_cpus": len(os.sched_getaffinity(0)),
        "include_dashboard": False,
        "object_store_memory": STORE_BYTES,
        "_node_ip_address": "127.0.0.1",
    }
    try:
        _require_listener(address)
        ray.init(**({"address": address} if address else alone), **common)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise TouchstoneError(f"Ray cannot be reached: {described(address)}: {error}") from error
    try:
        yield
    finally:
        _end_calls()
        ray.shutdown()


def _end_calls() -> None:
    """Calls of other threads, when the block was interrupted: who still waits at Ray's end would wait for ever."""
    import ray

    deadline = time.monotonic() + QUIET_S
    for items in list(_calls.values()):
        ray.cancel(items, force=True)
    while _calls and time.monotonic() < deadline:
        time.sleep(0.05)


def described(address: str | None) -> str:
    """Which Ray that is, for a person."""
    return f"the cluster at {address}" if address else "for this run alone"


def _require_listener(address: str | None) -> None:
    """Ray's client would try for minutes where nobody listens."""
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if address and port.isdigit():
        socket.create_connection((host, int(port)), timeout=5).close()


@dataclass(frozen=True)
class Share:
    """What a call holds of a node: cores, accelerators, and which node (None: any)."""

    cpus: float = 0
    gpus: float = 0
    node: str | None = None


def place(share: Share, function: Callable[..., T], *args: Any, say: Callable[[str], None]) -> T:
    """Run ``function(*args, say=…)`` where that share is free; our own errors come back as they are."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    where = NodeAffinitySchedulingStrategy(share.node, soft=False) if share.node else "DEFAULT"
    stream = ray.remote(_stream).options(
        num_cpus=share.cpus, num_gpus=share.gpus, scheduling_strategy=where, max_retries=0, num_returns="streaming"
    )
    waiting = Timer(QUIET_S, say, ["waiting for free cores: something else runs on that Ray node"])
    waiting.daemon = True
    waiting.start()
    items = _calls[waiting] = stream.remote(function, args, _environment(share))
    try:
        for reference in items:
            waiting.cancel()  # what comes first is that it began
            kind, value = ray.get(reference)
            if kind == "said":
                say(value)
            elif kind == "raised":
                raise value
            elif kind == "done":
                return value  # type: ignore[no-any-return]
    except ray.exceptions.OutOfMemoryError as error:
        raise TouchstoneError(f"Ray ended the worker: the node ran out of memory. {LESS_MEMORY}") from error
    except ray.exceptions.RayError as error:
        raise MachineFault(f"The Ray worker was lost: {str(error).splitlines()[0]}") from error
    except BaseException:
        ray.cancel(items, force=True)
        raise
    finally:
        waiting.cancel()
        _calls.pop(waiting, None)
    raise MachineFault("The Ray worker ended without a result.")


def _environment(share: Share) -> dict[str, str]:
    """What a worker on this machine takes over from the driver; a node of a cluster has its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("RAY_", "PREFECT_", "TOUCHSTONE_SERVICE"))}
    return {} if share.node else kept


def _stream(
    function: Callable[..., Any], args: tuple[Any, ...], environment: dict[str, str]
) -> Iterator[tuple[str, Any]]:
    """On the node: call in a thread and hand on what is said, then the value or the error."""
    os.environ.update(environment)
    yield "began", None
    queue: SimpleQueue[tuple[str, Any]] = SimpleQueue()

    def call() -> None:
        try:
            queue.put(("done", function(*args, say=lambda text: queue.put(("said", text)))))
        except BaseException as error:
            queue.put(("raised", error))

    Thread(target=call, daemon=True).start()
    while True:
        kind, value = queue.get()
        yield kind, value
        if kind != "said":
            return


def alive() -> dict[str, str]:
    """Ray's id of each living node, and its host name."""
    import ray

    return {n["NodeID"]: n["NodeManagerHostname"] for n in ray.nodes() if n["Alive"]}
