"""Waiting for a condition, in tests of what happens in another process or thread."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(condition: Callable[[], object], within_s: float = 30.0) -> bool:
    """Whether the condition came true before the deadline."""
    deadline_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() >= deadline_s:
            return False
        time.sleep(0.02)
    return True
