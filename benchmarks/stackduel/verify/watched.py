"""The part of a started server that verification watches beside its answers: whether it still runs, and its log."""

from __future__ import annotations

import time
from typing import Protocol

# A server is gone a moment after its connections are.
NOTICED_WITHIN_S = 0.5
LOOK_EVERY_S = 0.05


class Watched(Protocol):
    """A server whose end can be noticed."""

    def failure(self) -> str | None:
        """Return why it ended; None while it runs."""

    def log_tail(self, lines: int = 20) -> str:
        """Return the last lines that it wrote."""


def why_ended(server: Watched) -> str | None:
    """Return why a server that gave no answer ended, with the end of its log; None if it still runs."""
    until_s = time.monotonic() + NOTICED_WITHIN_S
    while (reason := server.failure()) is None:
        if time.monotonic() > until_s:
            return None
        time.sleep(LOOK_EVERY_S)
    log = server.log_tail().strip()
    return f"{reason} during verification" + (f"\n{log}" if log else " (it wrote no log)")
