"""Triton's shared memory: named after its server's process, so that what a killed server left can be told and removed.

Server and stubs that are killed together leave their segments behind, and a machine's memory with them.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path("/dev/shm")  # noqa: S108 - where the kernel has shared memory
PREFIX = "stackduel-"


def prefix(pid: int) -> str:
    """What the names of a server's segments start with; benchmarks/launch/guard.py removes them by it."""
    return f"{PREFIX}{pid}-"


def remove_left(folder: Path = FOLDER) -> list[str]:
    """Remove the segments of servers that do not run any more; their names."""
    left = [path for path in folder.glob(f"{PREFIX}*-*") if _is_dead(path.name)]
    for path in left:
        path.unlink(missing_ok=True)
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
