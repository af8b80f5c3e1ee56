"""PyTorch on layer tables (safetensors) and exported programs (.pt2): data, read without pickle and without code."""

from __future__ import annotations

import importlib
import warnings
from pathlib import Path
from typing import Any, Literal

from tasks.errors import TouchstoneError
from tasks.predictors._table import Table, read, require_same
from tasks.predictors._torch_compiled import Compiled
from tasks.predictors._torch_modules import network
from tasks.predictors._torch_program import program
from tasks.predictors.base import Setup, given_back


class Predictor:
    """One module in evaluation mode.

    ``mode``: «eager» runs layer by layer; «frozen» traces once, folds batch normalisation into the convolutions, and
    lets TorchScript fuse (layer tables only); «compiled» is torch.compile, for each size of a batch. ``precision`` is
    that of weights and arithmetic: TF32 and bfloat16 are off.
    """

    formats = ("table", "pt2")
    module = "torch"

    def __init__(
        self,
        *,
        mode: Literal["eager", "frozen", "compiled"],
        channels_last: bool,
        precision: Literal["float32"],
    ) -> None:
        self.mode, self.channels_last, self.precision = mode, channels_last, precision

    def load(self, path: Path, setup: Setup) -> dict[str, Any]:
        """Build the module on its device and return what torch really uses; an unasked fall-back is an error."""
        torch = self._torch = importlib.import_module("torch")
        _set_threads(torch, setup)
        _exact(torch)
        self._device = _device(torch, setup.device)
        self._layout = torch.channels_last if self.channels_last else torch.contiguous_format
        module, table = self._opened(path, setup)
        first = next(module.parameters())
        self._model = self._prepared(torch, module, table)
        return {
            "framework": "pytorch",
            "version": torch.__version__,
            "device": str(first.device),
            "precision": str(first.dtype).replace("torch.", ""),
            "intra_threads": torch.get_num_threads(),
            "inter_threads": torch.get_num_interop_threads(),
            "mode": self.mode,
            **({"compiler": self._model.compiler} if self.mode == "compiled" else {}),
            "channels_last": self.channels_last,
            "mkldnn": torch.backends.mkldnn.is_available(),
            "matmul_precision": torch.get_float32_matmul_precision(),
            "build": " ".join(torch.__config__.show().partition("- Build settings")[0].split()),  # not the flags
        }

    def _opened(self, path: Path, setup: Setup) -> tuple[Any, Table | None]:
        """The module on its device, and its table where it was made from one."""
        if path.suffix != ".pt2":
            table = read(path)
            require_same(table, setup)
            return network(table).to(self._device, memory_format=self._layout), table
        if self.mode == "frozen" or self.channels_last:
            raise TouchstoneError(
                f"{path.name} is an exported program, and software.options.mode=frozen and channels_last=true are for "
                "layer tables. Choose mode=eager or compiled, and channels_last=false."
            )
        return program(path, setup, self._device), None

    def _prepared(self, torch: Any, module: Any, table: Table | None) -> Any:
        """What runs, by ``mode``."""
        if self.mode == "compiled":
            return Compiled(torch, module, self._device.type)
        return self._frozen(torch, module, table) if table and self.mode == "frozen" else module

    def _frozen(self, torch: Any, module: Any, table: Table) -> Any:
        """A TorchScript graph; tracing is enough, for a table has no branches."""
        example = torch.zeros(1, *table.shapes[table.input], device=self._device)
        with torch.inference_mode(False), torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            traced = torch.jit.trace(module, example.contiguous(memory_format=self._layout), check_trace=False)
            return torch.jit.optimize_for_inference(torch.jit.freeze(traced))

    def predict(self, batch: Any) -> Any:
        """(batch, …) → (batch, …) on the host: `.cpu()` waits for the device."""
        with self._torch.inference_mode():
            given = batch if isinstance(batch, tuple) else (batch,)
            answer = self._model(*[self._there(array) for array in given])
            return given_back([tensor.cpu().numpy() for tensor in (answer if isinstance(answer, tuple) else (answer,))])

    def _there(self, array: Any) -> Any:
        tensor = self._torch.from_numpy(array).to(self._device)
        return tensor.contiguous(memory_format=self._layout) if tensor.dim() == 4 else tensor.contiguous()

    def unload(self) -> None:
        """Drop the module, and what torch keeps of the device's memory; another one may be compiled."""
        if self.mode == "compiled":
            self._model.close()
        del self._model
        if self._device.type == "cuda":
            self._torch.cuda.empty_cache()


def _set_threads(torch: Any, setup: Setup) -> None:
    """Both pools, read back: torch fixes the second one for the life of a process."""
    torch.set_num_threads(setup.intra_threads)
    if torch.get_num_interop_threads() != setup.inter_threads:
        try:
            torch.set_num_interop_threads(setup.inter_threads)
        except RuntimeError as error:
            raise TouchstoneError(
                f"{setup.inter_threads} inter-op threads were asked for, this process already has "
                f"{torch.get_num_interop_threads()}; load the model in a fresh process."
            ) from error
    used = (torch.get_num_threads(), torch.get_num_interop_threads())
    if used != (setup.intra_threads, setup.inter_threads):
        raise TouchstoneError(
            f"{setup.intra_threads} threads within and {setup.inter_threads} between operators were asked for, torch "
            f"uses {used[0]} and {used[1]}."
        )


def _exact(torch: Any) -> None:
    """float32 means float32: no TF32, no bfloat16 inside a multiplication."""
    torch.set_float32_matmul_precision("highest")
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False


def _device(torch: Any, name: str) -> Any:
    if name == "cuda" and not torch.cuda.is_available():
        raise TouchstoneError(
            f"cuda was asked for and torch {torch.__version__} sees no CUDA device; choose software with a CUDA build "
            "of torch on a machine with a GPU, or hw with device cpu."
        )
    return torch.device(name)
