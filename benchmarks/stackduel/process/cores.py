"""The cores that this process may run on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


@contextmanager
def kept_on(cores: Iterable[int]) -> Iterator[None]:
    """Keep this process off the cores that are being measured, where the system can."""
    if sys.platform != "linux":
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(cores))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def usable_cores() -> tuple[int, ...]:
    """Return the cores that this process may run on."""
    if sys.platform == "linux":
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


def can_pin() -> bool:
    """Return whether processes can be bound to cores here."""
    return sys.platform == "linux"
