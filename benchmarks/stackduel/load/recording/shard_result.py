"""What one shard found, and the measurement that the parts of all shards add up to (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

from stackduel.model.histogram import Histogram, summarise
from stackduel.model.measurement import CallCount, GeneratorUse, Measurement, Outcome, Victim, Warmup, Window


@dataclass(frozen=True, slots=True)
class Slice:
    """What completed within ``width_s`` from ``t_s`` after the opening on."""

    t_s: float
    width_s: float
    failed: int
    latency: Histogram


@dataclass(frozen=True, slots=True)
class Tally:
    """What a recorder counted in its window: sums, that add up exactly to those of the whole.

    ``in_flight_s`` is the time that its requests spent unanswered within the window, all together; ``cut_off_s`` is
    that of those cut off. The rest is as in ``Measurement``.
    """

    outcomes: Mapping[str, int]
    completed: int
    cut_off: int
    cut_off_s: float
    in_flight_s: float
    latency: Histogram
    service: Histogram | None
    lateness: Histogram | None
    dispatch: Histogram | None
    first_byte: Histogram | None
    spans: Mapping[str, Histogram] | None
    calls: tuple[CallCount, ...]
    timeline: tuple[Slice, ...]

    def to_json(self) -> dict[str, Any]:
        """The tally as JSON values."""
        return {
            "outcomes": dict(self.outcomes),
            "completed": self.completed,
            "cut_off": self.cut_off,
            "cut_off_s": self.cut_off_s,
            "in_flight_s": self.in_flight_s,
            **{name: _optional_to_json(getattr(self, name)) for name in _HISTOGRAMS},
            "spans": _each_to_json(self.spans),
            "calls": [_count_to_json(call) for call in self.calls],
            "timeline": [
                [each.t_s, each.width_s, each.failed, _histogram_to_json(each.latency)] for each in self.timeline
            ],
        }

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> Tally:
        """The tally that ``to_json`` gave; raises KeyError, TypeError or ValueError on anything else."""
        return Tally(
            **{
                **document,
                **{name: _optional_from_json(document[name]) for name in _HISTOGRAMS},
                "spans": _each_from_json(document["spans"]),
                "calls": tuple(CallCount(*_count_from_json(call)) for call in document["calls"]),
                "timeline": tuple(
                    Slice(t_s, width_s, failed, _histogram_from_json(latency))
                    for t_s, width_s, failed, latency in document["timeline"]
                ),
            }
        )


@dataclass(frozen=True, slots=True)
class ShardResult:
    """What one shard found."""

    tally: Tally
    scheduled: int | None
    victim: Victim | None
    duration_s: float
    reconnects: int
    resent: int
    drained: bool
    warmup: Warmup
    generator: GeneratorUse

    def to_json(self) -> dict[str, Any]:
        """The part as JSON values."""
        return {
            "tally": self.tally.to_json(),
            "scheduled": self.scheduled,
            "victim": _count_to_json(self.victim) if self.victim else None,
            "duration_s": self.duration_s,
            "reconnects": self.reconnects,
            "resent": self.resent,
            "drained": self.drained,
            "warmup": asdict(self.warmup),
            "generator": asdict(self.generator),
        }

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> ShardResult:
        """The part that ``to_json`` gave; raises KeyError, TypeError or ValueError on anything else."""
        generator, victim = document["generator"], document["victim"]
        return ShardResult(
            **{
                **document,
                "tally": Tally.from_json(document["tally"]),
                "victim": Victim(*_count_from_json(victim)) if victim else None,
                "warmup": Warmup(**document["warmup"]),
                "generator": GeneratorUse(**{**generator, "cores": tuple(generator["cores"])}),
            }
        )


def merge(parts: Sequence[ShardResult]) -> Measurement:
    """The measurement that all shards of a load made together; raises ValueError when there are none.

    The duration is that of the shard that took longest.
    """
    if not parts:
        raise ValueError("there is nothing to merge")
    tallies = [part.tally for part in parts]
    duration_s = max(part.duration_s for part in parts)
    outcomes = _sum_outcomes([tally.outcomes for tally in tallies])
    requests, succeeded = sum(outcomes.values()), outcomes.get(Outcome.OK, 0)
    return Measurement(
        requests=requests,
        succeeded=succeeded,
        failed=requests - succeeded,
        cut_off=sum(tally.cut_off for tally in tallies),
        cut_off_s=sum(tally.cut_off_s for tally in tallies),
        outcomes=outcomes,
        duration_s=duration_s,
        latency=Histogram.sum([tally.latency for tally in tallies]),
        service=_sum_optional([tally.service for tally in tallies]),
        lateness=_sum_optional([tally.lateness for tally in tallies]),
        dispatch=_sum_optional([tally.dispatch for tally in tallies]),
        first_byte=_sum_optional([tally.first_byte for tally in tallies]),
        spans=_sum_spans([tally.spans for tally in tallies]),
        calls=tuple(_sum_calls(each) for each in zip(*(tally.calls for tally in tallies), strict=True)),
        victim=next((part.victim for part in parts if part.victim), None),
        scheduled=_sum_scheduled([part.scheduled for part in parts]),
        completed=sum(tally.completed for tally in tallies),
        timeline=merge_timelines([tally.timeline for tally in tallies], duration_s),
        reconnects=sum(part.reconnects for part in parts),
        resent=sum(part.resent for part in parts),
        drained=all(part.drained for part in parts),
        in_flight_mean=sum(tally.in_flight_s for tally in tallies) / duration_s if duration_s else 0.0,
        warmup=_sum_warmups([part.warmup for part in parts]),
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
    latency = Histogram.sum([each.latency for each in slices])
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


def _sum_optional(histograms: Sequence[Histogram | None]) -> Histogram | None:
    """The sum of what all shards or none have."""
    there = [histogram for histogram in histograms if histogram is not None]
    return Histogram.sum(there) if there else None


def _sum_spans(spans: Sequence[Mapping[str, Histogram] | None]) -> dict[str, Histogram] | None:
    there = [each for each in spans if each is not None]
    names = dict.fromkeys(name for each in there for name in each)
    return {name: Histogram.sum([each[name] for each in there if name in each]) for name in names} if there else None


def _sum_scheduled(counts: Sequence[int | None]) -> int | None:
    there = [count for count in counts if count is not None]
    return sum(there) if there else None


def _sum_calls(calls: Sequence[CallCount]) -> CallCount:
    return CallCount(
        label=calls[0].label,
        requests=sum(call.requests for call in calls),
        failed=sum(call.failed for call in calls),
        latency=Histogram.sum([call.latency for call in calls]),
    )


def _sum_warmups(warmups: Sequence[Warmup]) -> Warmup:
    """All requests and the longest time; stable where every shard that was asked was so."""
    told = [warmup.stable for warmup in warmups if warmup.stable is not None]
    return Warmup(
        requests=sum(warmup.requests for warmup in warmups),
        duration_s=max(warmup.duration_s for warmup in warmups),
        stable=all(told) if told else None,
    )


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


_HISTOGRAMS = ("latency", "service", "lateness", "dispatch", "first_byte")


def _count_to_json(count: CallCount | Victim) -> list[Any]:
    return [count.label, count.requests, count.failed, _histogram_to_json(count.latency)]


def _count_from_json(document: Sequence[Any]) -> tuple[str, int, int, Histogram]:
    label, requests, failed, latency = document
    return label, requests, failed, _histogram_from_json(latency)


def _optional_to_json(histogram: Histogram | None) -> list[Any] | None:
    return None if histogram is None else _histogram_to_json(histogram)


def _optional_from_json(document: Sequence[Any] | None) -> Histogram | None:
    return None if document is None else _histogram_from_json(document)


def _each_to_json(spans: Mapping[str, Histogram] | None) -> dict[str, Any] | None:
    return None if spans is None else {name: _histogram_to_json(span) for name, span in spans.items()}


def _each_from_json(document: Mapping[str, Any] | None) -> dict[str, Histogram] | None:
    return None if document is None else {name: _histogram_from_json(span) for name, span in document.items()}


def _histogram_to_json(histogram: Histogram) -> list[Any]:
    # The interchange format carries the counts alone: what is exact travels beside it.
    return [histogram.encode(), histogram.total_ns, histogram.min_ns, histogram.max_ns, histogram.clamped]


def _histogram_from_json(document: Sequence[Any]) -> Histogram:
    text, total_ns, min_ns, max_ns, clamped = document
    counted = Histogram.decode(text)
    return Histogram(counted.first, counted.counts, total_ns, min_ns, max_ns, clamped)
