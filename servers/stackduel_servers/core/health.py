"""The report of ``/health`` about the process that answers: its stack, its settings in force, its age and its use."""

from __future__ import annotations

import os
import sys
import time
from functools import cache
from importlib.metadata import version
from pathlib import Path

from stackduel_servers.core.gpu_memory import gpu_memory_mib
from stackduel_servers.core.settings import Settings
from stackduel_servers.supported import BARE

MIB = 1024 * 1024
# Devices that hold models in a GPU's memory; on others NVIDIA's library is not even looked for.
ON_GPU = frozenset({"cuda", "torch-cuda"})


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
            "framework_version": None if self._framework in BARE else _version(self._framework),
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
            "worker": os.getpid(),
            "uptime_s": round(time.monotonic() - self._started_s, 3),
            "memory_mib": memory_mib(),
            "cpu_s": round(time.process_time(), 3),
            "gpu_memory_mib": gpu_memory_mib() if settings.device in ON_GPU else None,
            "device": settings.device,
            "device_note": settings.device_note,
            "settings": dict(settings.in_force),
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
