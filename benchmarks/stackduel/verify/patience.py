"""How long somebody waits for an answer: until a deadline, or until the wait is called off."""

from __future__ import annotations

import threading
import time

LOOK_EVERY_S = 0.1


class Patience:
    """A deadline for a whole exchange, ``timeout_s`` from now, that ``called_off`` ends sooner."""

    def __init__(self, timeout_s: float, called_off: threading.Event | None = None) -> None:
        self._called_off = called_off
        self._began_s = time.monotonic()
        self._end_s = self._began_s + timeout_s

    @property
    def waited_s(self) -> float:
        """How long the wait has lasted."""
        return time.monotonic() - self._began_s

    @property
    def over(self) -> bool:
        """Whether nobody waits any longer."""
        return self.left_s <= 0.0

    @property
    def left_s(self) -> float:
        """How long to wait at most; 0 once it is over."""
        if self._called_off is not None and self._called_off.is_set():
            return 0.0
        return max(0.0, self._end_s - time.monotonic())

    @property
    def slice_s(self) -> float:
        """How long to wait before looking again whether the wait was called off."""
        return min(self.left_s, LOOK_EVERY_S)
