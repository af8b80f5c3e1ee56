"""JAX on files of the format «table»: a pure function, compiled by XLA ahead of time for each size of the batch.

Compiling takes seconds and happens when a size is first seen: in the first prediction, or in a warm-up. XLA reads the
size of its thread pool from the environment when its client is made, so `load` sets it before JAX is imported.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tasks.errors import TouchstoneError
from tasks.predictors._jax_layers import FIRST, LAST, arrays, network
from tasks.predictors._table import read, require_same
from tasks.predictors.base import Setup, line

POOL = "XLAEigen"  # what XLA calls the threads that share one operation
NARROW = ("bf16[", "f16[", "f8e")  # types of XLA's text below float32


class Predictor:
    """One function of arrays and pictures.

    ``channels_last`` is how pictures lie between the layers. ``async_dispatch`` (JAX's own default) hands a computation
    to a thread of XLA's and waits for it; without, the calling thread works. ``precision`` is that of weights and
    arithmetic.
    """

    formats = ("table",)
    module = "jax"

    def __init__(self, *, channels_last: bool, async_dispatch: bool, precision: Literal["float32"]) -> None:
        self.channels_last, self.async_dispatch, self.precision = channels_last, async_dispatch, precision

    def load(self, path: Path, setup: Setup) -> dict[str, Any]:
        """Put the arrays on the device and return what JAX really uses; an unasked fall-back is an error."""
        table = read(path)
        require_same(table, setup)
        jax = _imported(setup, self.async_dispatch)
        device = _device(jax, setup.device)
        layout = LAST if self.channels_last else FIRST
        self._arrays = jax.device_put(arrays(table, layout), device)
        self._function = jax.jit(network(table, layout))
        self._compiled: dict[int, Any] = {}
        return {
            "framework": "jax",
            "version": jax.__version__,
            "device": device.platform,
            "device_kind": device.device_kind,
            "precision": _precision(self._arrays),
            "matmul_precision": jax.config.jax_default_matmul_precision,
            "intra_threads": _threads(setup),
            "inter_threads": setup.inter_threads,
            "channels_last": self.channels_last,
            "async_dispatch": self.async_dispatch,
            "xla_flags": os.environ.get("XLA_FLAGS", ""),
            "build": f"jaxlib {importlib.import_module('jaxlib').__version__}",
        }

    def predict(self, batch: Any) -> Any:
        """(batch, …) → (batch, classes) on the host: copying waits for the result."""
        run = self._compiled.get(len(batch)) or self._prepared(batch)
        return np.array(run(self._arrays, batch))

    def _prepared(self, batch: Any) -> Any:
        """Compiled for this size; anything below float32 in what XLA made of it is an error."""
        run = self._compiled[len(batch)] = self._function.lower(self._arrays, batch).compile()
        if found := [name for name in NARROW if name in run.as_text()]:
            raise TouchstoneError(f"{self.precision} was asked for, and XLA computes in {', '.join(found)}.")
        return run

    def unload(self) -> None:
        """Drop the arrays and what was compiled."""
        del self._arrays, self._function, self._compiled


def _imported(setup: Setup, async_dispatch: bool) -> Any:
    """JAX with its threads, its platform, and its precision set."""
    if "jax" in sys.modules:
        raise TouchstoneError("JAX was imported before its thread count was set. Load one model per process.")
    if setup.inter_threads != 1:
        raise TouchstoneError(
            f"{setup.inter_threads} threads between operations were asked for; XLA has one pool for both. "
            "Set software.threads.inter=1."
        )
    os.environ["PJRT_NPROC"] = str(setup.intra_threads)
    jax = importlib.import_module("jax")
    jax.config.update("jax_platforms", setup.device)
    jax.config.update("jax_enable_x64", False)
    jax.config.update("jax_default_matmul_precision", "highest")
    jax.config.update("jax_cpu_enable_async_dispatch", async_dispatch)
    return jax


def _device(jax: Any, name: str) -> Any:
    try:
        device = jax.devices()[0]
    except (RuntimeError, AssertionError) as error:  # the second where jaxlib has no such plug-in at all
        raise TouchstoneError(
            f"{name} was asked for, and JAX {jax.__version__} has none here. {line(error)}"
        ) from error
    if device.platform != name:
        raise TouchstoneError(f"{name} was asked for, and JAX {jax.__version__} fell back to {device.platform}.")
    return device


def _precision(arrays: dict[str, tuple[Any, ...]]) -> str:
    return ", ".join(sorted({str(array.dtype) for own in arrays.values() for array in own}))


def _threads(setup: Setup) -> int:
    """Threads of one operation: those of XLA's pool, counted where the system names them."""
    found = sum(POOL in task.read_text() for task in Path("/proc/self/task").glob("*/comm"))
    if found != setup.intra_threads:
        raise TouchstoneError(f"{setup.intra_threads} threads were asked for, and XLA has {found}.")
    return found
