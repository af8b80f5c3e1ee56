"""From a matplotlib figure to inline SVG that takes its colours from the page, so that light and dark both work.

Colours are drawn as placeholders and replaced by CSS variables; text stays text. No pyplot, no global state.
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, MUTED, LINE = "#010101", "#020202", "#030303"
SERIES = ("#0a0001", "#0a0002", "#0a0003", "#0a0004", "#0a0005")
VARIABLES = {INK: "var(--ink)", MUTED: "var(--muted)", LINE: "var(--line)"} | {
    color: f"var(--series-{i})" for i, color in enumerate(SERIES, 1)
}
WIDTH_IN = 4.8  # shown 350 px wide on a phone: its letters are still read
STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "touchstone",
    "font.family": "sans-serif",
    "font.size": 9.5,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "axes.grid": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "legend.frameon": False,
    "legend.fontsize": 9,
}


LOCK = Lock()  # matplotlib's settings belong to the whole process, and reports of a sweep are drawn in threads


@dataclass(frozen=True)
class Drawing:
    """One figure of the page: its title, its caption, and inline SVG."""

    title: str
    caption: str
    svg: str


@contextmanager
def canvas(height_in: float, rows: int = 1, heights: tuple[float, ...] = (1,)) -> Iterator[tuple[Figure, list[Axes]]]:
    """A figure in the house style with ``rows`` axes that share x; draw and `to_svg` inside the block."""
    with LOCK, matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
        figure.patch.set_alpha(0)
        axes = figure.subplots(rows, 1, sharex=rows > 1, squeeze=False, height_ratios=heights)[:, 0]
        for one in axes:
            one.patch.set_alpha(0)
        yield figure, list(axes)


def to_svg(figure: Figure, name: str, label: str) -> str:
    """An ``<svg>`` element whose ids begin with ``name`` (several share one page), described by ``label``."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    svg = re.sub(r"<metadata>.*?</metadata>", "", buffer.getvalue(), flags=re.DOTALL)
    svg = svg[svg.index("<svg") :]
    head, _, body = svg.partition(">")
    box = re.search(r'viewBox="[^"]*"', head)
    svg = f'<svg {box[0] if box else ""} role="img" aria-label="{label}" xmlns="http://www.w3.org/2000/svg" ' + (
        f'xmlns:xlink="http://www.w3.org/1999/xlink">{body}'
    )
    svg = re.sub(r'( id="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    return re.sub("|".join(VARIABLES), lambda found: VARIABLES[found[0]], svg)
