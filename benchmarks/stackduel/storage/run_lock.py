"""One process at a time measures a run: a lock on its folder, which the system lifts however the process ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stackduel.model.errors import FieldError


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a run's folder, made if it is absent; raises FieldError if another process measures the run.

    Nothing is held where folders cannot be locked (Windows, some file systems), or if this one cannot be made: the
    first write into it then fails with a sentence.
    """
    held = _opened(folder)
    try:
        if held is not None and not _lock(held):
            raise FieldError(f"--resume: run {folder.name}: another process measures it")
        yield
    finally:
        if held is not None:
            os.close(held)


def _opened(folder: Path) -> int | None:
    if sys.platform == "win32":
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return os.open(folder, os.O_RDONLY)
    except OSError:
        return None


def _lock(descriptor: int) -> bool:
    """Lock an open folder; return False if another process holds it."""
    if sys.platform != "win32":
        import fcntl  # noqa: PLC0415 - not on every system

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
    return True
