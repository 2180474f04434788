"""The measurement that the results of all shards add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain

from stackduel.load.recording.shard_result import ShardResult, Slice
from stackduel.model.histogram import Histogram, sum_by_name, summarise
from stackduel.model.measurement import CallCount, GeneratorUse, Measurement, Outcome, Warmup, Window
from stackduel.model.stream_figures import StreamFigures


def merge(results: Sequence[ShardResult]) -> Measurement:
    """Return the measurement that all shards of a load made together; raises ValueError when there are none.

    The duration is that of the shard that took longest.
    """
    if not results:
        raise ValueError("there is nothing to merge")
    tallies = [each.tally for each in results]
    duration_s = max(each.duration_s for each in results)
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
        service=Histogram.sum_of_known([tally.service for tally in tallies]),
        lateness=Histogram.sum_of_known([tally.lateness for tally in tallies]),
        dispatch=Histogram.sum_of_known([tally.dispatch for tally in tallies]),
        first_byte=Histogram.sum_of_known([tally.first_byte for tally in tallies]),
        spans=sum_by_name([tally.spans for tally in tallies]),
        streams=StreamFigures.sum(tally.streams for tally in tallies),
        calls=tuple(_sum_calls(each) for each in zip(*(tally.calls for tally in tallies), strict=True)),
        victim=next((each.victim for each in results if each.victim), None),
        scheduled=_sum_scheduled([each.scheduled for each in results]),
        completed=sum(tally.completed for tally in tallies),
        timeline=merge_timelines([tally.timeline for tally in tallies], duration_s),
        reconnects=sum(each.reconnects for each in results),
        resent=sum(each.resent for each in results),
        drained=all(each.drained for each in results),
        in_flight_mean=sum(tally.in_flight_s for tally in tallies) / duration_s if duration_s else 0.0,
        warmup=_sum_warmups([each.warmup for each in results]),
        generator=_sum_use([each.generator for each in results]),
        failed_answer=next((each.failed_answer for each in results if each.failed_answer), None),
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
    known = [warmup.stable for warmup in warmups if warmup.stable is not None]
    return Warmup(
        requests=sum(warmup.requests for warmup in warmups),
        duration_s=max(warmup.duration_s for warmup in warmups),
        stable=all(known) if known else None,
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
