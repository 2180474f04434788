"""The host before a run: the processes that keep it busy, and the wait until they rest."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from stackduel.analysis import gates
from stackduel.analysis.gates import Thresholds
from stackduel.model.duration import duration
from stackduel.model.trial import HostNoise
from stackduel.observe.host.host_noise import host_noise_now
from stackduel.observe.host.neighbours import Neighbours, listed
from stackduel.runner.attempts import MOST_ATTEMPTS

WATCHED_S = 1.0
NAMED = 3
# One look may fall between two bursts.
LOOKS_IN_A_ROW = 2
TOLD_EVERY_S = 10.0
CONSEQUENCE = "Trials will be repeated, and differences may get no size."
REMEDY = "Stop what runs beside it, or let the run wait for a quiet host: --wait-quiet 10m."


@dataclass(frozen=True, slots=True)
class HostLook:
    """The work of others on this host in a short time: their noise, and the busiest of them in words."""

    noise: HostNoise
    busiest: str = ""


def look_around() -> HostLook:
    """Watch the host for a second."""
    neighbours = Neighbours()
    neighbours.start()
    noise = host_noise_now(WATCHED_S)
    neighbours.stop()
    return HostLook(noise, listed(neighbours.busiest(NAMED)))


def await_quiet(
    wait_s: float | None,
    bounds: Thresholds,
    print_line: Callable[[str], None],
    *,
    look: Callable[[], HostLook] = look_around,
    now: Callable[[], float] = time.monotonic,
) -> str | None:
    """Say who keeps the host busy, and wait ``wait_s`` at most until it is quiet; return a note if it is not.

    Without ``wait_s`` nothing is waited for. The note names no process, as it stands in reports that others read.
    """
    if min(bounds.steal, bounds.foreign_cpu) >= 1:
        # No noise is too much.
        return None
    began_s, seen = now(), look()
    told_s, quiet = -math.inf, 0
    busy = _why_busy(seen.noise, bounds)
    if busy is None:
        return None
    while quiet < LOOKS_IN_A_ROW:
        waited_s = now() - began_s
        if wait_s is None or waited_s >= wait_s:
            return _measured_all_the_same(busy, seen, wait_s, print_line)
        if busy and now() - told_s >= TOLD_EVERY_S:
            # The first look is a part of the wait, and yet what the user wrote is what is said.
            left = f"{duration(wait_s)} at most" if told_s < 0 else f"{duration(wait_s - waited_s)} more at most"
            told_s = now()
            print_line(f"Waiting until the host is quiet, {left}: {_told(busy, seen)}")
        seen = look()
        busy = _why_busy(seen.noise, bounds)
        quiet = 0 if busy else quiet + 1
    print_line(f"The host is quiet after {duration(now() - began_s)}.")
    return None


def time_with_repeats(planned_s: float, spare_s: float) -> str:
    """Return how long a run on a busy host may take: without repeats, and with as many as there can be.

    ``spare_s`` is what a time budget leaves for them.
    """
    longest_s = planned_s + min(spare_s, (MOST_ATTEMPTS - 1) * planned_s)
    return f"It takes from {duration(planned_s)} to {duration(longest_s)}, by how many trials have to be repeated."


def _measured_all_the_same(
    busy: str | None, seen: HostLook, wait_s: float | None, print_line: Callable[[str], None]
) -> str | None:
    if busy is None:
        return None
    if wait_s is None:
        print_line(f"This host is busy: {_told(busy, seen)} {CONSEQUENCE} {REMEDY}")
    else:
        print_line(f"Still busy after {duration(wait_s)}: {_told(busy, seen)} Measuring all the same. {CONSEQUENCE}")
    return f"The host was busy before the run began. {busy}"


def _told(busy: str, seen: HostLook) -> str:
    return f"{busy} Busiest: {seen.busiest}." if seen.busiest else busy


def _why_busy(noise: HostNoise, bounds: Thresholds) -> str | None:
    """Return which gates of the host would close, in sentences; None if none would."""
    return gates.void_reason((gates.steal(noise, bounds), gates.foreign_cpu(noise, bounds)))
