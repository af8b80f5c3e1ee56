"""Texts → classes: one label a text, judged by the best class and the best five."""

from __future__ import annotations

from tasks.modalities._classes import Classes


class Modality(Classes):
    """As `Classes`."""
