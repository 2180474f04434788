"""The result of one request, the same wherever the model ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Outputs = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class InferenceResult:
    """The outputs of a request and the time of each step. In a batch, ``infer_s`` is the time of the whole batch."""

    outputs: Outputs
    pre_s: float
    infer_s: float
    post_s: float

    def spans(self, queue_s: float) -> tuple[tuple[str, float], ...]:
        """Return the request's spans in seconds, in the order in which they happened."""
        return ("pre", self.pre_s), ("queue", max(0.0, queue_s)), ("infer", self.infer_s), ("post", self.post_s)
