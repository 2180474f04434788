"""CPU seconds and memory of a local process tree."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from benchmarks.observe.usage import Usage

MIB = 1024 * 1024


class ProcessTreeMeter:
    """Reads a process and all its descendants.

    On Linux CPU time comes from each process's own clock (nanoseconds, threads that ended included) and memory is
    the proportional set size, which counts a page shared by forked workers once, as a container's cgroup does.
    Elsewhere both come from psutil (CPU in the system's ticks, memory as resident set size).
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def read(self) -> Usage:
        """The usage now; raises ProcessLookupError when the process has ended."""
        return Usage(self.cpu_s(), self._total(_memory_bytes) / MIB)

    def cpu_s(self) -> float:
        """The CPU seconds alone, which are read far quicker than memory; raises ProcessLookupError as ``read`` does."""
        return self._total(_cpu_s)

    def _total(self, amount_of: Callable[[int], float]) -> float:
        pids = list(_tree(self._pid))
        if not pids:
            raise ProcessLookupError(self._pid)
        total = 0.0
        for pid in pids:
            try:
                total += amount_of(pid)
            except (OSError, psutil.NoSuchProcess):
                if pid == self._pid:
                    raise ProcessLookupError(pid) from None
                # A worker that ended between the listing and the reading; its parent has its CPU time.
        return total


def _tree(pid: int) -> Iterator[int]:
    """The process and its descendants; nothing where it has ended."""
    if sys.platform == "linux":
        yield from _descendants(pid)
        return
    try:
        root = psutil.Process(pid)
        yield from (process.pid for process in (root, *root.children(recursive=True)))
    except psutil.NoSuchProcess:
        return


def _cpu_s(pid: int) -> float:
    if sys.platform == "linux":
        return _cpu_clock_s(pid) + _reaped_children_s(pid)
    times = psutil.Process(pid).cpu_times()
    # Windows knows nothing of children that ended.
    ended_s = getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    return float(times.user + times.system + ended_s)


def _memory_bytes(pid: int) -> float:
    return _proportional_bytes(pid) if sys.platform == "linux" else float(psutil.Process(pid).memory_info().rss)


def _descendants(pid: int) -> Iterator[int]:
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return
    yield pid
    for thread in threads:
        try:
            children = (thread / "children").read_text().split()
        except OSError:
            continue
        for child in children:
            yield from _descendants(int(child))


def _cpu_clock_s(pid: int) -> float:
    # The kernel's encoding of "the CPU clock of that process" (clock_getcpuclockid(3)), to the nanosecond
    # where /proc/PID/stat counts ticks of 10 ms.
    return time.clock_gettime((~pid << 3) | 2)


def _reaped_children_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / _TICKS_PER_S


def _proportional_bytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return float(line.split()[1]) * 1024
    return 0.0


def _ticks_per_s() -> int:
    import os  # noqa: PLC0415 - sysconf exists on POSIX only

    return os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


_TICKS_PER_S = _ticks_per_s()
