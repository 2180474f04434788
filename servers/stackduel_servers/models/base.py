"""The interface of every model, in three steps: prepare (pre), infer, finish (post)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from stackduel_servers.models.catalog import Card, Picture, Sound, Takes, Text

Array = NDArray[Any]
DecodedInput = NDArray[np.float32] | NDArray[np.uint8] | str
Features = tuple[Array, ...]
ModelOutputs = Mapping[str, NDArray[np.float32]]


class Model(Protocol):
    """A loaded model; any number of threads may call it at once."""

    @property
    def card(self) -> Card:
        """Return the model's card: its name, its input and its outputs."""

    def prepare(self, given: DecodedInput) -> Features:
        """Turn one item's samples, pixels, text or tensor into the runtime's input.

        Raises ValueError for input outside the card's bounds.
        """

    def infer(self, batch: Sequence[Features]) -> list[Features]:
        """Return each item's raw outputs, in order: one call of the runtime for all items if shapes allow it."""

    def finish(self, raw: Features) -> ModelOutputs:
        """Return one item's outputs by name."""


def sound(given: DecodedInput, takes: Takes) -> NDArray[np.float32]:
    """Check the number of samples and return them as float32; raises ValueError."""
    if not isinstance(takes, Sound):
        raise TypeError("this model takes no sound")
    if isinstance(given, str) or given.ndim != 1 or not takes.least <= len(given) <= takes.most:
        bounds = f"{takes.least}" if takes.least == takes.most else f"{takes.least} to {takes.most}"
        raise ValueError(f"the sound must have {bounds} samples of one channel")
    return np.ascontiguousarray(given, dtype=np.float32)


def pixels(given: DecodedInput, takes: Takes) -> NDArray[np.uint8]:
    """Check the picture's size and return its pixels, [height, width, 3]; raises ValueError."""
    if not isinstance(takes, Picture):
        raise TypeError("this model takes no picture")
    if isinstance(given, str) or given.ndim != 3 or given.shape[2] != 3 or given.dtype != np.uint8:
        raise ValueError("the picture must be RGB with 8 bits a colour")
    if not all(takes.least_side <= side <= takes.most_side for side in given.shape[:2]):
        raise ValueError(f"the picture's sides must be {takes.least_side} to {takes.most_side} pixels")
    return np.ascontiguousarray(given, dtype=np.uint8)


def text(given: DecodedInput, takes: Takes) -> str:
    """Check the text's length and return it; raises ValueError."""
    if not isinstance(takes, Text):
        raise TypeError("this model takes no text")
    if not isinstance(given, str) or not 1 <= len(given) <= takes.most_chars:
        raise ValueError(f"the text must have 1 to {takes.most_chars} characters")
    return given
