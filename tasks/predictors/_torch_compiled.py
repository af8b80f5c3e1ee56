"""torch.compile, and when it compiles: once for each size of a batch, at the first prediction of that size.

That is before anything is timed, for a process's first prediction and a scenario's warm-up have the sizes that it will
time. Whatever else would need another graph is an error, and is not compiled within a prediction. Lean, Python 3.9.
One graph for every size would not do: torch binds it to the range in which its convolutions choose the same kernel.
"""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
from typing import Any

from tasks.errors import TouchstoneError
from tasks.predictors.base import line

MOST = 64  # sizes that a process may compile


class Compiled:
    """A module as one graph a size; no part of it runs layer by layer. ``compiler``: what compiles, and its version."""

    def __init__(self, torch: Any, module: Any, device: str) -> None:
        self.compiler = _compiler(device)
        inductor: Any = importlib.import_module("torch._inductor.config")
        dynamo: Any = importlib.import_module("torch._dynamo.config")
        inductor.compile_threads = 1  # else processes stay beside what is timed
        dynamo.recompile_limit = MOST
        torch.compiler.set_stance("fail_on_recompile")
        self._torch = torch
        self._strides: dict[int, list[tuple[int, ...]]] = {}
        self._run = torch.compile(module, fullgraph=True, dynamic=False)

    def __call__(self, *tensors: Any) -> Any:
        """(batch, …) → (batch, …). A batch of one may come with any stride; its graph takes the one it saw."""
        strides = self._strides.get(tensors[0].shape[0])
        if strides is None:
            return self._first(tensors)
        pairs = zip(tensors, strides)  # noqa: B905  (Python 3.9)
        return self._run(*[x if x.stride() == seen else x.as_strided(x.shape, seen) for x, seen in pairs])

    def _first(self, tensors: tuple[Any, ...]) -> Any:
        """Compile for this size, and run."""
        try:
            with self._torch.compiler.set_stance("default"):
                answer = self._run(*tensors)
        except Exception as error:  # of dynamo, inductor, or the compiler: they share no base
            raise TouchstoneError(
                f"torch.compile cannot compile this model here: {_reason(error)} Choose software.options.mode=frozen "
                "or eager, or mend the compiler."
            ) from error
        self._strides[tensors[0].shape[0]] = [tensor.stride() for tensor in tensors]
        return answer

    def close(self) -> None:
        """Let another module be compiled in this process."""
        self._torch.compiler.set_stance("default")


def _compiler(device: str) -> str:
    """What turns inductor's code into a program, with its version: Triton on a GPU, else the C++ compiler."""
    if device != "cpu":
        return f"inductor, triton {importlib.import_module('triton').__version__}"
    name = os.environ.get("CXX", "g++")
    found = shutil.which(name)
    if found is None:
        raise TouchstoneError(
            f"software.options.mode=compiled needs a C++ compiler, and there is no {name} on PATH here. Install one, "
            "name another by CXX in software.env, or choose mode=frozen or eager."
        )
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    return f"inductor, {said.partition(chr(10))[0]}"


def _reason(error: Exception) -> str:
    """The compiler's own word where there is one; inductor puts the whole command in front of it."""
    said = [text for text in str(error).splitlines() if " error: " in text]
    return f"{(said[0].strip() if said else line(error))[:300].rstrip('.')}."
