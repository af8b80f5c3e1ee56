"""One call on a node of the cluster: begun, heard item by item while it runs, cancelled.

In: a function that takes a `say` callback. Out: items ("began", None), ("said", text) …, then ("done", value) or
("raised", error). Ray streams them to a driver that is one of its nodes; to one outside (`ray://`) it does not, so a
deputy beside the cluster's head makes the call there and hands each item on.
"""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Any, Protocol

from tasks.errors import MachineFault, TouchstoneError
from tasks.placement.agents import LESS_MEMORY

Item = tuple[str, Any]
AT_ONCE = 128  # calls that one deputy waits for


@dataclass(frozen=True)
class Share:
    """What a call holds of a node: cores, accelerators, and which node (None: any)."""

    cpus: float = 0
    gpus: float = 0
    node: str | None = None


class ConnectionLost(MachineFault):
    """The cluster itself, or the only node of it, was lost: the next call has to connect anew."""


class Call(Protocol):
    """What both kinds offer."""

    def item(self, patience_s: float) -> Item | None:
        """The next one, once it is there; None if that takes longer."""

    def cancel(self) -> None:
        """End its worker, and with it what the worker started."""


class Streamed:
    """A call of a process that is part of the cluster."""

    def __init__(self, share: Share, function: Callable[..., Any], args: tuple[Any, ...], env: dict[str, str]) -> None:
        import ray

        held = {"num_cpus": share.cpus, "num_gpus": share.gpus, "scheduling_strategy": _on(share.node)}
        called = ray.remote(_stream).options(**held, max_retries=0, num_returns="streaming")
        self.only = share.node is None
        try:
            self.items = called.remote(function, args, env)
        except ray.exceptions.RayError as error:
            raise lost(error, ConnectionLost) from error

    def item(self, patience_s: float | None = None) -> Item | None:
        """The next one, once it is there; None if that takes longer."""
        import ray

        try:
            if not ray.wait([self.items], timeout=patience_s, fetch_local=False)[0]:
                return None
            return ray.get(next(self.items))  # type: ignore[no-any-return]
        except ray.exceptions.OutOfMemoryError:
            return "raised", TouchstoneError(f"Ray ended the worker: the node ran out of memory. {LESS_MEMORY}")
        except ray.exceptions.WorkerCrashedError as error:
            return "raised", lost(error)
        except ray.exceptions.RayError as error:
            return "raised", lost(error, ConnectionLost if self.only else MachineFault)
        except StopIteration:
            return "raised", MachineFault("The Ray worker ended without a result.")

    def cancel(self) -> None:
        """End its worker, and with it what the worker started."""
        import ray

        ray.cancel(self.items, force=True)


class Deputy:
    """An actor beside the cluster's head: makes the calls of one driver outside, and ends with its connection."""

    def __init__(self) -> None:
        self.calls: dict[str, Streamed] = {}

    def begin(self, name: str, *asked: Any) -> None:
        """Make a call."""
        self.calls[name] = Streamed(*asked)

    def item(self, name: str) -> Item:
        """The next one of that call."""
        call = self.calls.get(name)
        item = call.item() if call else None
        return item or ("raised", MachineFault("The Ray worker was lost with the driver's deputy."))

    def cancel(self, name: str) -> None:
        """End that call; also what an ended one left here."""
        if call := self.calls.pop(name, None):
            call.cancel()


class Relayed:
    """A call of a driver outside the cluster, made by its deputy."""

    def __init__(self, deputy: Any, *asked: Any) -> None:
        self.deputy, self.name = deputy, uuid.uuid4().hex
        self._answer("begin", *asked)

    def item(self, patience_s: float) -> Item | None:
        """The next one, once it is there: the connection has a patience of its own."""
        try:
            return self._answer("item")  # type: ignore[no-any-return]
        except MachineFault as fault:
            return "raised", fault

    def _answer(self, method: str, *args: Any) -> Any:
        import ray

        try:
            return ray.get(getattr(self.deputy, method).remote(self.name, *args))
        except Exception as error:  # errors of the function itself are items; Ray Client's own are of any type
            raise lost(error, ConnectionLost) from error

    def cancel(self) -> None:
        """End its worker, and with it what the worker started."""
        with suppress(Exception):  # without a connection the deputy has ended, and its calls with it
            self.deputy.cancel.remote(self.name)


def deputy() -> Any:
    """A new one, on the node that the driver is connected to; another takes its place if it dies."""
    import ray

    options = {"num_cpus": 0, "max_concurrency": AT_ONCE, "max_restarts": -1}
    here = ray.get_runtime_context().get_node_id()
    made = ray.remote(Deputy).options(**options, scheduling_strategy=_on(here)).remote()
    ray.get(made.cancel.remote(""))  # it is there
    return made


def _on(node: str | None) -> Any:
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    return NodeAffinitySchedulingStrategy(node, soft=False) if node else "DEFAULT"


def lost(error: Exception, kind: type[MachineFault] = MachineFault) -> MachineFault:
    """What Ray says, as our own."""
    told = str(error).partition("\n")[0] or type(error).__name__  # a cancelled call says nothing
    return kind(f"The Ray worker was lost: {told}")


def _stream(function: Callable[..., Any], args: tuple[Any, ...], env: dict[str, str]) -> Iterator[Item]:
    """On the node: call in a thread and hand on what is said, then the value or the error."""
    os.environ.update(env)
    yield "began", None
    queue: SimpleQueue[Item] = SimpleQueue()

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
