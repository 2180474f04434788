"""What a model gave for one request, wherever it ran."""

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
    """A request's outputs, and where the time went. A batch's ``infer_s`` is that of each request in it."""

    outputs: Outputs
    pre_s: float
    infer_s: float
    post_s: float

    def spans(self, queue_s: float) -> tuple[tuple[str, float], ...]:
        """The request's spans in seconds, in the order in which they happened."""
        return ("pre", self.pre_s), ("queue", max(0.0, queue_s)), ("infer", self.infer_s), ("post", self.post_s)
