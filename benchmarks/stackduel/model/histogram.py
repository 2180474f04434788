"""A mergeable latency histogram in HdrHistogram's log-linear layout.

Every value is kept to 3 significant digits: exactly below 2,048 ns, and above that in buckets no wider than a
1,024th of the values in them. The histograms of shards therefore add up to the very histogram that one process
would have made, and each can be exported in HdrHistogram's own format (http://hdrhistogram.org).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import mul

import numpy as np
from numpy.typing import NDArray

from stackduel.model import hdr

Nanoseconds = NDArray[np.int64]
Seconds = NDArray[np.float64]

MAX_VALUE_NS = 3_600 * 1_000_000_000

# 3 digits need 2,000 steps of one unit. Rounded up to 2,048, of which each octave above uses the upper half.
_HALF_BITS = 10
_LINEAR_MASK = (2 << _HALF_BITS) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """How many values fell into each bucket: ``counts[i]`` into bucket ``first + i`` of the layout.

    Values are durations from 0 to ``MAX_VALUE_NS``; longer ones count as that, and in ``clamped``. Sum and
    extremes are exact, unless the histogram was decoded from the interchange format, which lacks them.
    """

    first: int
    counts: NDArray[np.int64]
    total_ns: int
    min_ns: int
    max_ns: int
    clamped: int = 0

    @staticmethod
    def empty() -> Histogram:
        """Return the histogram of no values."""
        return Histogram(first=0, counts=np.zeros(0, np.int64), total_ns=0, min_ns=0, max_ns=0)

    @staticmethod
    def of(values_ns: Nanoseconds) -> Histogram:
        """Return the histogram of a one-dimensional array of durations; raises ValueError on a negative one."""
        if not values_ns.size:
            return Histogram.empty()
        if int(values_ns.min()) < 0:
            raise ValueError("a duration cannot be negative")
        values = np.minimum(values_ns, MAX_VALUE_NS)
        indices = _bucket_of(values)
        first = int(indices.min())
        return Histogram(
            first=first,
            counts=np.bincount(indices - first).astype(np.int64, copy=False),
            total_ns=_exact_sum(values),
            min_ns=int(values.min()),
            max_ns=int(values.max()),
            clamped=int(np.count_nonzero(values_ns > MAX_VALUE_NS)),
        )

    def merge(self, other: Histogram) -> Histogram:
        """Return the histogram of both sets of values."""
        if not self.counts.size or not other.counts.size:
            return self if self.counts.size else other
        first = min(self.first, other.first)
        counts = np.zeros(max(self.first + self.counts.size, other.first + other.counts.size) - first, np.int64)
        for part in (self, other):
            counts[part.first - first :][: part.counts.size] += part.counts
        return Histogram(
            first=first,
            counts=counts,
            total_ns=self.total_ns + other.total_ns,
            min_ns=min(self.min_ns, other.min_ns),
            max_ns=max(self.max_ns, other.max_ns),
            clamped=self.clamped + other.clamped,
        )

    __add__ = merge

    @staticmethod
    def sum(histograms: Iterable[Histogram]) -> Histogram:
        """Return the histogram of all values of several histograms; of none, the empty one."""
        return reduce(Histogram.merge, histograms, Histogram.empty())

    @staticmethod
    def sum_of_known(histograms: Iterable[Histogram | None]) -> Histogram | None:
        """Return the histogram of all values of those that are there; None where none is."""
        known = [each for each in histograms if each is not None]
        return Histogram.sum(known) if known else None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Histogram):
            return NotImplemented
        mine = (self.first, self.total_ns, self.min_ns, self.max_ns, self.clamped)
        theirs = (other.first, other.total_ns, other.min_ns, other.max_ns, other.clamped)
        return mine == theirs and np.array_equal(self.counts, other.counts)

    def __hash__(self) -> int:
        return hash((self.first, self.counts.size, self.total_ns, self.min_ns, self.max_ns, self.clamped))

    @property
    def count(self) -> int:
        """The number of values."""
        return int(self.counts.sum())

    @property
    def mean_ns(self) -> float:
        """The arithmetic mean; raises ValueError when there are no values."""
        if not self.counts.size:
            raise ValueError("an empty histogram has no mean")
        return self.total_ns / self.count

    @property
    def deviation_ns(self) -> float:
        """The standard deviation of a sample, from the middles of the buckets; not a number below two values."""
        if self.count < 2:
            return math.nan
        bounds = [_bounds_of(self.first + int(place)) for place in np.flatnonzero(self.counts)]
        middles = np.array([lowest + (width - 1) / 2 for lowest, width in bounds])
        squares = float((self.counts[self.counts > 0] * (middles - self.mean_ns) ** 2).sum())
        return math.sqrt(squares / (self.count - 1))

    def quantile_ns(self, q: float) -> int:
        """The nearest-rank quantile: the value at rank ``ceil(q * count)``, for 0 < q <= 1.

        As in HdrHistogram's ``getValueAtPercentile`` it is the highest value of that value's bucket; here it is
        never above the largest value there is. Raises ValueError for another q, and when there are no values.
        """
        if not 0 < q <= 1:
            raise ValueError(f"a quantile lies above 0 and not above 1, so not at {q}")
        if not self.counts.size:
            raise ValueError("an empty histogram has no quantiles")
        # From one step below q, as 0.07 * 100 = 7.000000000000001 would ask for the eighth value.
        rank = max(1, math.ceil(math.nextafter(q, 0.0) * self.count))
        lowest, width = _bounds_of(self.first + int(np.searchsorted(np.cumsum(self.counts), rank)))
        return min(lowest + width - 1, self.max_ns)

    def encode(self) -> str:
        """Return the counts in HdrHistogram's V2 compressed form, in base64."""
        return hdr.encode(self.first, self.counts, MAX_VALUE_NS)

    @staticmethod
    def decode(text: str) -> Histogram:
        """Read what ``encode``, or HdrHistogram with this layout, has written; raises ValueError on all else.

        The mean comes from the middles of the buckets and the extremes from their bounds, as in HdrHistogram.
        """
        indices, filled = hdr.decode(text)
        if not indices.size:
            return Histogram.empty()
        if int(indices[-1]) > _LAST_BUCKET:
            raise ValueError("a histogram of values above 3,600 s")
        first = int(indices[0])
        counts = np.zeros(int(indices[-1]) - first + 1, np.int64)
        counts[indices - first] = filled
        octaves = np.maximum((indices >> _HALF_BITS) - 1, 0)
        lowest, widths = (indices - (octaves << _HALF_BITS)) << octaves, 1 << octaves
        middles = lowest + widths // 2
        return Histogram(
            first=first,
            counts=counts,
            # As Python's integers: the sum of large counts would overflow 63 bits.
            total_ns=sum(map(mul, filled.tolist(), middles.tolist())),
            min_ns=int(lowest[0]),
            max_ns=min(int(lowest[-1] + widths[-1]) - 1, MAX_VALUE_NS),
        )


@dataclass(frozen=True, slots=True)
class LatencySummary:
    """Latencies in milliseconds; None where there were too few requests to tell."""

    mean: float | None = None
    min: float | None = None
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None
    p999: float | None = None
    max: float | None = None


def sum_by_name(parts: Iterable[Mapping[str, Histogram] | None]) -> dict[str, Histogram] | None:
    """Return the sums of histograms of one name over the parts that are there; None where none is."""
    known = [each for each in parts if each is not None]
    names = dict.fromkeys(name for each in known for name in each)
    return {name: Histogram.sum(each[name] for each in known if name in each) for name in names} if known else None


def summarise(histogram: Histogram) -> LatencySummary:
    """Return the figures of a histogram that tables show, without the percentiles that it is too small for."""
    if not histogram.counts.size:
        return LatencySummary()
    return LatencySummary(
        mean=histogram.mean_ns / 1e6,
        min=histogram.min_ns / 1e6,
        p50=percentile_ms(histogram, 0.5),
        p90=percentile_ms(histogram, 0.9),
        p95=percentile_ms(histogram, 0.95),
        p99=percentile_ms(histogram, 0.99),
        p999=percentile_ms(histogram, 0.999),
        max=histogram.max_ns / 1e6,
    )


def fewest_for(q: float) -> int:
    """From how many values on a q-quantile is shown: 459 for p99, 4,603 for p99.9.

    The smallest n with ``q**n <= 0.01``: with 99 % confidence the largest of n values is then above the true
    quantile (S. S. Wilks, Determination of sample sizes for setting tolerance limits, Ann. Math. Stat. 12, 1941).
    """
    return math.ceil(math.log(0.01) / math.log(q))


def percentile_ms(histogram: Histogram, q: float) -> float | None:
    """Return a q-quantile in milliseconds; None if the histogram is too small for it."""
    return histogram.quantile_ns(q) / 1e6 if histogram.count >= fewest_for(q) else None


def _bucket_of(values: Nanoseconds) -> Nanoseconds:
    """Return the index of each value's bucket, for values below 2**53."""
    # A double's exponent is the place of the highest bit set; the mask gives the linear part octave 0.
    bits = (values | _LINEAR_MASK).astype(np.float64).view(np.int64)
    octave = (bits >> 52) - (1023 + _HALF_BITS)
    return (octave << _HALF_BITS) + (values >> octave)


def _bounds_of(index: int) -> tuple[int, int]:
    """Return the lowest value of a bucket, and the number of values that it spans."""
    octave = max((index >> _HALF_BITS) - 1, 0)
    return (index - (octave << _HALF_BITS)) << octave, 1 << octave


def _exact_sum(values: Nanoseconds) -> int:
    # In two halves: three million values of an hour would overflow 63 bits.
    return (int((values >> 20).sum()) << 20) + int((values & 0xFFFFF).sum())


_LAST_BUCKET = int(_bucket_of(np.array([MAX_VALUE_NS]))[0])
