"""How many files a process may open: every connection is one."""

from __future__ import annotations

import contextlib

# Programs that close every possible file when they start take a second for each ten million.
MOST_OPEN_FILES = 262_144


def most_open_files() -> int:
    """Return how many files each process of a run may open, once its limit is raised as far as it may be."""
    with contextlib.suppress(ImportError, OSError):
        import resource  # noqa: PLC0415 - not on Windows

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        return MOST_OPEN_FILES if most == resource.RLIM_INFINITY else min(most, MOST_OPEN_FILES)
    return MOST_OPEN_FILES
