"""What every model can do, in three steps: prepare (pre), infer, finish (post)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from servers.models.catalog import Card

Array = NDArray[Any]
Given = NDArray[np.float32] | NDArray[np.uint8] | str
Features = tuple[Array, ...]
Outputs = Mapping[str, NDArray[np.float32]]


class Model(Protocol):
    """A loaded model; any number of threads may call it at once."""

    @property
    def card(self) -> Card:
        """What it is and what it takes."""

    def prepare(self, given: Given) -> Features:
        """One item's input as the runtime takes it: from samples, pixels, a text or a tensor within the card's bounds.

        Raises ValueError for what is out of them.
        """

    def infer(self, batch: Sequence[Features]) -> list[Features]:
        """Each item's raw outputs, in order: one call of the runtime for all where their shapes allow it."""

    def finish(self, raw: Features) -> Outputs:
        """One item's outputs by name."""


def sound(given: Given, least: int, most: int) -> NDArray[np.float32]:
    """Samples of an allowed number; raises ValueError."""
    if isinstance(given, str) or given.ndim != 1 or not least <= len(given) <= most:
        bounds = f"{least} samples" if least == most else f"{least} to {most} samples"
        raise ValueError(f"the sound must have {bounds} of one channel")
    return np.ascontiguousarray(given, dtype=np.float32)
