"""The rule by which a window is ended early: every request in it failed, and that for a while."""

from __future__ import annotations

# Fewer might be those of a bad moment.
LEAST_REQUESTS = 100
# What fails for so long, from the first failure on, does not merely start.
LEAST_S = 3.0


def never_in_vain(_requests: int, _succeeded: int, _elapsed_s: float) -> bool:
    """Return False: the window is measured to its end."""
    return False


class AllFailed:
    """Follows the progress of a window; one right answer, and it is measured to its end."""

    def __init__(self) -> None:
        self._since_s: float | None = None

    def holds(self, requests: int, succeeded: int, elapsed_s: float) -> bool:
        """Return whether measuring on is in vain, after so many requests and seconds of the window."""
        if not requests or succeeded:
            self._since_s = None
            return False
        self._since_s = elapsed_s if self._since_s is None else self._since_s
        return requests >= LEAST_REQUESTS and elapsed_s - self._since_s >= LEAST_S
