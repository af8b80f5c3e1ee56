"""An order becomes a module: made by its library with seeded weights, awake, with what was fitted, for evaluation."""

import json
from typing import Any

from tasks import plugins
from tasks.artifacts.zoo.export import first_line
from tasks.artifacts.zoo.fitted import put
from tasks.artifacts.zoo.order import Order
from tasks.artifacts.zoo.seeded import Seeded, awaken
from tasks.errors import Refused

LIBRARIES = "tasks.artifacts.zoo.libraries"


def made(order: Order, fitted: bool = True) -> Any:
    """The module on the CPU in float32; ``fitted=False`` leaves out what calibration has yet to find."""
    library = plugins.load(LIBRARIES, order.library)
    seeded = Seeded(order.seed)
    try:
        with seeded:
            module = library.make(order.entry, json.loads(json.dumps(dict(order.arguments)))).eval()
        awaken(module, seeded)
    except Refused:
        raise
    except Exception as error:
        raise Refused(f"{order.library} makes no {order.entry}: {first_line(error)}") from error
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    if fitted:
        put(order, module)
    return module
