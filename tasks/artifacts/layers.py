"""A network as a table of layers: operator, inputs, output, attributes, parameters by name and shape.

The one description that every emitter reads (ONNX here, a training framework in its own process).
Knows no framework and holds no weights.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

Shape = tuple[int, ...]

# What an emitter has to know: the operators, the roles of their parameters in order, their attributes.
OPERATORS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "conv": (("weight",), ("kernel", "stride", "padding")),
    "batch_norm": (("weight", "bias", "running_mean", "running_var"), ("epsilon",)),
    "relu": ((), ()),
    "max_pool": ((), ("kernel", "stride", "padding")),
    "add": ((), ()),
    "global_average_pool": ((), ()),
    "flatten": ((), ()),
    "linear": (("weight", "bias"), ()),
}
STATISTICS = ("running_mean", "running_var")


@dataclass(frozen=True)
class Layer:
    """One operator. ``name`` is also the prefix of its parameters: «conv1» owns «conv1.weight»."""

    op: str
    name: str
    inputs: tuple[str, ...]
    output: str
    attributes: Mapping[str, float] = field(default_factory=dict)
    shapes: tuple[Shape, ...] = ()

    @property
    def parameters(self) -> dict[str, Shape]:
        """Full parameter name → shape, in the order of the operator's roles."""
        roles, _ = OPERATORS[self.op]
        return {f"{self.name}.{role}": shape for role, shape in zip(roles, self.shapes, strict=True)}


@dataclass(frozen=True)
class Network:
    """Layers in an order in which they can run; ``input_shape`` is (channels, height, width)."""

    name: str
    input_shape: Shape
    classes: int
    layers: tuple[Layer, ...]

    def parameters(self) -> dict[str, Shape]:
        """Every parameter with its shape, in table order."""
        return {name: shape for layer in self.layers for name, shape in layer.parameters.items()}

    def size(self) -> int:
        """Number of learned values: the statistics of batch normalisation are not learned."""
        return sum(math.prod(s) for n, s in self.parameters().items() if not n.endswith(STATISTICS))


class Chain:
    """Writes a table layer by layer; ``at`` is the value that the next layer reads, ``channels`` its width."""

    def __init__(self, channels: int, at: str = "input") -> None:
        self.layers: list[Layer] = []
        self.at = at
        self.channels = channels

    def put(self, op: str, name: str, *shapes: Shape, inputs: tuple[str, ...] = (), **attributes: float) -> None:
        """Append one layer that reads ``inputs``, or what the last layer wrote."""
        self.layers.append(Layer(op, name, inputs or (self.at,), name, attributes, shapes))
        self.at = name

    def conv_norm(self, conv: str, norm: str, width: int, kernel: int, stride: int = 1) -> None:
        """A convolution without bias, padded to keep the size, and its batch normalisation."""
        shape = (width, self.channels, kernel, kernel)
        self.put("conv", conv, shape, kernel=kernel, stride=stride, padding=kernel // 2)
        self.put("batch_norm", norm, *[(width,)] * 4, epsilon=1e-5)
        self.channels = width

    def classify(self, name: str, classes: int) -> None:
        """Average over the picture, then the last layer; its output is the network's: «logits»."""
        self.put("global_average_pool", "avgpool")
        self.put("flatten", "flatten")
        self.put("linear", name, (classes, self.channels), (classes,))
        self.layers[-1] = replace(self.layers[-1], output="logits")
