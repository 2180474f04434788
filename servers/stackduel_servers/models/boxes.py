"""Boxes of a face detector: which to keep, how to correct them, how to make them square.

A box is [left, top, right, bottom] in pixels, both ends included, as MTCNN counts.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Over = Literal["union", "smaller"]


def keep_best(boxes: FloatArray, scores: FloatArray, most_overlap: float, over: Over) -> NDArray[np.intp]:
    """Non-maximum suppression: the boxes that overlap none better by more than ``most_overlap``, best first.

    The overlap is the shared area as a part of both together, or of the smaller one.
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
    """Boxes moved by what a network says: parts of their own width and height."""
    size = boxes[:, 2:] - boxes[:, :2] + 1
    moved: FloatArray = boxes + corrections * np.tile(size, 2)
    return moved


def square(boxes: FloatArray) -> FloatArray:
    """Boxes of the same middles whose sides are the longer ones."""
    size = boxes[:, 2:] - boxes[:, :2]
    longest = size.max(axis=1, keepdims=True)
    corner = boxes[:, :2] + (size - longest) / 2
    return np.hstack([corner, corner + longest])
