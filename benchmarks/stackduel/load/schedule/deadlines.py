"""How long each phase of a load can last."""

from __future__ import annotations

from math import ceil

from stackduel.load.schedule.shares import OPENING_WITHIN_S
from stackduel.model.suite import ClosedLoop, Load, OpenLoop

# How long a client waits at most before it tries again to connect where it was refused.
LONGEST_PAUSE_S = 0.5

# What is cut off may still be answered so long. A server that takes longer is sooner started afresh.
DRAIN_WITHIN_S = 1.0


def longest_warmup_s(load: Load, timeout_s: float) -> float:
    """How long the warm-up can last on a server that answers nothing."""
    longest_s = OPENING_WITHIN_S + load.warmup_s + load.stable_within_s
    if isinstance(load, ClosedLoop):
        # What is in flight when a load of fixed requests has warmed up for its time is waited for.
        longest_s += _longest_s(load.warmup_requests, load, timeout_s)
        longest_s += timeout_s + LONGEST_PAUSE_S if load.stable_within_s else 0.0
    return longest_s


def longest_window_s(load: Load, timeout_s: float) -> float:
    """How long the window can be open on a server that answers nothing."""
    if isinstance(load, OpenLoop) or load.duration_s is not None:
        return load.duration_s or 0.0
    return _longest_s(load.requests or 0, load, timeout_s)


def longest_drain_s(load: Load, timeout_s: float) -> float:
    """How long is waited for answers after the window closed: those of an open loop all count."""
    return timeout_s if isinstance(load, OpenLoop) else min(DRAIN_WITHIN_S, timeout_s)


def _longest_s(requests: int, load: ClosedLoop, timeout_s: float) -> float:
    # One round more than they fit in, for what is in flight already.
    return (ceil(requests / load.connections) + 1) * (timeout_s + LONGEST_PAUSE_S)
