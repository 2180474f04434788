"""Judges answers with unexpected bytes by their numbers."""

from __future__ import annotations

from stackduel.inference.answer_formats import NumbersError, read
from stackduel.inference.output_comparison import first_difference
from stackduel.model.model_output import Numbers

# A batched model has a variant of an answer for each place in a batch of each size.
MOST_VARIANTS = 64


class OutputMatcher:
    """Compares numbers, and remembers the bytes of right answers: each variant is parsed only once."""

    def __init__(self, numbers: Numbers) -> None:
        self._form = numbers.form
        self._tolerance = numbers.tolerance
        self._right = numbers.values()
        self._variants: dict[bytes, None] = {}

    def agrees(self, body: bytes) -> bool:
        """Return whether an answer holds the right numbers."""
        if body in self._variants:
            return True
        try:
            numbers = read(body, self._form)
        except NumbersError:
            return False
        if first_difference(numbers, self._right, self._tolerance) is not None:
            return False
        if len(self._variants) == MOST_VARIANTS:
            del self._variants[next(iter(self._variants))]
        self._variants[body] = None
        return True
