"""torchvision beside a torch for CPUs: a wheel that was compiled against CUDA does not load its operators there.

Importing torchvision then fails, for `torchvision::nms` does not exist. Here it gets a schema, and nothing that runs:
the zoo exports what a network answers, before boxes are suppressed. Import this before torchvision or what imports it.
"""

import importlib.util
from pathlib import Path

import torch

OPERATOR = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
LIBRARY = torch.library.Library("torchvision", "FRAGMENT")


def _loads() -> bool:
    """Whether the compiled part is there and finds what it was linked against."""
    found = importlib.util.find_spec("torchvision")
    for compiled in Path(found.origin).parent.glob("_C*.so") if found and found.origin else ():
        try:
            torch.ops.load_library(compiled)
        except OSError:
            return False
        return True
    return False


if not _loads():
    for _name in ("nms", "qnms"):
        LIBRARY.define(f"{_name}{OPERATOR}")
