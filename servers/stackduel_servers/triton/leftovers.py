"""What a Triton leaves behind: shared memory where it was killed, an empty folder always.

Its shared memory is named after its process, so that what a killed server left can be told and removed: killed together
with its backend it leaves its segments, and a machine's memory with them.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # where the kernel has it
PREFIX = "stackduel-"
# Triton makes one at each start, for packed Python environments of which we have none, and never removes it.
ENVIRONMENTS = (Path("/tmp"), "python_env_??????")  # noqa: S108  # Triton's own words


def prefix(pid: int) -> str:
    """Return what a server's segments are named after; stackduel/launch/local/guard.py removes them by it."""
    return f"{PREFIX}{pid}-"


def remove_left(segments: Path = SHARED_MEMORY, environments: tuple[Path, str] = ENVIRONMENTS) -> list[str]:
    """Remove the segments of servers that do not run any more, and empty folders; the names of the segments."""
    left = [path for path in segments.glob(f"{PREFIX}*-*") if _is_dead(path.name)]
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
