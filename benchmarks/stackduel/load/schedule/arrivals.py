"""The arrivals of an open loop, and the order of the calls in a mix.

All arrivals of the window are computed before anything is sent. Each shard has its own: staggered against those of the
other shards (constant), drawn independently of them (Poisson), or every so many-th of those of the whole (gamma).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, count, islice, repeat
from math import ceil

import numpy as np

from stackduel.model.histogram import Seconds
from stackduel.model.suite import OpenLoop

# Each kind of draw has its own random stream, so that no kind depends on the number of other draws.
_WINDOW, _WARMUP, _MIX = 0, 1, 2
_DRAWN_AT_ONCE = 1024


def arrivals_s(load: OpenLoop, shard: int, shards: int, seed: int) -> Seconds:
    """Return the scheduled times of this shard's requests in the window, in seconds from the opening, in order.

    Constant: one every ``1 / rate_rps`` over all shards, which take turns. Poisson: exponential gaps, drawn by seed
    and shard; as the shards' processes of ``rate_rps / shards`` are independent, together they are one of the whole
    rate (superposition: J. F. C. Kingman, Poisson Processes, 1993, section 2.2). Gamma: the shards take turns with the
    arrivals of one process, which each of them draws.
    """
    if load.arrivals == "constant":
        # Every shard computes all arrivals and takes its own: rounding can then neither lose nor double one.
        moments = np.arange(ceil(load.rate_rps * load.duration_s) + 1) / load.rate_rps
        moments = moments[shard::shards]
    else:
        gaps, end_s = [], 0.0
        batches = _gaps(load, shard, shards, seed, _WINDOW)
        while end_s < load.duration_s:
            gaps.append(next(batches))
            end_s += float(gaps[-1].sum())
        moments = np.cumsum(np.concatenate(gaps))
        moments = moments[shard::shards] if load.arrivals == "gamma" else moments
    return moments[moments < load.duration_s]


def endless_arrivals_s(load: OpenLoop, shard: int, shards: int, seed: int) -> Iterator[float]:
    """Yield endless arrivals of the same kind, drawn independently of those of the window."""
    if load.arrivals == "constant":
        return (number / load.rate_rps for number in count(shard, shards))
    gaps = chain.from_iterable(batch.tolist() for batch in _gaps(load, shard, shards, seed, _WARMUP))
    moments = accumulate(gaps)
    return islice(moments, shard, None, shards) if load.arrivals == "gamma" else moments


def drawn(weights: Sequence[float], shard: int, seed: int) -> Iterator[int]:
    """Yield the call's number for each request of a shard, in proportion to the calls' weights, endlessly.

    The order depends on the seed alone, not on the outcomes of requests.
    """
    if len(weights) == 1:
        return repeat(0)
    shares = np.array(weights) / sum(weights)
    generator = np.random.default_rng([seed % 2**64, shard, _MIX])
    batches = (generator.choice(len(weights), _DRAWN_AT_ONCE, p=shares).tolist() for _ in repeat(True))
    return chain.from_iterable(batches)


def _gaps(load: OpenLoop, shard: int, shards: int, seed: int, stream: int) -> Iterator[Seconds]:
    """Yield endless gaps between arrivals, in batches: a shard's own of a Poisson process, all of a gamma process."""
    if load.arrivals == "gamma":
        return _gamma_gaps(load.rate_rps, load.burstiness or 1.0, np.random.default_rng([seed % 2**64, 0, stream]))
    generator = np.random.default_rng([seed % 2**64, shard, stream])
    return (generator.exponential(1 / (load.rate_rps / shards), _DRAWN_AT_ONCE) for _ in repeat(True))


def _gamma_gaps(rate_rps: float, burstiness: float, generator: np.random.Generator) -> Iterator[Seconds]:
    """Yield gaps of a gamma distribution with this mean rate and index of dispersion.

    The index of a renewal process tends to the squared coefficient of variation of its gaps, which is 1 / shape. The
    process is stationary from its first moment on, which falls into a gap in proportion to the gap's length: a gap
    weighted so has the shape + 1 (D. R. Cox, Renewal Theory, 1962).
    """
    shape, scale_s = 1 / burstiness, burstiness / rate_rps
    yield np.array([generator.gamma(shape + 1, scale_s) * generator.random()])
    while True:
        yield generator.gamma(shape, scale_s, _DRAWN_AT_ONCE)
