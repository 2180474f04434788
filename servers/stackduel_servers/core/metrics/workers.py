"""The CPU time and memory of a service's worker processes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from stackduel_servers.core.health import MIB, memory_mib


def worker_metrics(workers: Iterable[int]) -> Iterator[Metric]:
    """Yield the CPU seconds and the resident memory of the workers; elsewhere than on Linux of this process alone."""
    cpu_s = CounterMetricFamily("stackduel_worker_cpu_seconds", "CPU time of a worker process.", labels=["worker"])
    memory = GaugeMetricFamily("stackduel_worker_memory_bytes", "Resident memory of a worker.", labels=["worker"])
    for pid, (spent_s, resident) in _use(workers).items():
        cpu_s.add_metric([str(pid)], spent_s)
        if resident is not None:
            memory.add_metric([str(pid)], resident)
    yield from (cpu_s, memory)


def is_alive(pid: int) -> bool:
    """Return whether a worker still runs; unknown ones count as alive on Windows, where asking might end them."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return sys.platform != "linux" or _is_no_zombie(pid)


def _use(workers: Iterable[int]) -> dict[int, tuple[float, float | None]]:
    if sys.platform != "linux":
        resident_mib = memory_mib()
        return {os.getpid(): (time.process_time(), None if resident_mib is None else resident_mib * MIB)}
    found: dict[int, tuple[float, float | None]] = {}
    for pid in workers:
        try:
            pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
            fields = _fields(pid)
        except OSError:  # it has just ended
            continue
        ticks = int(fields[11]) + int(fields[12])
        found[pid] = ticks / os.sysconf("SC_CLK_TCK"), float(pages * os.sysconf("SC_PAGE_SIZE"))
    return found


def _is_no_zombie(pid: int) -> bool:
    try:
        return _fields(pid)[0] != "Z"
    except OSError:
        return False


def _fields(pid: int) -> list[str]:
    """Return the fields of ``/proc/PID/stat`` behind the name, which may hold blanks and brackets: state first."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
