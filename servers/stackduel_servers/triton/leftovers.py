"""Removing what a Triton leaves behind: shared memory if it was killed, and always an empty folder.

A Triton that is killed together with its backend leaves its shared memory segments, which hold the machine's memory.
They are named after its process, so that a later start can recognise and remove them.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # where the kernel has it
PREFIX = "stackduel-"
# Triton makes one at each start, for packed Python environments, which we do not use, and never removes it.
ENVIRONMENTS = (Path("/tmp"), "python_env_??????")  # noqa: S108  # Triton's own words


def prefix(pid: int) -> str:
    """Return the prefix of a server's segment names; stackduel/launch/local/guard.py removes them by it."""
    return f"{PREFIX}{pid}-"


def remove_left(segments: Path = SHARED_MEMORY, environments: tuple[Path, str] = ENVIRONMENTS) -> list[str]:
    """Remove the segments of servers that have ended, and empty folders; return the names of the segments.

    Folders beside the segments belong to other servers of ours, which remove their own.
    """
    left = [path for path in segments.glob(f"{PREFIX}*-*") if path.is_file() and _is_dead(path.name)]
    for path in left:
        path.unlink(missing_ok=True)
    folder, pattern = environments
    for path in folder.glob(pattern):
        with contextlib.suppress(OSError):  # not empty, or not ours
            path.rmdir()
    return [path.name for path in left]


def _is_dead(name: str) -> bool:
    pid = name.removeprefix(PREFIX).partition("-")[0]
    if not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False
