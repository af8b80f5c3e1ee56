"""How a downloaded file becomes a model: one function per recipe, (download, model), which writes the model.

A recipe's name stands in the manifest; a new one is a function here with a line in RECIPES.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from tasks.artifacts.networks.resnet50 import resnet50
from tasks.artifacts.onnx_writer import write_onnx
from tasks.errors import Refused

Recipe = Callable[[Path, Path], None]


def resnet50_from_safetensors(source: Path, model: Path) -> None:
    """ResNet-50 weights under torchvision's names → ONNX from our layer table; the classes are counted in «fc.bias»."""
    try:
        arrays = load_file(source)
    except SafetensorError as error:
        raise Refused(f"{source} is not a safetensors file: {error}") from error
    if "fc.bias" not in arrays:
        raise Refused(f"{source} has no parameter fc.bias: these are not the weights of a ResNet-50.")
    if wrong := sorted(name for name, array in arrays.items() if array.dtype != np.float32 and array.ndim > 0):
        raise Refused(f"{source}: {', '.join(wrong[:5])} are not float32.")
    write_onnx(resnet50(classes=len(arrays["fc.bias"])), arrays, model)


RECIPES: Mapping[str, Recipe] = {"resnet50_from_safetensors": resnet50_from_safetensors}


def recipe_named(name: str) -> Recipe:
    """Raises Refused with the known names."""
    if name not in RECIPES:
        raise Refused(f"There is no recipe «{name}»; known: {', '.join(sorted(RECIPES))}.")
    return RECIPES[name]
