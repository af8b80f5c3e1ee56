"""What of a model is fitted and not seeded: the statistics of its batch normalisations, and the last layer.

They are computed once by a maintainer (`calibrate.py`), for floating-point sums differ between processors, and are
committed as safetensors; a build only copies them in.
"""

from collections.abc import Mapping
from typing import Any

import torch
from safetensors.torch import load_file

from tasks.artifacts.zoo.order import Order
from tasks.errors import Refused

STATISTICS = ("running_mean", "running_var")


def norms(module: Any) -> dict[str, Any]:
    """name → every batch normalisation that keeps statistics."""
    kind = torch.nn.modules.batchnorm._BatchNorm
    return {n: m for n, m in module.named_modules() if isinstance(m, kind) and m.running_mean is not None}


def heads(module: Any, classes: int) -> dict[str, Any]:
    """name → every last layer: linear, or a convolution of 1 x 1, with ``classes`` outputs.

    Some classifiers have two, and answer with their mean. Raises Refused where there is none.
    """
    layers = {name: layer for name, layer in module.named_modules() if _outputs(layer) == classes}
    if not layers:
        raise Refused(f"The model has no linear layer with {classes} outputs; its arguments have to ask for one.")
    return layers


def _outputs(module: Any) -> int | None:
    if isinstance(module, torch.nn.Linear):
        return int(module.out_features)
    if isinstance(module, torch.nn.Conv2d) and module.kernel_size == (1, 1):
        return int(module.out_channels)
    return None


def put(order: Order, module: Any) -> None:
    """Copy what was fitted for this order into its module. Raises Refused where the file does not fit."""
    wanted = {f"{name}.{which}" for name in norms(module) for which in STATISTICS}
    if order.statistics is None:
        if wanted:
            raise Refused(
                f"{order.name} normalises over batches; fit its statistics: -m tasks.artifacts.zoo.calibrate."
            )
        return
    try:
        found = load_file(order.statistics)
    except Exception as error:
        raise Refused(f"{order.statistics} is not a readable safetensors file: {error}") from None
    _copy(order, found, module.state_dict(), wanted)


def _copy(order: Order, found: Mapping[str, Any], state: Mapping[str, Any], wanted: set[str]) -> None:
    wrong = [f"{name} is missing" for name in sorted(wanted - set(found))]
    wrong += [f"{name} is not in the model" for name in sorted(set(found) - set(state))]
    known = {name: tensor for name, tensor in found.items() if name in state}
    wrong += [f"{n} has shape {tuple(t.shape)}" for n, t in known.items() if t.shape != state[n].shape]
    if wrong:
        raise Refused(f"{order.statistics} was not fitted for {order.name}: {'; '.join(wrong[:5])}.")
    with torch.no_grad():
        for name, tensor in known.items():
            state[name].copy_(tensor)
