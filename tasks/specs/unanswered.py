"""«???» in a model's manifest: what only its user knows, and what speed does not depend on.

In: the manifest as plain data. Out: which fields are still open; and the same manifest for synthetic inputs, on which
nothing of this is used.
"""

from typing import Any

OPEN = "???"
NEUTRAL: dict[str, Any] = {"modality": "other", "preprocess": [], "postprocess": [], "heads": {}}
OF_TENSORS = {"inputs": {"color": "none"}, "outputs": {"meaning": "values"}}


def unanswered(model: dict[str, Any]) -> list[str]:
    """The fields that are «???» and may be, as a user would write them: «heads», «inputs.0.color»."""
    found = [name for name in NEUTRAL if model.get(name) == OPEN]
    for kind, neutral in OF_TENSORS.items():
        for place, tensor in enumerate(_tensors(model, kind)):
            found += [f"{kind}.{place}.{name}" for name in neutral if tensor.get(name) == OPEN]
    return found


def neutral(model: dict[str, Any]) -> dict[str, Any]:
    """The manifest with something that synthetic inputs never meet in place of every open field."""
    closed = {name: NEUTRAL[name] if value == OPEN and name in NEUTRAL else value for name, value in model.items()}
    for kind, values in OF_TENSORS.items():
        if _tensors(model, kind):
            closed[kind] = [_closed(tensor, values) for tensor in model[kind]]
    if OPEN in (model.get("preprocess"), model.get("postprocess")):
        closed["modality"] = NEUTRAL["modality"]  # a modality says what the steps are for
    return closed


def _closed(tensor: Any, values: dict[str, str]) -> Any:
    if not isinstance(tensor, dict):
        return tensor
    return {name: values[name] if value == OPEN and name in values else value for name, value in tensor.items()}


def _tensors(model: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    tensors = model.get(kind)
    return [t if isinstance(t, dict) else {} for t in tensors] if isinstance(tensors, list) else []
