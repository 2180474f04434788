"""The outputs of a model, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Form = Literal["json", "float32", "kserve", "grpc"]


Values = NDArray[np.float64]


Outputs = Mapping[str, Values]


# Absolute for numbers up to 1, and relative beyond that: a float32 has seven digits.
TOLERANCE = 1e-5


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of a right answer by output, in which ``form`` an answer holds them, and how far off they may be."""

    form: Form
    tolerance: float
    outputs: tuple[tuple[str, tuple[float, ...]], ...]

    @staticmethod
    def of(outputs: Outputs, form: Form, tolerance: float) -> Numbers:
        """Return what an answer in that form must hold."""
        return Numbers(
            form, tolerance, tuple((name, tuple(values.ravel().tolist())) for name, values in outputs.items())
        )

    def values(self) -> dict[str, Values]:
        """Return the numbers as arrays, for comparison."""
        return {name: np.array(values) for name, values in self.outputs}
