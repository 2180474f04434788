"""When requests go out: a load's shares for its shards, and when their connections open (pure).

A closed loop has no timetable: an answer is what calls for the next request, so all there is to plan is who
holds which connections and when they open. The arrivals of an open loop are computed here too, before anything
is sent: ``split`` gives each shard its own, staggered against those of the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import ceil
from typing import Any

from benchmarks.suite import Load, load_from_dict

# A listen queue of 2,048 takes any of these bursts, and ten thousand connections are open within a second.
OPENING_EVERY_S = 0.0005
OPENING_WITHIN_S = 1.0

# How long a client waits at most before it tries again to connect where it was refused.
LONGEST_PAUSE_S = 0.5

# What is cut off may still be answered so long, so that the next load finds an idle server.
DRAIN_WITHIN_S = 5.0

MOST_WINDOWS = 60
_WIDTHS_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)


@dataclass(frozen=True, slots=True)
class Share:
    """One shard's part of a load: connection ``i`` opens ``first_opening_s + i * opening_every_s`` after go."""

    load: Load
    first_opening_s: float
    opening_every_s: float

    def to_json(self) -> dict[str, Any]:
        """The share as JSON values."""
        return {**asdict(self), "load": self.load.to_dict()}

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> Share:
        """The share that ``to_json`` gave; raises KeyError or TypeError on anything else."""
        return Share(**{**document, "load": load_from_dict(document["load"])})


def split(load: Load, shards: int) -> tuple[Share, ...]:
    """Divide a load over at most ``shards`` shards, none of them idle; the parts sum up to the whole.

    The connections of different shards open in turn, evenly spaced over all of them.
    """
    shards = min(shards, load.connections, load.requests or load.connections)
    every_s = min(OPENING_EVERY_S, OPENING_WITHIN_S / load.connections)
    connections = parts(load.connections, shards)
    warmups = parts(load.warmup_requests, shards)
    requests = parts(load.requests, shards) if load.requests is not None else (None,) * shards
    return tuple(
        Share(
            load=replace(load, connections=connections[i], requests=requests[i], warmup_requests=warmups[i]),
            first_opening_s=i * every_s,
            opening_every_s=shards * every_s,
        )
        for i in range(shards)
    )


def opening_times(share: Share) -> tuple[float, ...]:
    """When each connection of a share opens, in seconds after go."""
    return tuple(share.first_opening_s + i * share.opening_every_s for i in range(share.load.connections))


def parts(total: int, count: int) -> tuple[int, ...]:
    """``total`` in ``count`` parts that differ by one at most, the larger first."""
    part, left = divmod(total, count)
    return (part + 1,) * left + (part,) * (count - left)


def window_width_s(load: Load) -> float:
    """How wide the timeline's windows start: at most ``MOST_WINDOWS`` of them cover a known duration."""
    if load.duration_s is None:
        return _WIDTHS_S[0]
    return next((width for width in _WIDTHS_S if load.duration_s <= width * MOST_WINDOWS), _WIDTHS_S[-1])


def longest_warmup_s(load: Load, timeout_s: float) -> float:
    """How long the warm-up can last on a server that answers nothing."""
    return OPENING_WITHIN_S + load.warmup_s + _longest_s(load.warmup_requests, load, timeout_s)


def longest_window_s(load: Load, timeout_s: float) -> float:
    """How long the window can be open on a server that answers nothing."""
    if load.duration_s is not None:
        return load.duration_s
    return _longest_s(load.requests or 0, load, timeout_s)


def _longest_s(requests: int, load: Load, timeout_s: float) -> float:
    # One round more than they fit in, for what is in flight already.
    return (ceil(requests / load.connections) + 1) * (timeout_s + LONGEST_PAUSE_S)
