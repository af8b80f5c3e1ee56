"""What a model of the zoo has to answer: its module in float64, on the synthetic samples 0 and 1 of seed 0.

In go a module, the order, and files; out come the reference, what one sample costs, or Refused where the reference
says nothing or a file answers something else.
"""

import copy
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save
from torch.utils.flop_counter import FlopCounterMode

from tasks.artifacts.files import written
from tasks.artifacts.zoo.export import first_line
from tasks.artifacts.zoo.order import Order
from tasks.errors import Refused
from tasks.processing.synthetic import synthetic

SEED, SAMPLES = 0, 2
KEPT = 2048  # elements of an output at most
LEAST_STD = 1e-4
TOLERANCE = 1e-3  # of the standard deviation of an output
Outputs = Mapping[str, NDArray[np.float64]]


@contextmanager
def answering(order: Order, what: str) -> Iterator[None]:
    """Whatever a runtime raises is Refused with its first sentence."""
    try:
        yield
    except Exception as error:
        raise Refused(f"{order.name} does not run in {what}: {first_line(error)}") from error


def batch_of(order: Order) -> list[NDArray[Any]]:
    """An array for each input: the synthetic samples, stacked."""
    samples = [synthetic([dict(tensor) for tensor in order.inputs], SEED, index) for index in range(SAMPLES)]
    return [np.stack(arrays) for arrays in zip(*samples, strict=True)]


def in_double(order: Order, module: Any, batch: Sequence[NDArray[Any]]) -> tuple[Outputs, int]:
    """name → output of the whole batch in float64, and the multiply-accumulates of one sample.

    The latter are those of torch's own count (matrix products and convolutions). Raises Refused where an output is
    missing, not finite, or (nearly) constant.
    """
    inputs = [torch.from_numpy(a.astype(np.float64) if a.dtype.kind == "f" else a) for a in batch]
    with torch.no_grad(), FlopCounterMode(display=False) as counter, answering(order, "torch in float64"):
        answers = copy.deepcopy(module).double()(*inputs)
    outputs = named(order, answers)
    for name, values in outputs.items():
        _require_sense(order, name, values)
    return outputs, counter.get_total_flops() // 2 // SAMPLES


def named(order: Order, answers: Any) -> dict[str, NDArray[np.float64]]:
    """name → answer in float64. Raises Refused where there are more or fewer than the order says."""
    if not isinstance(answers, (tuple, list)) or len(answers) != len(order.outputs):
        count = len(answers) if isinstance(answers, (tuple, list)) else 1
        raise Refused(f"{order.name} has {count} outputs, its manifest names {len(order.outputs)}.")
    arrays = [np.asarray(answer.detach() if isinstance(answer, torch.Tensor) else answer) for answer in answers]
    return {str(tensor["name"]): a.astype(np.float64) for tensor, a in zip(order.outputs, arrays, strict=True)}


def _require_sense(order: Order, name: str, values: NDArray[np.float64]) -> None:
    if not np.isfinite(values).all():
        raise Refused(f"{order.name}: its output {name} is not finite in float64, so nothing can be compared with it.")
    if (std := float(values.std())) < LEAST_STD:
        raise Refused(
            f"{order.name}: its output {name} varies by {std:.1e}, less than {LEAST_STD:g}: an answer that fits proves "
            "nothing. Give the weights another scale."
        )


def require_equal(order: Order, what: str, answers: Any, expected: Outputs) -> float:
    """The largest difference, as a share of an output's standard deviation. Raises Refused beyond the tolerance."""
    worst = 0.0
    for name, values in named(order, answers).items():
        if values.shape != expected[name].shape:
            raise Refused(f"{order.name}: {what} gives {name} the shape {values.shape}, torch {expected[name].shape}.")
        share = float(np.abs(values - expected[name]).max()) / float(expected[name].std())
        if not share <= TOLERANCE:
            raise Refused(
                f"{order.name}: {what} answers {share:.1e} of a standard deviation away from float64 in {name}; "
                f"{TOLERANCE:g} is allowed."
            )
        worst = max(worst, share)
    return worst


def write_reference(order: Order, expected: Outputs, path: Path) -> None:
    """For each output «name»: name.index (positions in the flattened batch), name.values, name.shape, name.std."""
    arrays: dict[str, NDArray[Any]] = {}
    for place, (name, values) in enumerate(expected.items()):
        raw = np.random.PCG64([SEED, place]).random_raw(KEPT)
        index = np.unique(raw % np.uint64(values.size)).astype(np.int64)
        arrays[f"{name}.index"] = index
        arrays[f"{name}.values"] = values.reshape(-1)[index]
        arrays[f"{name}.shape"] = np.array(values.shape, np.int64)
        arrays[f"{name}.std"] = np.array([values.std()])
    written(path, save(arrays))


def facts(module: Any, expected: Outputs, macs: int) -> dict[str, Any]:
    """What is worth knowing of a model before anybody runs it; shapes are those of one sample."""
    return {
        "parameters": sum(math.prod(p.shape) for p in module.parameters()),
        "macs": macs,
        "outputs": {
            name: {"shape": ["batch", *values.shape[1:]], "std": float(values.std())}
            for name, values in expected.items()
        },
    }


def answers_of_onnx(path: Path, order: Order, batch: Sequence[NDArray[Any]]) -> Any:
    """What onnxruntime answers, in float32 on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    feed = {str(tensor["name"]): array for tensor, array in zip(order.inputs, batch, strict=True)}
    wanted = {value.name for value in session.get_inputs()}
    return session.run(
        [str(tensor["name"]) for tensor in order.outputs], {n: a for n, a in feed.items() if n in wanted}
    )


def answers_of_pt2(path: Path, batch: Sequence[NDArray[Any]]) -> Any:
    """What torch answers from the file, in float32."""
    run: Callable[..., Any] = torch.export.load(path).module()
    with torch.no_grad():
        return run(*(torch.from_numpy(array) for array in batch))
