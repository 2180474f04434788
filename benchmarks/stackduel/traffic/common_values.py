"""The commonest of many values, counted in bounded memory."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value", bound=Hashable)

# So many values are counted exactly; of more, the rarest half is forgotten whenever there are so many.
MOST_VALUES = 100


class CommonValues(Generic[Value]):
    """Counts values; ``uncounted`` says that there were more than it remembers.

    What is forgotten begins anew at zero: counts are at most too small, as in the lossy counting of Manku and Motwani
    (VLDB 2002), and common values are not forgotten.
    """

    __slots__ = ("_counts", "uncounted")

    def __init__(self) -> None:
        self._counts: dict[Value, int] = {}
        self.uncounted = False

    def add(self, value: Value, times: int = 1) -> None:
        """Count a value."""
        self._counts[value] = self._counts.get(value, 0) + times
        if len(self._counts) > MOST_VALUES:
            self._counts = dict(self.most_common()[: MOST_VALUES // 2])
            self.uncounted = True

    def absorb(self, other: CommonValues[Value]) -> None:
        """Add what another one counted."""
        for value, times in other.most_common():
            self.add(value, times)
        self.uncounted = self.uncounted or other.uncounted

    def most_common(self) -> list[tuple[Value, int]]:
        """Return the values with their counts, the commonest first, and of equal ones the earliest."""
        return sorted(self._counts.items(), key=lambda item: -item[1])
