"""Weights from a seed that are the same bytes on every processor, whatever a library's initialisation calls.

While a module is made, every draw of torch is answered from PCG64's raw integers: the library decides the scale, the
bits are ours. A normal distribution becomes the uniform one of the same variance (√3·σ to either side), for that needs
no function that a processor may round in its own way; the functions that it may are evaluated in float64 and rounded.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode

from tasks.errors import Refused

BITS = 24  # a float32 holds them exactly
SMALL = 0.1  # a constant below this keeps a branch of a network quiet,
TINY = 1e-4  # and so do values that are all below this
EMBEDDING_STD = 0.02
GAINS = ("weight", "gamma", "scale", "gain", "alpha", "ls", "lambda")
ROUNDED: tuple[str, ...] = (
    "sin",
    "cos",
    "exp",
    "log",
    "pow",
    "tanh",
    "sigmoid",
    "softmax",
    "linspace",
    "norm_except_dim",
)
ROUNDED += ("linalg_vector_norm", "linalg_qr")


class Seeded(TorchDispatchMode):
    """Within it, whatever torch draws comes from ``seed``. Raises Refused on a draw that it does not know."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.source = np.random.PCG64(seed)

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """What torch calls for every operator."""
        name = function.overloadpacket.__name__
        if draw := DRAWS.get(name):
            return draw(self, *args, **(kwargs or {}))
        if torch.Tag.nondeterministic_seeded in function.tags:
            raise Refused(f"This model draws its weights with torch's {name}, which the zoo cannot seed.")
        if name in ROUNDED:
            return _rounded(function, args, kwargs or {})
        return function(*args, **(kwargs or {}))

    def symmetric(self, shape: Any) -> Any:
        """float32 of this shape, uniform within ±1: odd multiples of 2^-24."""
        raw = self.source.random_raw(math.prod(shape)) >> np.uint64(64 - BITS)
        odd = 2 * raw.astype(np.int64) + 1 - (1 << BITS)
        return torch.from_numpy((odd.astype(np.float32) * np.float32(2.0**-BITS)).reshape(tuple(shape)))

    def spread(self, shape: Any, middle: float, width: float) -> Any:
        """float32 of this shape, uniform within ``middle`` ± ``width``: two IEEE operations a value."""
        return self.symmetric(shape) * width + middle


def _normal_(seeded: Seeded, tensor: Any, mean: float = 0.0, std: float = 1.0, **_: Any) -> Any:
    return tensor.copy_(seeded.spread(tensor.shape, mean, math.sqrt(3.0) * std))


def _uniform_(seeded: Seeded, tensor: Any, low: float = 0.0, high: float = 1.0, **_: Any) -> Any:
    return tensor.copy_(seeded.spread(tensor.shape, (low + high) / 2, (high - low) / 2))


def _erfinv_(_: Seeded, tensor: Any) -> Any:
    """How a truncated normal distribution is drawn: uniform values through here, then times σ·√2."""
    return tensor.mul_(math.sqrt(1.5))


def _rand(seeded: Seeded, size: Any, *_: Any, dtype: Any = None, **__: Any) -> Any:
    return seeded.spread(size, 0.5, 0.5).to(dtype or torch.float32)


def _randn(seeded: Seeded, size: Any, *_: Any, dtype: Any = None, **__: Any) -> Any:
    return seeded.spread(size, 0.0, math.sqrt(3.0)).to(dtype or torch.float32)


DRAWS: dict[str, Callable[..., Any]] = {
    "normal_": _normal_,
    "uniform_": _uniform_,
    "erfinv_": _erfinv_,
    "rand": _rand,
    "randn": _randn,
}


def _rounded(function: Any, args: Any, kwargs: Any) -> Any:
    single, double = torch.float32, torch.float64

    def cast(value: Any, of: Any, to: Any) -> Any:
        return value.to(to) if isinstance(value, torch.Tensor) and value.dtype is of else value

    if function.overloadpacket.__name__ == "linspace" and kwargs.get("dtype") in (None, single):
        kwargs = {**kwargs, "dtype": double}
    args, kwargs = pytree.tree_map(lambda value: cast(value, single, double), (args, kwargs))
    return pytree.tree_map(lambda value: cast(value, double, single), function(*args, **kwargs))


def awaken(module: Any, seeded: Seeded) -> None:
    """Give every parameter that a library leaves (nearly) zero a value, so that each branch reaches the output.

    Gains and scales of layers become 1; matrices, tokens, and tables are drawn; biases of zero stay.
    """
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if _quiet(name, parameter):
                parameter.copy_(_awake(name.rpartition(".")[2], parameter, seeded))


def _quiet(name: str, parameter: Any) -> bool:
    if not parameter.is_floating_point() or not parameter.numel():
        return False
    wide = sum(size > 1 for size in parameter.shape) > 1
    low, high = float(parameter.min()), float(parameter.max())
    quiet = abs(low) < SMALL if low == high else max(abs(low), abs(high)) < TINY
    return quiet and (wide or "bias" not in name.rpartition(".")[2])


def _awake(leaf: str, parameter: Any, seeded: Seeded) -> Any:
    wide = sum(size > 1 for size in parameter.shape) > 1
    if wide and leaf.endswith("weight"):
        return seeded.spread(parameter.shape, 0.0, math.sqrt(3.0 / math.prod(parameter.shape[1:])))
    if not wide and any(word in leaf for word in GAINS):
        return torch.ones_like(parameter)
    return seeded.spread(parameter.shape, 0.0, math.sqrt(3.0) * EMBEDDING_STD)
