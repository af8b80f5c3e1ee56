"""Small networks of our own, for what no library has: `tasks/artifacts/zoo/own`, one file a field.

``entry`` is field.class, such as recommendation.Dlrm; ``arguments`` are the class's.
"""

from collections.abc import Mapping
from typing import Any

import torch

from tasks import plugins
from tasks.errors import Refused

FIELDS = "tasks.artifacts.zoo.own"


def make(entry: str, arguments: Mapping[str, Any]) -> Any:
    """A module. Raises Refused with the classes that there are."""
    field, _, name = entry.partition(".")
    module = plugins.load(FIELDS, field)
    known = [
        n for n, kind in vars(module).items() if getattr(kind, "__module__", "") == module.__name__ and n[0].isupper()
    ]
    if name not in known:
        raise Refused(plugins.unknown(field, name, sorted(known)))
    network = getattr(module, name)(**arguments)
    network.apply(_he)
    return network


def _he(layer: Any) -> None:
    """He et al., arXiv 1502.01852: torch's own scale shrinks what goes through several layers."""
    if isinstance(layer, (torch.nn.Linear, torch.nn.modules.conv._ConvNd)):
        torch.nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
