"""What one shard found, and the measurement that the parts of all shards add up to (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from itertools import chain
from typing import Any

from benchmarks.histogram import Histogram, summarise
from benchmarks.measurement import GeneratorUse, Measurement, Outcome, Warmup, Window


@dataclass(frozen=True, slots=True)
class Slice:
    """What completed within ``width_s`` from ``t_s`` after the opening on."""

    t_s: float
    width_s: float
    failed: int
    latency: Histogram


@dataclass(frozen=True, slots=True)
class Part:
    """What one shard found: sums, that add up exactly to those of the whole.

    ``in_flight_s`` is the time that its requests spent unanswered within the window, all together;
    ``cut_off_s`` is that of those cut off.
    """

    outcomes: Mapping[str, int]
    cut_off: int
    cut_off_s: float
    duration_s: float
    latency: Histogram
    timeline: tuple[Slice, ...]
    reconnects: int
    resent: int
    in_flight_s: float
    warmup: Warmup
    generator: GeneratorUse

    def to_json(self) -> dict[str, Any]:
        """The part as JSON values."""
        return {
            "outcomes": dict(self.outcomes),
            "cut_off": self.cut_off,
            "cut_off_s": self.cut_off_s,
            "duration_s": self.duration_s,
            "latency": _histogram_to_json(self.latency),
            "timeline": [
                [each.t_s, each.width_s, each.failed, _histogram_to_json(each.latency)] for each in self.timeline
            ],
            "reconnects": self.reconnects,
            "resent": self.resent,
            "in_flight_s": self.in_flight_s,
            "warmup": list(self.warmup),
            "generator": asdict(self.generator),
        }

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> Part:
        """The part that ``to_json`` gave; raises KeyError, TypeError or ValueError on anything else."""
        generator = document["generator"]
        return Part(
            **{
                **document,
                "latency": _histogram_from_json(document["latency"]),
                "timeline": tuple(
                    Slice(t_s, width_s, failed, _histogram_from_json(latency))
                    for t_s, width_s, failed, latency in document["timeline"]
                ),
                "warmup": Warmup(*document["warmup"]),
                "generator": GeneratorUse(**{**generator, "cores": tuple(generator["cores"])}),
            }
        )


def merge(parts: Sequence[Part]) -> Measurement:
    """The measurement that all shards of a load made together; raises ValueError when there are none.

    The duration is that of the shard that took longest.
    """
    if not parts:
        raise ValueError("there is nothing to merge")
    duration_s = max(part.duration_s for part in parts)
    outcomes = _sum_outcomes([part.outcomes for part in parts])
    requests, succeeded = sum(outcomes.values()), outcomes.get(Outcome.OK, 0)
    return Measurement(
        requests=requests,
        succeeded=succeeded,
        failed=requests - succeeded,
        cut_off=sum(part.cut_off for part in parts),
        cut_off_s=sum(part.cut_off_s for part in parts),
        outcomes=outcomes,
        duration_s=duration_s,
        latency=_sum_histograms([part.latency for part in parts]),
        service=None,
        lateness=None,
        first_byte=None,
        calls=(),
        victim=None,
        scheduled=None,
        completed=succeeded,
        timeline=merge_timelines([part.timeline for part in parts], duration_s),
        reconnects=sum(part.reconnects for part in parts),
        resent=sum(part.resent for part in parts),
        in_flight_mean=sum(part.in_flight_s for part in parts) / duration_s if duration_s else 0.0,
        warmup=Warmup(
            requests=sum(part.warmup.requests for part in parts),
            duration_s=max(part.warmup.duration_s for part in parts),
        ),
        generator=_sum_use([part.generator for part in parts]),
    )


def merge_timelines(timelines: Sequence[Sequence[Slice]], duration_s: float) -> tuple[Window, ...]:
    """The slices of all shards on the coarsest of their grids.

    The grids are those of one first width, doubled as often as each shard had to, so that no slice straddles
    two windows.
    """
    width_s = max((each.width_s for each in chain.from_iterable(timelines)), default=0.0)
    grid: dict[int, list[Slice]] = {}
    for each in chain.from_iterable(timelines):
        # A hair is added, as 0.6 / 0.2 is 2.9999999999999996.
        grid.setdefault(int(each.t_s / width_s + 1e-6), []).append(each)
    return tuple(
        _window(number * width_s, min(width_s, duration_s - number * width_s), grid.get(number, ()))
        for number in range(max(grid, default=-1) + 1)
    )


def _window(t_s: float, width_s: float, slices: Sequence[Slice]) -> Window:
    latency = _sum_histograms([each.latency for each in slices])
    failed = sum(each.failed for each in slices)
    summary = summarise(latency)
    return Window(
        t_s=t_s,
        width_s=width_s,
        requests=latency.count + failed,
        failed=failed,
        p50_ms=summary.p50,
        p99_ms=summary.p99,
    )


def _sum_outcomes(outcomes: Sequence[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for each in outcomes:
        total.update(each)
    return dict(total)


def _sum_histograms(histograms: Sequence[Histogram]) -> Histogram:
    return reduce(Histogram.merge, histograms, Histogram.empty())


def _sum_use(uses: Sequence[GeneratorUse]) -> GeneratorUse:
    return GeneratorUse(
        driver="+".join(sorted({use.driver for use in uses})),
        shards=sum(use.shards for use in uses),
        cpu_s=sum(use.cpu_s for use in uses),
        busiest=max(use.busiest for use in uses),
        cores=tuple(sorted({core for use in uses for core in use.cores})),
        pinned=all(use.pinned for use in uses),
        loop="+".join(sorted({use.loop for use in uses})),
    )


def _histogram_to_json(histogram: Histogram) -> list[Any]:
    # The interchange format carries the counts alone: what is exact travels beside it.
    return [histogram.encode(), histogram.total_ns, histogram.min_ns, histogram.max_ns, histogram.clamped]


def _histogram_from_json(document: Sequence[Any]) -> Histogram:
    text, total_ns, min_ns, max_ns, clamped = document
    counted = Histogram.decode(text)
    return Histogram(counted.first, counted.counts, total_ns, min_ns, max_ns, clamped)
