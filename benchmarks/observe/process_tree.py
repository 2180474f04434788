"""CPU seconds and memory of a local process tree."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
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
        if sys.platform == "linux":
            return self._read_linux()
        return self._read_anywhere()

    def _read_linux(self) -> Usage:
        cpu_s = memory_bytes = 0.0
        pids = list(_descendants(self._pid))
        if not pids:
            raise ProcessLookupError(self._pid)
        for pid in pids:
            try:
                cpu_s += _cpu_clock_s(pid) + _reaped_children_s(pid)
                memory_bytes += _proportional_bytes(pid)
            except OSError:
                if pid == self._pid:
                    raise ProcessLookupError(pid) from None
                # A worker that ended between the listing and the reading; its parent has its CPU time.
        return Usage(cpu_s, memory_bytes / MIB)

    def _read_anywhere(self) -> Usage:
        try:
            root = psutil.Process(self._pid)
            processes = [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            raise ProcessLookupError(self._pid) from None
        cpu_s = memory_bytes = 0.0
        for process in processes:
            try:
                times = process.cpu_times()
                cpu_s += times.user + times.system
                cpu_s += getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
                memory_bytes += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        return Usage(cpu_s, memory_bytes / MIB)


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
