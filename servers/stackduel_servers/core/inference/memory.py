"""Memory needed only while a model loads: one worker at a time takes it, and then returns it."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def loading() -> Iterator[None]:
    """Keep other workers of the service from loading a model during this block, and return free memory after it.

    While it loads, a model takes up to twice its memory. Without this lock, all workers could load at the same time and
    need that much each.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl  # noqa: PLC0415  # Windows has none

    with Path(__file__).open("rb") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield
        give_back()


def give_back() -> None:
    """Return the free memory of this process to the system; glibc would keep it, about a third of a model's memory."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
