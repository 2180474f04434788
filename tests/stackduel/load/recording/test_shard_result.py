"""Shards' parts: through JSON without loss, and merged into what one shard would have found."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackduel.load.recording.merging import merge, merge_timelines
from stackduel.load.recording.shard_result import ShardResult, Slice, Tally
from stackduel.model.histogram import Histogram, summarise
from stackduel.model.measurement import CallCount, FailedAnswer, GeneratorUse, Outcome, Victim, Warmup, Window
from stackduel.model.stream_figures import COUNTS, MAPPINGS, TIMES, StreamFigures

LATENCIES_NS = st.lists(st.integers(0, 10**10), max_size=20)


def histogram(values_ns: list[int]) -> Histogram:
    """The histogram of a list."""
    return Histogram.of(np.array(values_ns, dtype=np.int64))


@st.composite
def stream_figures(draw: st.DrawFn) -> StreamFigures:
    """Any figures of streams."""
    counts: dict[str, Any] = {name: draw(st.integers(0, 99)) for name in COUNTS}
    mappings: dict[str, Any] = {
        name: draw(st.dictionaries(st.integers(1, 20), st.integers(1, 99))) for name in MAPPINGS
    }
    times: dict[str, Any] = {name: histogram(draw(LATENCIES_NS)) for name in TIMES}
    bands = draw(st.dictionaries(st.sampled_from([1, 2, 4, 8]), LATENCIES_NS.map(histogram)))
    return StreamFigures(**counts, **mappings, **times, added_by_number=dict(sorted(bands.items())))


@st.composite
def parts(draw: st.DrawFn) -> ShardResult:
    """Any part of a window of ten seconds."""
    timeline = [
        Slice(float(number), 1.0, draw(st.integers(0, 5)), histogram(draw(LATENCIES_NS))) for number in range(10)
    ]
    latency = histogram([])
    for each in timeline:
        latency += each.latency
    failed = sum(each.failed for each in timeline)
    open_loop = draw(st.booleans())
    tally = Tally(
        outcomes={Outcome.OK: latency.count, Outcome.RESET: failed},
        completed=latency.count,
        cut_off_s=0.0,
        cut_off=draw(st.integers(0, 64)),
        in_flight_s=float(draw(st.integers(0, 640))),
        latency=latency,
        service=latency if open_loop else None,
        lateness=histogram(draw(LATENCIES_NS)) if open_loop else None,
        dispatch=histogram(draw(LATENCIES_NS)) if open_loop else None,
        first_byte=draw(st.none() | LATENCIES_NS.map(histogram)),
        spans=draw(
            st.none() | st.dictionaries(st.sampled_from(["app", "infer", "total"]), LATENCIES_NS.map(histogram))
        ),
        calls=(CallCount("GET /a", latency.count, 0, latency), CallCount("GET /b", failed, failed, histogram([]))),
        timeline=tuple(timeline),
        streams=draw(st.none() | stream_figures()),
    )
    return ShardResult(
        tally=tally,
        scheduled=latency.count + failed if open_loop else None,
        victim=draw(st.none() | LATENCIES_NS.map(lambda each: Victim("GET /v", len(each), 0, histogram(each)))),
        duration_s=10.0,
        reconnects=draw(st.integers(0, 9)),
        resent=draw(st.integers(0, 9)),
        drained=draw(st.booleans()),
        warmup=Warmup(draw(st.integers(0, 100)), float(draw(st.integers(0, 3))), draw(st.none() | st.booleans())),
        generator=GeneratorUse("raw", 1, 0.5, 0.05, (draw(st.integers(0, 7)),), draw(st.booleans()), "uvloop"),
        failed_answer=draw(
            st.none()
            | st.builds(
                FailedAnswer,
                st.integers(200, 599),
                st.binary(max_size=20),
                st.integers(0, 3),
                st.sampled_from(["", "event 2 came twice"]),
            )
        ),
    )


@settings(deadline=None, max_examples=25)
@given(parts())
def test_a_part_survives_json(part: ShardResult) -> None:
    """The line that a shard writes is what the engine reads, exact sums and extremes included."""
    assert ShardResult.from_json(json.loads(json.dumps(part.to_json()))) == part


@settings(deadline=None, max_examples=25)
@given(st.lists(parts(), min_size=1, max_size=3))
def test_merged_parts_add_up(found: list[ShardResult]) -> None:
    """Every count of the whole is the sum of the shards', and its latencies are those of all of them."""
    merged = merge(found)
    latency = histogram([])
    for part in found:
        latency += part.tally.latency
    assert merged.latency == latency
    assert merged.requests == sum(merged.outcomes.values()) == merged.succeeded + merged.failed
    assert merged.succeeded == latency.count
    assert merged.cut_off == sum(part.tally.cut_off for part in found)
    assert merged.in_flight_mean == pytest.approx(sum(part.tally.in_flight_s for part in found) / 10)
    assert merged.warmup.requests == sum(part.warmup.requests for part in found)
    assert merged.completed == merged.succeeded
    assert [call.label for call in merged.calls] == ["GET /a", "GET /b"]
    assert sum(call.requests for call in merged.calls) == merged.requests
    assert merged.calls[0].latency == latency
    for name in ("service", "lateness", "dispatch", "first_byte"):
        there = [each for part in found if (each := getattr(part.tally, name)) is not None]
        whole = getattr(merged, name)
        assert (whole is None) is (not there)
        assert not there or whole.count == sum(each.count for each in there)
    streams = [part.tally.streams for part in found if part.tally.streams is not None]
    assert (merged.streams is None) is (not streams)
    if merged.streams is not None:
        assert merged.streams.events == sum(each.events for each in streams)
        assert merged.streams.cut_short.get(17, 0) == sum(each.cut_short.get(17, 0) for each in streams)
        assert merged.streams.added == Histogram.sum(each.added for each in streams)
    scheduled = [part.scheduled for part in found if part.scheduled is not None]
    assert merged.scheduled == (sum(scheduled) if scheduled else None)
    assert merged.victim in [part.victim for part in found]
    timings = [part.warmup.stable for part in found if part.warmup.stable is not None]
    assert merged.warmup.stable == (all(timings) if timings else None)
    assert merged.generator.shards == len(found)
    assert merged.generator.cpu_s == pytest.approx(0.5 * len(found))
    assert merged.generator.pinned is all(part.generator.pinned for part in found)
    assert len(merged.timeline) == 10
    for number, window in enumerate(merged.timeline):
        together = histogram([])
        for part in found:
            together += part.tally.timeline[number].latency
        assert window.requests == together.count + sum(part.tally.timeline[number].failed for part in found)
        assert window.p50_ms == summarise(together).p50


def test_nothing_cannot_be_merged() -> None:
    """A load without shards is an error, not a measurement of zero requests."""
    with pytest.raises(ValueError, match="nothing"):
        merge([])


def test_timelines_of_different_widths_meet_on_the_coarsest() -> None:
    """A shard that took longer has wider slices: the finer ones of the other fall into them."""
    fine = tuple(Slice(0.1 * i, 0.1, 0, histogram([10**6])) for i in range(7))
    coarse = tuple(Slice(0.2 * i, 0.2, 1, histogram([10**6])) for i in range(5))
    merged = merge_timelines([fine, coarse], duration_s=0.95)
    assert [round(window.t_s, 9) for window in merged] == [0.0, 0.2, 0.4, 0.6, 0.8]
    assert [window.requests for window in merged] == [4, 4, 4, 3, 2]
    assert [window.failed for window in merged] == [1, 1, 1, 1, 1]
    assert [round(window.width_s, 9) for window in merged] == [0.2, 0.2, 0.2, 0.2, 0.15]


def test_no_timeline_is_no_timeline() -> None:
    """Without slices there are no windows."""
    assert merge_timelines([(), ()], duration_s=0.0) == ()


def test_a_window_without_enough_requests_has_no_percentiles() -> None:
    """A percentile that cannot be known is None."""
    (window,) = merge_timelines([(Slice(0.0, 1.0, 2, histogram([10**6] * 10)),)], duration_s=1.0)
    assert window == Window(t_s=0.0, width_s=1.0, requests=12, failed=2, p50_ms=1.0, p99_ms=None)
