"""Public weights into an architecture: a file of tensors, and nothing else, whose names and shapes are the module's.

In: a file (safetensors, or a state dict as torch.save writes it) and a module. Nothing of the file is executed: torch
reads it with weights_only=True, which refuses whatever is no tensor or plain container.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from tasks.artifacts.zoo.export import first_line
from tasks.artifacts.zoo.order import Order
from tasks.errors import Refused

OF_TORCH = (b"PK", b"\x80")  # a ZIP, or a pickle of torch before 1.6
COUNTED = "num_batches_tracked"  # of a normalisation; old files lack it, and nothing reads it here
SHOWN = 5


def put_in(order: Order, module: Any, path: Path) -> None:
    """Copy every tensor into the module. Raises Refused with what is missing, too much, or of another shape."""
    inner = getattr(module, "model", module)  # as the library has it; around it is what makes a tuple
    found, state = _tensors(path), inner.state_dict()
    wrong = [*_missing(found, state), *(f"{name} is not in the model" for name in found if name not in state)]
    wrong += [
        f"{name} has shape {list(tensor.shape)}, the model's {list(state[name].shape)}"
        for name, tensor in found.items()
        if name in state and tensor.shape != state[name].shape
    ]
    if wrong:
        more = f"; {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise Refused(f"{path.name} has not the weights of {order.entry}: {'; '.join(wrong[:SHOWN])}{more}.")
    state.update({name: tensor.to(state[name].dtype) for name, tensor in found.items()})
    inner.load_state_dict(state)  # with the versions of its parts, which some ask for


def _missing(found: Mapping[str, Any], state: Mapping[str, Any]) -> list[str]:
    """Without those that share their memory with one that is there."""
    there = {state[name].data_ptr() for name in found if name in state}
    return [
        f"{name} is missing"
        for name, tensor in state.items()
        if name not in found and not name.endswith(COUNTED) and tensor.data_ptr() not in there
    ]


def _tensors(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        start = file.read(2)
    try:
        found = (
            torch.load(path, map_location="cpu", weights_only=True) if start.startswith(OF_TORCH) else load_file(path)
        )
    except Exception as error:
        if "weights_only" in str(error) or "Unsupported" in str(error):
            raise Refused(
                f"{path.name} holds something else than tensors, which could run code, and is not opened."
            ) from None
        raise Refused(f"{path.name} is no file of weights that can be read: {first_line(error)}") from None
    while isinstance(found, dict) and len(found) == 1 and isinstance(inside := next(iter(found.values())), dict):
        found = inside  # {"state_dict": …}
    if not isinstance(found, dict) or not all(isinstance(tensor, torch.Tensor) for tensor in found.values()):
        raise Refused(f"{path.name} is no state dict: it has to hold names and tensors.")
    return dict(found)
