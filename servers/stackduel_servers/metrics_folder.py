"""The folder of one start's metrics: private to it, held while its server lives, and removed by the next start.

A lock that the server's process inherits shows that it lives; it ends with the process, however that ends, and is the
same in every namespace of processes. On Windows, which has no such lock, ``serve`` stays and removes the folder itself.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
import time
from pathlib import Path

from stackduel_servers.core.variables import SettingsError

# Memory where there is such a folder: the numbers are written with every request, and a disk would be busy with them.
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where Linux has it
LOCK = "lock"
# A folder without a lock is one that another start is making, unless it is older than this.
MAKING_S = 60.0


def parent_folder() -> Path:
    """Return the folder in which starts have theirs."""
    return SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())


def make_folder(parent: Path) -> Path:
    """Return a new folder of this process and of what replaces it; raises SettingsError if none can be made.

    Its name begins with ``stackduel-PID-``, by which a guard finds what its server left.
    """
    remove_abandoned(parent)
    try:
        folder = Path(tempfile.mkdtemp(prefix=f"stackduel-{os.getpid()}-metrics-", dir=parent))
        _hold(folder)
    except OSError as error:
        raise SettingsError(f"METRICS must be off: {parent} takes no folder: {error.strerror}") from error
    return folder


def remove_abandoned(parent: Path) -> None:
    """Remove the folders of this user's starts that have ended without removing theirs."""
    for folder in parent.glob("stackduel-*-metrics-*"):
        if _is_ours(folder) and _is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and (sys.platform == "win32" or found.st_uid == os.getuid())


def _hold(folder: Path) -> None:
    if sys.platform == "win32":
        return
    import fcntl  # noqa: PLC0415  # Windows has none

    making = folder / "making"
    held = os.open(making, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    fcntl.flock(held, fcntl.LOCK_EX)
    os.set_inheritable(held, True)
    making.rename(folder / LOCK)  # a process that sees the lock sees it taken


def _is_abandoned(folder: Path) -> bool:
    if sys.platform == "win32":
        return False
    import fcntl  # noqa: PLC0415  # Windows has none

    try:
        held = os.open(folder / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return _age_s(folder) > MAKING_S
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(held)


def _age_s(folder: Path) -> float:
    try:
        return time.time() - folder.stat().st_mtime
    except OSError:
        return 0.0
