"""Runs a layer table with torch, for the stages that train or calibrate.

Batch normalisation in training mode keeps the statistics of the batch in the running parameters.
"""

from collections.abc import Mapping, Sequence

from torch import Tensor
from torch.nn import functional

from tasks.artifacts.layers import Layer, Network

Parameters = Mapping[str, Tensor]


def forward(
    network: Network, parameters: Parameters, pictures: Tensor, *, momentum: float | None = None, until: str = "logits"
) -> Tensor:
    """The value ``until``; with ``momentum`` in training mode, where 1.0 takes over the statistics of this batch."""
    values = {"input": pictures}
    for layer in network.layers:
        own = [parameters[name] for name in layer.parameters if name in parameters]
        values[layer.output] = _run(layer, [values[name] for name in layer.inputs], own, momentum)
        if layer.output == until:
            break
    return values[until]


def _run(layer: Layer, inputs: Sequence[Tensor], own: Sequence[Tensor], momentum: float | None) -> Tensor:
    value, attributes = inputs[0], layer.attributes
    match layer.op:
        case "conv":
            return functional.conv2d(value, own[0], None, int(attributes["stride"]), int(attributes["padding"]))
        case "batch_norm":
            weight, bias, mean, variance = own
            training = momentum is not None
            epsilon = attributes["epsilon"]
            return functional.batch_norm(value, mean, variance, weight, bias, training, momentum or 0.0, epsilon)
        case "max_pool":
            return functional.max_pool2d(value, *(int(attributes[key]) for key in ("kernel", "stride", "padding")))
        case "relu":
            return functional.relu(value)
        case "add":
            return value + inputs[1]
        case "global_average_pool":
            return value.mean((2, 3), keepdim=True)
        case "flatten":
            return value.flatten(1)
        case "linear":
            return functional.linear(value, own[0], own[1])
    raise ValueError(f"{layer.name}: torch does not run the operator {layer.op}")
