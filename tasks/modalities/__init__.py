"""What models of one kind are about, one modality a file: what is true of a sample, and how an answer is judged by it.

A file here with a class `Modality` (see `base.py`) is found by its name, which is the manifests' ``modality``. What it
leaves is raw, one row a sample; the numbers made of it are metrics (`tasks/metrics`). Lean: standard library and numpy,
Python 3.9; Pillow is imported where it is used.
"""

from __future__ import annotations

from typing import Any

from tasks import plugins
from tasks.modalities.base import Base, Batch, Column

__all__ = ["Base", "Batch", "Column", "judge_of", "unjudged"]

PACKAGE = "tasks.modalities"


def judge_of(modality: str) -> Base | None:
    """The judge of a modality, or None where there is no file for it yet."""
    if modality not in plugins.names(PACKAGE):
        return None
    found: Any = plugins.load(PACKAGE, modality).Modality
    judge: Base = found()
    return judge


def unjudged(modality: str) -> str:
    """Why a model of this modality is not judged."""
    return f"modality {modality} has no judge"
