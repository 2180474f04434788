"""Answers whose bytes are not the expected ones, judged by their numbers."""

from __future__ import annotations

from stackduel.inference.answer_formats import NumbersError, read
from stackduel.inference.output_comparison import compared
from stackduel.model.measurement import Expectation
from stackduel.model.model_output import Numbers

# A batched model has a variant of an answer for each place in a batch of each size.
MOST_VARIANTS = 64


class Comparer:
    """Compares numbers, and remembers the bytes of right answers, so that each variant of one is read but once."""

    def __init__(self, numbers: Numbers) -> None:
        self._form = numbers.form
        self._tolerance = numbers.tolerance
        self._right = numbers.values()
        self._variants: dict[bytes, None] = {}

    def agrees(self, body: bytes) -> bool:
        """Whether an answer holds the right numbers."""
        if body in self._variants:
            return True
        try:
            found = read(body, self._form)
        except NumbersError:
            return False
        if compared(found, self._right, self._tolerance) is not None:
            return False
        if len(self._variants) == MOST_VARIANTS:
            del self._variants[next(iter(self._variants))]
        self._variants[body] = None
        return True


def comparer_of(expectation: Expectation) -> Comparer | None:
    """What compares the numbers of a call's answers; None where bytes alone count."""
    return None if expectation.numbers is None else Comparer(expectation.numbers)
