"""CPU time that others took during a window: the hypervisor, foreign processes, a quota."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import psutil

from stackduel.model.trial import HostNoise
from stackduel.observe.host.cpu_quota import own_quota
from stackduel.observe.host.server_cores import (
    ServerCores,
    ServerCpu,
    busy_seconds,
    difference,
    growth,
    sum_of,
    taken_share,
)
from stackduel.observe.resources.process_meter import ProcessTreeMeter
from stackduel.observe.resources.usage import UsageSource

# The host counts its CPU time in ticks of 10 ms, which are too coarse for a shorter window.
SHORTEST_WINDOW_S = 0.2


@dataclass(frozen=True, slots=True)
class HostCpu:
    """CPU seconds of the whole host since it started: all, busy, and stolen.

    ``busy_s`` is the time of processes, without interrupts: these are nobody's, and while a load runs most of them
    are for its own packets. A Linux kernel without ``CONFIG_IRQ_TIME_ACCOUNTING`` charges an interrupt to the clock
    of the process that it interrupts, too; what is foreign then comes out too small, by at most our share of them,
    and never too large. ``stolen_s`` is None if the system does not report it.
    """

    total_s: float
    busy_s: float
    stolen_s: float | None


@dataclass(frozen=True, slots=True)
class Reading:
    """Values read at one end of a window, in CPU seconds so far.

    ``own_s`` is the time of the runner, the stack and the downstream, None if one of them could not be read, and
    ``throttled_s`` that of each cgroup around the runner, None if the kernel does not count it. ``server`` is None
    where the stack is not known to run on cores of this machine.
    """

    at_s: float
    host: HostCpu
    own_s: float | None
    throttled_s: tuple[float, ...] | None
    server: ServerCpu | None = None


class NoiseMeter:
    """Reads the CPU time of the host, and our own part of it, when a window opens and when it closes.

    Our own are the runner and all its descendants (the shards of the load, the downstream and the stacks that run as
    local processes), and the containers that ``meters`` read. Meters of process trees are left out, as those
    trees are the runner's descendants already. ``stack`` is the meter of the stack, and ``server_cores`` are those that
    it is confined to, empty if to none.
    """

    def __init__(
        self, meters: Iterable[UsageSource] = (), *, stack: UsageSource | None = None, server_cores: Sequence[int] = ()
    ) -> None:
        self._server = ServerCores(stack, server_cores)
        self._runner = ProcessTreeMeter(os.getpid())
        self._others = tuple(meter for meter in meters if not isinstance(meter, ProcessTreeMeter))
        self._quota = own_quota()
        self._opened: Reading | None = None
        self._closed: Reading | None = None

    def start(self) -> None:
        """Open the window."""
        self._opened, self._closed = self._read(), None

    def stop(self) -> None:
        """Close the window."""
        self._closed = self._read()

    def noise(self) -> HostNoise:
        """Return the host's noise within the window; all None before the first window."""
        if self._opened is None or self._closed is None:
            return HostNoise()
        return noise_between(self._opened, self._closed)

    def _read(self) -> Reading:
        # Host and own time are read directly after one another: the time between counts on one side only.
        return Reading(time.monotonic(), host_cpu(), self._own_s(), self._quota.throttled_s(), self._server.read())

    def _own_s(self) -> float | None:
        try:
            return self._runner.cpu_s() + sum(meter.read().cpu_s for meter in self._others)
        except ProcessLookupError:
            return None


def host_noise_now(seconds: float) -> HostNoise:
    """Measure the host's noise for that many seconds while nothing of ours runs."""
    meter = NoiseMeter()
    meter.start()
    time.sleep(seconds)
    meter.stop()
    return meter.noise()


def host_cpu() -> HostCpu:
    """Read the host's CPU time so far; the user time includes guests of a hypervisor."""
    times = psutil.cpu_times()
    busy_s = busy_seconds(times)
    total_s = sum_of(times, "user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
    return HostCpu(total_s, busy_s, getattr(times, "steal", None))


def noise_between(opened: Reading, closed: Reading) -> HostNoise:
    """Return the noise of the window between two readings."""
    total_s = closed.host.total_s - opened.host.total_s
    throttled_s = _throttled_s(opened.throttled_s, closed.throttled_s)
    if closed.at_s - opened.at_s < SHORTEST_WINDOW_S or total_s <= 0:
        return HostNoise(throttled_s=throttled_s)
    stolen_s = growth(opened.host.stolen_s, closed.host.stolen_s)
    foreign_s = difference(closed.host.busy_s - opened.host.busy_s, growth(opened.own_s, closed.own_s))
    taken_s = None if foreign_s is None else foreign_s + (stolen_s or 0.0)
    return HostNoise(
        steal=None if stolen_s is None else stolen_s / total_s,
        # Ticks and the processes' own clocks may differ by some hundredths of a second.
        foreign_cpu=None if foreign_s is None else foreign_s / total_s,
        throttled_s=throttled_s,
        server_taken=taken_share(opened.server, closed.server, taken_s, closed.at_s - opened.at_s),
    )


def _throttled_s(before: tuple[float, ...] | None, after: tuple[float, ...] | None) -> float | None:
    """Return the longest throttled time of any cgroup; not the sum, because the cgroups are nested."""
    if before is None or after is None:
        return None
    return max(max(0.0, late - early) for early, late in zip(before, after, strict=True))
