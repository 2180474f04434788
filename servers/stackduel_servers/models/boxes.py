"""Boxes of a face detector: keep the best, correct them, make them square.

A box is [left, top, right, bottom] in pixels, both ends included, as MTCNN counts.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Over = Literal["union", "smaller"]


def keep_best(boxes: FloatArray, scores: FloatArray, most_overlap: float, over: Over) -> NDArray[np.intp]:
    """Return the indices of the boxes kept by non-maximum suppression, best first.

    A box is dropped if it overlaps a better one by more than ``most_overlap``: the shared area, divided by the area of
    the union or of the smaller box.
    """
    areas = (boxes[:, 2] - boxes[:, 0] + 1) * (boxes[:, 3] - boxes[:, 1] + 1)
    rest = np.argsort(-scores, kind="stable")
    kept = []
    while len(rest):
        best, rest = rest[0], rest[1:]
        kept.append(best)
        low = np.maximum(boxes[best, :2], boxes[rest, :2])
        high = np.minimum(boxes[best, 2:], boxes[rest, 2:])
        shared = np.prod(np.maximum(0, high - low + 1), axis=1)
        whole = areas[best] + areas[rest] - shared if over == "union" else np.minimum(areas[best], areas[rest])
        rest = rest[shared <= most_overlap * whole]
    return np.array(kept, dtype=np.intp)


def corrected(boxes: FloatArray, corrections: FloatArray) -> FloatArray:
    """Return the boxes moved by a network's corrections, which are fractions of each box's width and height."""
    size = boxes[:, 2:] - boxes[:, :2] + 1
    moved: FloatArray = boxes + corrections * np.tile(size, 2)
    return moved


def square(boxes: FloatArray) -> FloatArray:
    """Return square boxes with the same centres, as long as the longer side."""
    size = boxes[:, 2:] - boxes[:, :2]
    longest = size.max(axis=1, keepdims=True)
    corner = boxes[:, :2] + (size - longest) / 2
    return np.hstack([corner, corner + longest])
