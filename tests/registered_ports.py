"""The registered ports of this machine, which one test at a time may use."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def registered_ports() -> Iterator[None]:
    """Wait until no other test of this machine serves stacks on the ports of the registry."""
    with Path(tempfile.gettempdir(), "stackduel-tests-ports.lock").open("w") as lock:
        if sys.platform != "win32":
            import fcntl  # Windows has none

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
