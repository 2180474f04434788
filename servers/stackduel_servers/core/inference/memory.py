"""Memory that is only needed while a model is loaded: taken by one worker at a time, and given back."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def loading() -> Iterator[None]:
    """Load a model within: no other worker of the service does so meanwhile, and what is free afterwards is returned.

    A model takes up to twice its memory while it is loaded, which workers that are all asked for the first time at once
    would take all at once.
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
    """Return to the system what is free within the process; glibc keeps it otherwise, a third of what a model took."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
