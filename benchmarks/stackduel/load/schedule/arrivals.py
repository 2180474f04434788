"""When the requests of an open loop are sent, and which call each request of a mix is.

All arrivals of the window are computed before anything is sent. Each shard has its own: staggered against those of the
other shards (constant), or drawn independently of them (Poisson).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, count, repeat
from math import ceil

import numpy as np

from stackduel.model.histogram import Seconds
from stackduel.model.suite import OpenLoop

# Each kind of draw has its own random stream, so that none depends on how many others were drawn.
_WINDOW, _WARMUP, _MIX = 0, 1, 2
_DRAWN_AT_ONCE = 1024


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


def _gaps(rate_rps: float, seed: int, shard: int, stream: int) -> Iterator[Seconds]:
    """Exponential gaps between the arrivals of a Poisson process, in batches, without an end."""
    generator = np.random.default_rng([seed % 2**64, shard, stream])
    while True:
        yield generator.exponential(1 / rate_rps, _DRAWN_AT_ONCE)
