"""The time that one search of several has taken so far."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType


class SearchClock:
    """Counts the seconds of one search; it runs while it is entered, so that the turns of others do not count."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._counted_s = 0.0
        self._since_s: float | None = None

    def add(self, seconds: float) -> None:
        """Count more seconds: the search's share of what was done for several."""
        self._counted_s += seconds

    def spent_s(self) -> float:
        """Return the seconds counted until now."""
        return self._counted_s + (0.0 if self._since_s is None else self._now_s() - self._since_s)

    def __enter__(self) -> None:
        self._since_s = self._now_s()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._counted_s, self._since_s = self.spent_s(), None
