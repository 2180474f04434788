"""The division of a load over its shards, and the times at which their connections open.

A closed loop has no timetable: each answer triggers the next request. So a share holds only a shard's connections
and the times at which they open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from stackduel.model.suite import ClosedLoop, Load, OpenLoop

# A listen queue of 2,048 takes any of these bursts, and ten thousand connections are open within a second.
OPENING_EVERY_S = 0.0005
OPENING_WITHIN_S = 1.0
# Of the generators of a seed, the one that draws when connections open.
_OPENINGS = 4


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
        """Return the share that ``to_json`` gave; raises ValidationError on anything else."""
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
    """Return the time at which each connection of a share opens, in seconds after go."""
    return tuple(share.first_opening_s + i * share.opening_every_s for i in range(share.load.connections))


def drawn_openings(share: Share, seed: int) -> tuple[float, ...]:
    """Return times at which the connections of a closed loop's share open, drawn by the seed from its warm-up.

    Streams whose openings are evenly spaced keep their distance to each other, and may all be due at the same moments.
    Streams that open together end together, and the next ones again open together: so where the warm-up is as long as
    a stream, as many open in each second of the window. A shorter warm-up than a second counts as one.
    """
    generator = np.random.default_rng([seed % 2**64, share.shard, _OPENINGS])
    within_s = max(OPENING_WITHIN_S, share.load.warmup_s)
    return tuple(sorted(generator.uniform(0.0, within_s, share.load.connections).tolist()))


def split_evenly(total: int, count: int) -> tuple[int, ...]:
    """Split ``total`` into ``count`` parts that differ by at most one, the larger first."""
    part, left = divmod(total, count)
    return (part + 1,) * left + (part,) * (count - left)


def _split_closed(load: ClosedLoop, shards: int) -> list[Load]:
    shards = min(shards, load.connections, load.requests or load.connections)
    connections = split_evenly(load.connections, shards)
    warmups = split_evenly(load.warmup_requests, shards)
    requests = split_evenly(load.requests, shards) if load.requests is not None else (None,) * shards
    return [
        msgspec.structs.replace(load, connections=connections[i], requests=requests[i], warmup_requests=warmups[i])
        for i in range(shards)
    ]


def _split_open(load: OpenLoop, shards: int) -> list[Load]:
    shards = min(shards, load.connections, max(1, int(load.rate_rps * load.duration_s)))
    return [
        msgspec.structs.replace(load, connections=connections) for connections in split_evenly(load.connections, shards)
    ]
