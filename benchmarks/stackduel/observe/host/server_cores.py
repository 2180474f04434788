"""CPU time that others took on the cores of the stack under test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psutil

from stackduel.observe.resources.process_meter import ProcessTreeMeter
from stackduel.observe.resources.usage import UsageSource


@dataclass(frozen=True, slots=True)
class ServerCpu:
    """CPU seconds so far on the stack's ``cores``, so many: busy and stolen by anyone, and the stack's ``own_s``.

    ``own_s`` is None if the stack could not be read, ``busy_s`` if the system does not report single cores.
    """

    cores: int
    busy_s: float | None = None
    own_s: float | None = None


@dataclass(frozen=True, slots=True)
class ServerCores:
    """The meter of a stack and the cores that it is confined to, none if it may run anywhere."""

    stack: UsageSource | None
    cores: Sequence[int] = ()

    def read(self) -> ServerCpu | None:
        """Read their CPU time so far; None where the stack does not run on this machine."""
        if self.stack is None:
            return None
        if not self.cores:
            # It runs anywhere, so whatever others took may have been its one core's.
            return ServerCpu(1)
        busy_s = busy_seconds_on(self.cores)
        try:
            return ServerCpu(len(self.cores), busy_s, _cpu_s(self.stack))
        except ProcessLookupError:
            return ServerCpu(len(self.cores), busy_s)


def taken_share(
    opened: ServerCpu | None, closed: ServerCpu | None, on_host_s: float | None, window_s: float
) -> float | None:
    """Return the share of the stack's cores that others took in a window, at most; None if nothing bounds it.

    It is the lesser of two bounds: ``on_host_s``, what others took on the whole host, and what anyone but the stack
    took on its cores. Where it shares them with the generator, the latter counts the generator among the others.
    """
    if opened is None or closed is None:
        return None
    on_cores_s = difference(growth(opened.busy_s, closed.busy_s), growth(opened.own_s, closed.own_s))
    known = [each for each in (on_host_s, on_cores_s) if each is not None]
    return min(1.0, min(known) / (closed.cores * window_s)) if known else None


def busy_seconds_on(cores: Sequence[int]) -> float | None:
    """Read how long these cores were busy or stolen so far, without interrupts; None if they cannot be told apart."""
    every = psutil.cpu_times(percpu=True)
    # The list has no numbers: with a core switched off, places and numbers differ.
    if max(cores) >= len(every) or len(every) != psutil.cpu_count():
        return None
    return sum(busy_seconds(every[core]) + sum_of(every[core], "steal") for core in cores)


def busy_seconds(times: Any) -> float:
    """Return the time of processes: Linux counts interrupts apart from the system time, Windows as part of it."""
    return sum_of(times, "user", "nice", "system") - sum_of(times, "interrupt", "dpc")


def sum_of(times: Any, *names: str) -> float:
    """Return the sum of these times, as far as the system has them."""
    return float(sum(getattr(times, name, 0.0) for name in names))


def growth(before: float | None, after: float | None) -> float | None:
    """Return by how much a counter grew; None if it is not known at both ends."""
    return None if before is None or after is None else max(0.0, after - before)


def difference(whole_s: float | None, part_s: float | None) -> float | None:
    """Return what is left of a time, at least 0; None if one of the two is not known."""
    return None if whole_s is None or part_s is None else max(0.0, whole_s - part_s)


def _cpu_s(meter: UsageSource) -> float:
    return meter.cpu_s() if isinstance(meter, ProcessTreeMeter) else meter.read().cpu_s
