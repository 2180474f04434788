"""When requests go out: a load's shares for its shards, and when their connections open (pure).

A closed loop has no timetable: an answer is what calls for the next request, so all there is to plan is who
holds which connections and when they open. The arrivals of an open loop are computed before anything is sent:
``arrivals_s`` gives each shard its own, staggered against those of the others or drawn apart from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, count, repeat
from math import ceil
from typing import Any

import msgspec
import numpy as np

from stackduel.model.histogram import Seconds
from stackduel.model.suite import ClosedLoop, Load, OpenLoop

# A listen queue of 2,048 takes any of these bursts, and ten thousand connections are open within a second.
OPENING_EVERY_S = 0.0005
OPENING_WITHIN_S = 1.0

# How long a client waits at most before it tries again to connect where it was refused.
LONGEST_PAUSE_S = 0.5

# What is cut off may still be answered so long. A server that takes longer is sooner started afresh.
DRAIN_WITHIN_S = 1.0

MOST_WINDOWS = 60
_WIDTHS_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)


# What is drawn is drawn from streams of its own, so that no draw depends on how many others there were.
_WINDOW, _WARMUP, _MIX = 0, 1, 2
_DRAWN_AT_ONCE = 1024


@dataclass(frozen=True, slots=True)
class Share:
    """One shard's part of a load: the ``shard``-th of ``shards``.

    Of a closed loop, connection ``i`` opens ``first_opening_s + i * opening_every_s`` after go. Of an open loop, the
    shard has its part of the connections; the rate is that of the whole, of which it sends one arrival in ``shards``.
    """

    load: Load
    shard: int
    shards: int
    first_opening_s: float
    opening_every_s: float

    def to_json(self) -> dict[str, Any]:
        """Return the share as JSON values."""
        document: dict[str, Any] = msgspec.to_builtins(self, enc_hook=float)
        return document

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> Share:
        """Return the share that ``to_json`` gave; raise ValidationError on anything else."""
        return msgspec.convert(document, Share)


def split(load: Load, shards: int) -> tuple[Share, ...]:
    """Divide a load over at most ``shards`` shards, none of them idle; the parts sum up to the whole.

    The connections of different shards open in turn, evenly spaced over all of them.
    """
    loads = _split_closed(load, shards) if isinstance(load, ClosedLoop) else _split_open(load, shards)
    every_s = min(OPENING_EVERY_S, OPENING_WITHIN_S / load.connections)
    return tuple(
        Share(each, i, len(loads), first_opening_s=i * every_s, opening_every_s=len(loads) * every_s)
        for i, each in enumerate(loads)
    )


def opening_times(share: Share) -> tuple[float, ...]:
    """When each connection of a share opens, in seconds after go."""
    return tuple(share.first_opening_s + i * share.opening_every_s for i in range(share.load.connections))


def arrivals_s(load: OpenLoop, shard: int, shards: int, seed: int) -> Seconds:
    """When this shard's requests of an open loop are to be sent: seconds from the opening, in order, within the window.

    Constant: one every ``1 / rate_rps`` over all shards, which take turns. Poisson: exponential gaps, drawn by seed
    and shard; as the shards' processes of ``rate_rps / shards`` are independent, together they are one of the whole
    rate (superposition: J. F. C. Kingman, Poisson Processes, 1993, section 2.2).
    """
    if load.arrivals == "constant":
        # Every shard computes the whole, and takes its own: rounding can then neither lose an arrival nor double one.
        moments = np.arange(ceil(load.rate_rps * load.duration_s) + 1) / load.rate_rps
        moments = moments[shard::shards]
    else:
        gaps, end_s = [], 0.0
        batches = _gaps(load.rate_rps / shards, seed, shard, _WINDOW)
        while end_s < load.duration_s:
            gaps.append(next(batches))
            end_s += float(gaps[-1].sum())
        moments = np.cumsum(np.concatenate(gaps))
    return moments[moments < load.duration_s]


def endless_arrivals_s(load: OpenLoop, shard: int, shards: int, seed: int) -> Iterator[float]:
    """The same kind of arrivals without an end, drawn apart from those of the window."""
    if load.arrivals == "constant":
        return (number / load.rate_rps for number in count(shard, shards))
    gaps = chain.from_iterable(batch.tolist() for batch in _gaps(load.rate_rps / shards, seed, shard, _WARMUP))
    return accumulate(gaps)


def drawn(weights: Sequence[int], shard: int, seed: int) -> Iterator[int]:
    """Which of several calls each request of a shard sends: their numbers in proportion to their weights, endless.

    The order is that of the seed, whatever becomes of the requests.
    """
    if len(weights) == 1:
        return repeat(0)
    shares = np.array(weights) / sum(weights)
    generator = np.random.default_rng([seed % 2**64, shard, _MIX])
    batches = (generator.choice(len(weights), _DRAWN_AT_ONCE, p=shares).tolist() for _ in repeat(True))
    return chain.from_iterable(batches)


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


def _split_closed(load: ClosedLoop, shards: int) -> list[Load]:
    shards = min(shards, load.connections, load.requests or load.connections)
    connections = parts(load.connections, shards)
    warmups = parts(load.warmup_requests, shards)
    requests = parts(load.requests, shards) if load.requests is not None else (None,) * shards
    return [
        msgspec.structs.replace(load, connections=connections[i], requests=requests[i], warmup_requests=warmups[i])
        for i in range(shards)
    ]


def _split_open(load: OpenLoop, shards: int) -> list[Load]:
    shards = min(shards, load.connections, max(1, int(load.rate_rps * load.duration_s)))
    return [msgspec.structs.replace(load, connections=connections) for connections in parts(load.connections, shards)]


def _gaps(rate_rps: float, seed: int, shard: int, stream: int) -> Iterator[Seconds]:
    """Exponential gaps between the arrivals of a Poisson process, in batches, without an end."""
    generator = np.random.default_rng([seed % 2**64, shard, stream])
    while True:
        yield generator.exponential(1 / rate_rps, _DRAWN_AT_ONCE)
