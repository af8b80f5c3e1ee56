"""What a detector of centres is wanted to answer to drawn scenes, as maps of cells; `centre_boxes` reads such answers.

In: scenes, and whether they are mirrored. Out: heat (n, shapes, cells, cells), boxes (n, 4, cells, cells), and where
those count (n, 1, cells, cells), as Zhou et al., arXiv 1904.07850, §3, but that the cells around a centre count too.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tasks.artifacts.scenes import SHAPES, SIDE, Scene

STRIDE = 4  # pixels of a cell
CELLS = SIDE // STRIDE
NARROW = 8  # sizes of a box in standard deviations of its heat

Maps = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]


def maps_of(scenes: Sequence[Scene], mirrored: bool) -> Maps:
    """A box is its centre less the cell's corner, and the logarithm of its size, in cells. Heat is 1 at a centre."""
    heat = np.zeros((len(scenes), len(SHAPES), CELLS, CELLS), np.float32)
    boxes = np.zeros((len(scenes), 4, CELLS, CELLS), np.float32)
    counts = np.zeros((len(scenes), 1, CELLS, CELLS), bool)
    rows, columns = np.mgrid[0:CELLS, 0:CELLS]
    for n, one in enumerate(scenes):
        for kind, left, top, right, bottom in one.boxes:
            left, right = (SIDE - right, SIDE - left) if mirrored else (left, right)
            width, height = (right - left) / STRIDE, (bottom - top) / STRIDE
            x, y = (left + right) / 2 / STRIDE, (top + bottom) / 2 / STRIDE
            column, row = int(x), int(y)
            spread = max(width, height) / NARROW
            near = np.exp(-((columns - column) ** 2 + (rows - row) ** 2) / (2 * spread**2))
            heat[n, kind] = np.maximum(heat[n, kind], near)
            at = (abs(columns - column) <= 1) & (abs(rows - row) <= 1)
            box = (x - columns, y - rows, np.log(width) + 0 * rows, np.log(height) + 0 * rows)
            boxes[n][:, at], counts[n, 0][at] = np.stack(box)[:, at], True
    return heat, boxes, counts
