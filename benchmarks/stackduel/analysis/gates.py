"""Gates: each function is one check of the host or of the generator that decides whether a trial is valid.

Errors, timeouts, refusals and slowness of a server are its result, and no gate looks at them. A gate checks whether
the figures describe the server at all.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from stackduel.model.measurement import Measurement
from stackduel.model.trial import Gate, HostNoise

GateKind = Literal["host", "generator"]

# A closed gate voids a trial, which is then repeated. If the host disturbs every attempt, the quietest one is kept;
# a trial that the generator could not measure stays void.
KINDS: Mapping[str, GateKind] = {
    "generator-cpu": "generator",
    "lateness": "generator",
    "sent": "generator",
    "littles-law": "generator",
    "arithmetic-ceiling": "generator",
    "headroom": "generator",
    "resent": "generator",
    "throttling": "generator",
    "steal": "host",
    "foreign-cpu": "host",
    "pause": "host",
}
# These gates close where the generator, not the server, sets the rate: the server could do at least as much.
LIMITS = frozenset({"generator-cpu", "headroom", "throttling"})


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The bounds of the gates, inclusive.

    Shares are parts of 1: of a core (``generator_cpu``), of the median latency (``lateness_of_p50``), of the schedule
    (``sent``), of those in flight (``littles_law``), of the rate (``arithmetic_ceiling``), and of the host's CPU time
    (``steal``, from which on it is noted, and ``foreign_cpu``). ``headroom`` is by how many times the null server must
    be faster; ``resent`` the share of requests that may have been sent twice: by default any, as it is a result of the
    server's. The rest are milliseconds and seconds; a search for a service level sets ``pause_ms``.
    """

    generator_cpu: float = 0.70
    lateness_ms: float = 2.0
    lateness_of_p50: float = 0.05
    sent: float = 0.995
    littles_law: float = 0.03
    arithmetic_ceiling: float = 0.02
    headroom: float = 2.0
    resent: float = 1.0
    steal: float = 0.05
    steal_noted: float = 0.01
    foreign_cpu: float = 0.10
    throttled_s: float = 0.0
    pause_ms: float = math.inf


METHOD = Thresholds()


def generator_cpu(window: Measurement, bounds: Thresholds = METHOD) -> Gate:
    """Check that the busiest shard leaves its core partly idle: a saturated generator measures itself."""
    busiest = window.generator.busiest
    detail = f"The busiest shard used {_percent(busiest, 1)} of its core (bound {_percent(bounds.generator_cpu)})."
    return Gate("generator-cpu", busiest <= bounds.generator_cpu, detail)


def lateness(lateness_p99_ms: float, latency_p50_ms: float, bounds: Thresholds = METHOD) -> Gate:
    """Check that an open loop starts its requests on time: p99 is small, or a small part of the latency's p50.

    The wait for a free connection after the start belongs to the server.
    """
    bound_ms = max(bounds.lateness_ms, bounds.lateness_of_p50 * latency_p50_ms)
    detail = (
        f"The generator began 1 % of the requests more than {lateness_p99_ms:.2f} ms late (bound {bound_ms:.2f} ms)."
    )
    return Gate("lateness", lateness_p99_ms <= bound_ms, detail)


def sent(requests: int, scheduled: int, bounds: Thresholds = METHOD) -> Gate:
    """Check that an open loop handled all requests scheduled for the window; raise ValueError if there are none."""
    if scheduled < 1:
        raise ValueError("nothing was scheduled")
    share = requests / scheduled
    counts = f"{requests:,} of {scheduled:,} scheduled requests were sent or given up for want of a connection"
    detail = f"{counts}: {_percent(share, 2)} (bound {_percent(bounds.sent, 1)})."
    return Gate("sent", share >= bounds.sent, detail)


def arithmetic_ceiling(window: Measurement, places: int | None, wait_s: float, bounds: Thresholds = METHOD) -> Gate:
    """Check that the answers are not more than is possible.

    ``places`` requests at once, each waiting ``wait_s`` seconds, allow only so many right answers. This is Little's
    law with the shortest time of a right answer. A round may end at both edges of the window, so the
    bound is ``places * (duration / wait + 1)``. ``places`` is the smaller of waiting slots and connections, None if
    both are unknown. With more answers than the bound, some requests did not wait.
    """
    if places is None or wait_s <= 0:
        return Gate("arithmetic-ceiling", True, "No ceiling: requests do not wait, or any number of them may wait.")
    room = places * ((1 + bounds.arithmetic_ceiling) * window.duration_s / wait_s + 1)
    detail = (
        f"{window.succeeded:,} right answers in {window.duration_s:.2f} s, where {places:,} at once that each wait "
        f"{1000 * wait_s:.4g} ms leave room for {room:,.0f} (with a round and {_percent(bounds.arithmetic_ceiling)})."
    )
    return Gate("arithmetic-ceiling", window.succeeded <= room, detail)


def headroom(window: Measurement, null_rate_rps: float, bounds: Thresholds = METHOD) -> Gate:
    """Check that the generator gets a multiple of this rate from a server that does nothing: it is not the limit.

    Of streams it is the rate of events.
    """
    rate_rps = answers_rps(window)
    what = "answers" if window.streams is None else "events"
    detail = (
        f"{rate_rps:,.1f} {what} a second, where the null server gave {null_rate_rps:,.0f} "
        f"(bound: {bounds.headroom:g} times as many)."
    )
    return Gate("headroom", null_rate_rps >= bounds.headroom * rate_rps, detail)


def answers_rps(window: Measurement) -> float:
    """Return the rate that a null server is compared by: of events where the answers are streams, else of requests."""
    answers = window.requests if window.streams is None else window.streams.events
    return answers / window.duration_s


def resent(window: Measurement, bounds: Thresholds = METHOD) -> Gate:
    """Check how many requests were sent twice; a bound of the user's may say that these are too many."""
    share = window.resent / window.requests if window.requests else 0.0
    detail = (
        f"{window.resent:,} of {window.requests:,} requests were sent again, as the server had closed their idle "
        f"connections: {_percent(share, 2)} (bound {_percent(bounds.resent, 2)})."
    )
    return Gate("resent", share <= bounds.resent, detail)


def steal(noise: HostNoise, bounds: Thresholds = METHOD) -> Gate:
    """Check that the hypervisor did not take CPU time; above ``steal_noted`` the detail says so."""
    if noise.steal is None:
        return _unknown("steal")
    detail = f"The hypervisor took {_percent(noise.steal, 1)} of the CPU time (bound {_percent(bounds.steal)})."
    if bounds.steal_noted < noise.steal <= bounds.steal:
        detail = f"{detail[:-2]}, noted above {_percent(bounds.steal_noted)})."
    return Gate("steal", noise.steal <= bounds.steal, detail)


def foreign_cpu(noise: HostNoise, bounds: Thresholds = METHOD) -> Gate:
    """Check that no other process used this machine's CPU."""
    if noise.foreign_cpu is None:
        return _unknown("foreign-cpu")
    used = _percent(noise.foreign_cpu, 1)
    detail = f"Other processes used {used} of the host's CPU time (bound {_percent(bounds.foreign_cpu)})."
    return Gate("foreign-cpu", noise.foreign_cpu <= bounds.foreign_cpu, detail)


def pause(noise: HostNoise, bounds: Thresholds = METHOD) -> Gate:
    """Check that the hypervisor did not take so much of one core at a stretch that it breaks a bound by itself."""
    if noise.pause_ms is None:
        return _unknown("pause")
    detail = f"The hypervisor took {noise.pause_ms:.0f} ms of one core at a stretch (bound {bounds.pause_ms:g} ms)."
    return Gate("pause", noise.pause_ms <= bounds.pause_ms, detail)


def throttling(noise: HostNoise, bounds: Thresholds = METHOD) -> Gate:
    """Check that no CPU quota held the generator back."""
    if noise.throttled_s is None:
        return _unknown("throttling")
    detail = f"A CPU quota held the generator back for {noise.throttled_s:.2f} s (bound {bounds.throttled_s:.2f} s)."
    return Gate("throttling", noise.throttled_s <= bounds.throttled_s, detail)


def void_reason(gates: Iterable[Gate]) -> str | None:
    """Return why a trial with these gates is void: the details of the closed ones; None where all are open."""
    return " ".join(gate.detail for gate in gates if not gate.ok) or None


def quietest(attempts: Sequence[tuple[Sequence[Gate], HostNoise]]) -> int | None:
    """Return the index of the quietest attempt at a trial; None where each failed a gate of the generator.

    The fewest gates failed come first, then the least CPU time lost to others, then the earliest. Raises KeyError on
    a gate that is not in ``KINDS``.
    """
    keepable = [
        (sum(not gate.ok for gate in gates), (noise.steal or 0.0) + (noise.foreign_cpu or 0.0), index)
        for index, (gates, noise) in enumerate(attempts)
        if not any(KINDS[gate.name] == "generator" and not gate.ok for gate in gates)
    ]
    return min(keepable)[2] if keepable else None


def _unknown(name: str) -> Gate:
    return Gate(name, True, "Unknown: this system does not report it.")


def _percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f} %"
