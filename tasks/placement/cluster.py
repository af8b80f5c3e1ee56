"""Ray: a cluster for the time of a flow, and calls that run on its nodes and tell their progress.

In: plain functions that take a `say` callback. Out: their value; what they say arrives while they run. The only
importer of Ray. Nothing is retried: a second try would be a second measurement.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from tasks.errors import MachineFault, TouchstoneError
from tasks.placement.agents import LESS_MEMORY
from tasks.specs.protocol import Workers

T = TypeVar("T")
STORE_BYTES = 256 * 2**20


@contextmanager
def connected(workers: Workers, cpus: int) -> Iterator[None]:
    """Ray for the time of the block: on this machine with ``cpus`` cores, or the cluster at ``workers.address``."""
    os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO="0", RAY_AUTH_MODE="token")
    os.environ["RAY_ENABLE_AUTO_CONNECT"] = "0"  # a call after the end must not start a cluster of its own
    os.environ.setdefault("RAY_AUTH_TOKEN_PATH", str(_token()))
    import ray

    common: dict[str, Any] = {"log_to_driver": False, "configure_logging": True, "logging_level": "ERROR"}
    try:
        if workers.kind == "local":
            ray.init(
                num_cpus=cpus,
                num_gpus=None,
                include_dashboard=False,
                object_store_memory=STORE_BYTES,
                _node_ip_address="127.0.0.1",
                **common,
            )
        else:
            ray.init(address=workers.address, **common)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise TouchstoneError(
            f"Ray cannot be reached with workers={workers.id} ({workers.address}): {error}"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


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
    items = stream.remote(function, args)
    try:
        for reference in items:
            kind, value = ray.get(reference)
            if kind == "said":
                say(value)
            elif kind == "raised":
                raise value
            else:
                return value  # type: ignore[no-any-return]
    except ray.exceptions.OutOfMemoryError as error:
        raise TouchstoneError(f"Ray ended the worker: the node ran out of memory. {LESS_MEMORY}") from error
    except ray.exceptions.RayError as error:
        raise MachineFault(f"The Ray worker was lost: {str(error).splitlines()[0]}") from error
    except BaseException:
        ray.cancel(items, force=True)
        raise
    raise MachineFault("The Ray worker ended without a result.")


def _stream(function: Callable[..., Any], args: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    """On the node: call in a thread and hand on what is said, then the value or the error."""
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


def _token() -> Path:
    """The cluster's token, made once per user and readable by nobody else."""
    path = Path(os.environ.get("TOUCHSTONE_CACHE") or Path.home() / ".cache" / "touchstone") / "ray-token"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        os.replace(partial, path)
    return path


def nodes() -> list[dict[str, Any]]:
    """What each living node has, by Ray: cores, memory in bytes, accelerators by name."""
    import ray

    alive = [n for n in ray.nodes() if n["Alive"]]
    return [
        {
            "host": n["NodeManagerHostname"],
            "node": n["NodeID"],
            "cpus": n["Resources"].get("CPU", 0),
            "memory_bytes": n["Resources"].get("memory", 0),
            "accelerators": [
                name.removeprefix("accelerator_type:")
                for name in n["Resources"]
                if name.startswith("accelerator_type:")
                for _ in range(int(n["Resources"].get("GPU", 0)))
            ],
        }
        for n in alive
    ]
