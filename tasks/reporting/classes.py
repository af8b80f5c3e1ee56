"""How right the model is, class by class: accuracy with intervals, and the confusion matrix.

In: a `Result`. Out: a `Drawing`, or None where the accuracy process told no classes.
"""

import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle

from tasks.reporting.drawing import INK, LINE, SERIES, Drawing, canvas, to_svg
from tasks.results.measurement import Result
from tasks.statistics import clustered_proportion_interval

MOST_CLASSES = 30


def per_class(result: Result) -> Drawing | None:
    """Accuracy of each class with its 95 % interval; of many classes the least accurate."""
    table = _predictions(result)
    if table is None:
        return None
    labels = result.evaluation.dataset.labels
    right = (table["label"] == table["predicted"]).to_numpy()
    groups = [name or f"sample {i}" for i, name in enumerate(table["group"].astype(str))]
    rows = []
    for label in np.unique(table["label"]):
        at = np.flatnonzero((table["label"] == label).to_numpy())
        interval = clustered_proportion_interval(right[at].tolist(), [groups[i] for i in at])
        rows.append((labels[label], float(right[at].mean()), interval.low, interval.high, len(at)))
    shown = sorted(rows, key=lambda row: row[1])[:MOST_CLASSES]
    with canvas(0.6 + 0.24 * len(shown)) as (figure, (axes,)):
        for y, (_, share, low, high, _) in enumerate(shown):
            axes.plot([100 * low, 100 * high], [y, y], color=SERIES[0], lw=5, alpha=0.28, solid_capstyle="round")
            axes.plot([100 * share], [y], "o", ms=5, color=SERIES[0])
        axes.set(xlim=(0, 101), xlabel="% right", ylim=(-0.6, len(shown) - 0.4))
        axes.set_yticks(range(len(shown)), [f"{name}  ({n})" for name, *_, n in shown])
        axes.grid(visible=False, axis="y")
        svg = to_svg(figure, "per-class", "Accuracy of each class with its interval")
    which = "" if len(shown) == len(rows) else f" The {len(shown)} least accurate of {len(rows)} classes."
    return Drawing("Accuracy per class", f"Bars: 95 % interval. In brackets: samples.{which}", svg)


def confusion(result: Result) -> Drawing | None:
    """Which class is taken for which; left out for more than 30 classes."""
    table = _predictions(result)
    labels = result.evaluation.dataset.labels
    if table is None or len(labels) > MOST_CLASSES:
        return None
    n = len(labels)
    counts = np.zeros((n, n), dtype=int)
    np.add.at(counts, (table["label"].to_numpy(), table["predicted"].to_numpy()), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    with canvas(1.1 + 0.34 * n) as (figure, (axes,)):
        for row, column in np.argwhere(counts):
            color = SERIES[0] if row == column else SERIES[1]
            opacity = 0.08 + 0.72 * float(shares[row, column])
            axes.add_patch(Rectangle((column - 0.48, row - 0.48), 0.96, 0.96, color=color, alpha=opacity, lw=0))
            if n <= 14:
                axes.text(column, row, str(counts[row, column]), ha="center", va="center", fontsize=8.5, color=INK)
        axes.set(xlim=(-0.5, n - 0.5), ylim=(n - 0.5, -0.5), xlabel="predicted", ylabel="label")
        axes.set_xticks(range(n), labels, rotation=40 if n > 4 else 0, ha="right" if n > 4 else "center")
        axes.set_yticks(range(n), labels)
        axes.grid(visible=False)
        axes.spines["bottom"].set_color(LINE)
        svg = to_svg(figure, "confusion", "Confusion matrix: label against prediction")
    return Drawing("Confusion", "Samples of each label (row) by predicted class; the diagonal is right.", svg)


def _predictions(result: Result) -> pd.DataFrame | None:
    """The accuracy process's predictions whose classes exist."""
    process = result.measurement.only("accuracy")
    if process is None or not {"label", "predicted", "group"} <= set(process.predictions):
        return None
    table, n = process.predictions, len(result.evaluation.dataset.labels)
    table = table[table["label"].between(0, n - 1) & table["predicted"].between(0, n - 1)].reset_index(drop=True)
    return table if len(table) else None
