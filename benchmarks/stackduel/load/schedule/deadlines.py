"""The longest time that each phase of a load can take."""

from __future__ import annotations

from math import ceil

from stackduel.load.schedule.shares import OPENING_WITHIN_S
from stackduel.model.suite import ClosedLoop, Load, OpenLoop

# The longest pause of a client before it connects again after a refused connection.
LONGEST_PAUSE_S = 0.5

# Requests that are cut off may still be answered for this time. After that, restarting the server is faster.
DRAIN_WITHIN_S = 1.0

# A shard parses what it kept of streams after the window: millions of small events, on a busy machine.
PARSED_WITHIN_S = 60.0


def longest_warmup_s(load: Load, timeout_s: float) -> float:
    """Return the longest warm-up on a server that answers nothing."""
    longest_s = OPENING_WITHIN_S + load.warmup_s + load.stable_within_s
    if isinstance(load, ClosedLoop):
        # A load of fixed requests waits for requests in flight at the end of its warm-up time.
        longest_s += _longest_s(load.warmup_requests, load, timeout_s)
        longest_s += timeout_s + LONGEST_PAUSE_S if load.stable_within_s else 0.0
    return longest_s


def longest_window_s(load: Load, timeout_s: float) -> float:
    """Return the longest window on a server that answers nothing."""
    if isinstance(load, OpenLoop) or load.duration_s is not None:
        return load.duration_s or 0.0
    return _longest_s(load.requests or 0, load, timeout_s)


def longest_drain_s(load: Load, timeout_s: float) -> float:
    """Return the longest wait for answers after the window: in an open loop all of them count."""
    return timeout_s if isinstance(load, OpenLoop) else min(DRAIN_WITHIN_S, timeout_s)


def longest_count_s(*, streams: bool) -> float:
    """Return the longest time that a shard needs to count what it recorded."""
    return PARSED_WITHIN_S if streams else 0.0


def _longest_s(requests: int, load: ClosedLoop, timeout_s: float) -> float:
    # One round more than needed, for requests that are already in flight.
    return (ceil(requests / load.connections) + 1) * (timeout_s + LONGEST_PAUSE_S)
