"""An order becomes a module for evaluation: by its library, seeded, awake, and fitted; or with weights from files."""

import json
from pathlib import Path
from typing import Any

from tasks import plugins
from tasks.artifacts.files import matches
from tasks.artifacts.zoo.export import first_line
from tasks.artifacts.zoo.fitted import put
from tasks.artifacts.zoo.order import Order
from tasks.artifacts.zoo.pretrained import put_in
from tasks.artifacts.zoo.seeded import Seeded, awaken
from tasks.errors import Refused

LIBRARIES = "tasks.artifacts.zoo.libraries"


def made(order: Order, fitted: bool = True) -> Any:
    """The module on the CPU in float32; ``fitted=False`` leaves out what calibration has yet to find."""
    try:
        module = _with_weights(order) if order.weights else _seeded(order)
    except Refused:
        raise
    except Exception as error:
        raise Refused(f"{order.library} makes no {order.entry}: {first_line(error)}") from error
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    if order.pretrained:
        put_in(order, module, Path(order.pretrained))
    elif fitted:
        put(order, module)
    return module


def _seeded(order: Order) -> Any:
    seeded = Seeded(order.seed)
    with seeded:
        module = plugins.load(LIBRARIES, order.library).make(order.entry, _arguments(order)).eval()
    awaken(module, seeded)
    return module


def _with_weights(order: Order) -> Any:
    """From files, each of which has the bytes that were promised, and whose tensors are data."""
    folder = Path(str(order.folder))
    for name, sha256 in order.weights.items():
        if not matches(folder / name, sha256):
            raise Refused(f"{folder / name} is missing, or not what the manifest of {order.name} says. Add it again.")
    library = plugins.load(LIBRARIES, order.library)
    if not hasattr(library, "trained"):
        raise Refused(f"{order.library} takes no weights from files; transformers does.")
    return library.trained(order.entry, _arguments(order), folder).eval()


def _arguments(order: Order) -> dict[str, Any]:
    """A copy of their own, for libraries change what they are given."""
    copied: dict[str, Any] = json.loads(json.dumps(dict(order.arguments)))
    return copied
