"""CPU seconds and memory of a local process tree."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import psutil

from stackduel.observe.resources.usage import Usage

MIB = 1024 * 1024


class ProcessTreeMeter:
    """Reads a process and all its descendants.

    On Linux CPU time comes from each process's own clock (nanoseconds, including ended threads) and memory is
    the proportional set size, which counts a page shared by forked workers once, as a container's cgroup does. The
    kernel walks all pages for it and blocks the process meanwhile: a glance takes the resident set size less the part
    that the same processes shared when last read. Elsewhere both come from psutil (CPU in the system's ticks, memory as
    resident set size).
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._known: frozenset[int] = frozenset()
        self._shared_bytes = 0.0

    def read(self) -> Usage:
        """Read the usage now; raises ProcessLookupError when the process has ended."""
        pids = self._pids()
        cpu_s = self._total(pids, _cpu_s)
        proportional, resident = self._total(pids, _memory_bytes), self._total(pids, _resident_bytes)
        self._known, self._shared_bytes = frozenset(pids), max(0.0, resident - proportional)
        return Usage(cpu_s, proportional / MIB)

    def glance(self) -> Usage:
        """Read the usage now, quickly; raises as ``read`` does, and calls it if processes have started or ended."""
        pids = self._pids()
        if self._known != frozenset(pids):
            return self.read()
        resident = self._total(pids, _resident_bytes)
        return Usage(self._total(pids, _cpu_s), max(0.0, resident - self._shared_bytes) / MIB)

    def cpu_s(self) -> float:
        """Read the CPU seconds alone; raises ProcessLookupError as ``read`` does."""
        return self._total(self._pids(), _cpu_s)

    def _pids(self) -> list[int]:
        pids = list(_tree(self._pid))
        if not pids:
            raise ProcessLookupError(self._pid)
        return pids

    def _total(self, pids: Iterable[int], amount_of: Callable[[int], float]) -> float:
        total = 0.0
        for pid in pids:
            try:
                total += amount_of(pid)
            except (OSError, psutil.NoSuchProcess):
                if pid == self._pid:
                    raise ProcessLookupError(pid) from None
                # This worker ended between the listing and the reading; its parent has its CPU time.
        return total


def _tree(pid: int) -> Iterator[int]:
    """Return the process and its descendants; empty if it has ended."""
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
    # Windows keeps no CPU time of ended children.
    ended_s = getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    return float(times.user + times.system + ended_s)


def _memory_bytes(pid: int) -> float:
    return _proportional_bytes(pid) if sys.platform == "linux" else float(psutil.Process(pid).memory_info().rss)


def _resident_bytes(pid: int) -> float:
    if sys.platform != "linux":
        return _memory_bytes(pid)
    # The kernel keeps this number anyway; for smaps_rollup it counts page by page on each read.
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES


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


def _of_system(name: str, otherwise: int) -> int:
    import os  # noqa: PLC0415 - sysconf exists on POSIX only

    return os.sysconf(name) if hasattr(os, "sysconf") else otherwise


_TICKS_PER_S = _of_system("SC_CLK_TCK", 100)
_PAGE_BYTES = _of_system("SC_PAGE_SIZE", 4096)
