"""The report of ``/health`` about the process that answers: its stack, its settings in force, its age and memory."""

from __future__ import annotations

import os
import sys
import time
from functools import cache
from importlib.metadata import version
from pathlib import Path

from stackduel_servers.core.settings import Settings

MIB = 1024 * 1024


class Health:
    """The report of one service; its age counts from when this object is made."""

    def __init__(self, framework: str, settings: Settings) -> None:
        self._framework = framework
        self._settings = settings
        self._started_s = time.monotonic()

    def report(self) -> dict[str, object]:
        """Return the report: the same keys from every stack, null if unknown or not applicable."""
        settings = self._settings
        return {
            "status": "ok",
            "stack": settings.stack,
            "framework": self._framework,
            "framework_version": _version(self._framework),
            "server": settings.server,
            "server_version": _version(settings.server) if settings.server else None,
            "workers": settings.workers,
            "threads": settings.threads,
            "loop": settings.loop,
            "cpus": settings.cpus,
            "inference": settings.inference,
            "pool": settings.pool,
            "batch_size": settings.batch_size,
            "python": ".".join(map(str, sys.version_info[:3])),
            "pid": os.getpid(),
            "uptime_s": round(time.monotonic() - self._started_s, 3),
            "memory_mib": memory_mib(),
            "device": settings.device,
            "device_note": settings.device_note,
        }


def memory_mib() -> float | None:
    """Return the resident memory of this process in MiB: its peak on macOS, None where it is unknown."""
    if sys.platform == "linux":
        resident_pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return round(resident_pages * os.sysconf("SC_PAGE_SIZE") / MIB, 1)
    if sys.platform == "darwin":
        import resource  # noqa: PLC0415  # Windows has none

        return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB, 1)
    return None


@cache
def _version(distribution: str) -> str:
    return version(distribution)
