"""The recorder against a plain count of the same requests, one by one."""

from __future__ import annotations

import tracemalloc
from math import ceil, inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.load.recording.recorder import Recorder
from stackduel.load.recording.timeline import MOST_SLICES, Timeline
from stackduel.model.histogram import Histogram
from stackduel.model.measurement import Outcome

OPENED_S, CLOSED_S = 10.0, 20.0
MOMENTS_S = st.integers(0, 300).map(lambda tenth: tenth / 10)
REQUESTS = st.lists(st.tuples(MOMENTS_S, MOMENTS_S, st.sampled_from(Outcome)), max_size=40)


def record(recorder: Recorder, sent_s: float, done_s: float, outcome: Outcome) -> None:
    """Record a request's end as a client does."""
    note_sent, note_done = recorder.appends
    if outcome is Outcome.OK:
        note_sent(sent_s)
        note_done(done_s)
    else:
        recorder.fail(outcome, sent_s, done_s)


@given(REQUESTS, REQUESTS, st.lists(MOMENTS_S, max_size=10))
def test_counts_and_times_are_those_of_a_plain_count(
    early: list[tuple[float, float, Outcome]],
    late: list[tuple[float, float, Outcome]],
    unanswered_s: list[float],
) -> None:
    """Whatever is sent and done when, each request is counted where it belongs, and the time in flight is exact."""
    requests = [(min(a, b), max(a, b), outcome) for a, b, outcome in early + late]
    recorder = Recorder(width_s=0.5)
    recorder.open(OPENED_S, CLOSED_S)
    for index, request in enumerate(requests):
        if index == len(early):
            recorder.fold()
        record(recorder, *request)
    recorder.close(CLOSED_S, unanswered_s)

    inside = [(sent, done, how) for sent, done, how in requests if OPENED_S <= done <= CLOSED_S]
    assert recorder.outcomes.total() == len(inside)
    assert all(recorder.outcomes[how] == sum(each[2] is how for each in inside) for how in Outcome)
    assert recorder.warmup_requests == sum(done < OPENED_S for _, done, _ in requests)
    cut_off = [sent for sent, done, _ in requests if done > CLOSED_S] + unanswered_s
    assert recorder.cut_off == sum(sent < CLOSED_S for sent in cut_off)
    assert recorder.cut_off_s == pytest.approx(sum(max(0.0, CLOSED_S - max(sent, OPENED_S)) for sent in cut_off))
    spans = [(sent, done) for sent, done, _ in requests] + [(sent, inf) for sent in unanswered_s]
    in_flight_s = sum(max(0.0, min(done, CLOSED_S) - max(sent, OPENED_S)) for sent, done in spans)
    assert recorder.in_flight_s == pytest.approx(in_flight_s)
    right = [round((done - sent) * 1e9) for sent, done, how in inside if how is Outcome.OK]
    assert recorder.tally().latency == Histogram.of(np.array(right, dtype=np.int64))
    slices = recorder.tally().timeline
    assert len(slices) == 20
    assert sum(each.failed for each in slices) == len(inside) - len(right)
    assert sum(each.latency.count for each in slices) == len(right)


def test_what_was_folded_before_the_opening_is_warm_up() -> None:
    """Before a window is known, everything is warm-up; afterwards only what was done before it opened."""
    recorder = Recorder(width_s=1.0)
    record(recorder, 1.0, 2.0, Outcome.OK)
    assert recorder.fold() == 0
    assert recorder.warmup_requests == 1
    record(recorder, 2.0, 9.9, Outcome.OK)
    recorder.open(OPENED_S, CLOSED_S)
    record(recorder, 9.9, 10.4, Outcome.OK)
    assert recorder.fold() == 1
    assert recorder.warmup_requests == 2
    assert recorder.in_flight_s == pytest.approx(0.4)


def test_the_last_answer_closes_an_open_window() -> None:
    """A window without an end has the last answer in it, be it wrong."""
    recorder = Recorder(width_s=0.1)
    recorder.open(OPENED_S)
    record(recorder, 10.0, 10.3, Outcome.OK)
    record(recorder, 10.0, 10.45, Outcome.TIMEOUT)
    recorder.fold()
    assert recorder.last_done_s == 10.45
    recorder.close(recorder.last_done_s, [])
    assert [(each.latency.count, each.failed) for each in recorder.tally().timeline] == [
        (0, 0), (0, 0), (0, 0), (1, 0), (0, 1),
    ]  # fmt: skip


def test_ten_times_as_many_requests_take_no_more_memory() -> None:
    """Memory is bounded by what comes between two folds, not by how many requests there are."""

    def peak(requests: int) -> int:
        recorder = Recorder(width_s=0.1)
        recorder.open(0.0, 5.0)
        note_sent, note_done = recorder.appends
        tracemalloc.start()
        try:
            for number in range(requests):
                done_s = 5.0 * number / requests
                note_sent(done_s - 0.001 - (number % 1000) * 1e-6)
                note_done(done_s)
                if number % 4_000 == 0:
                    recorder.fold()
            recorder.close(5.0, [])
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(400_000) < 1.5 * peak(40_000)


@given(st.lists(st.floats(0, 500, exclude_max=True), min_size=1, max_size=50), st.floats(0, 1))
def test_a_timeline_stays_small_and_loses_nothing(moments_s: list[float], share_failed: float) -> None:
    """However long a load takes, its timeline has few slices, of one width, that hold every request at its time."""
    timeline = Timeline(width_s=0.1)
    failures = round(share_failed * len(moments_s))
    duration_s = max(moments_s) + 0.001
    for index, moment_s in enumerate(moments_s):
        moment, none = np.array([moment_s]), np.array([], dtype=np.float64)
        if index < failures:
            timeline.add(none, np.array([], dtype=np.int64), moment)
        else:
            timeline.add(moment, np.array([1_000 + index]), none)
    slices = timeline.slices(duration_s)
    (width_s,) = {each.width_s for each in slices}
    assert len(slices) == ceil(duration_s / width_s - 1e-6) <= MOST_SLICES
    assert sum(each.failed for each in slices) == failures
    for each in slices:
        held = [i for i, at in enumerate(moments_s) if i >= failures and int(at / width_s) == round(each.t_s / width_s)]
        assert each.latency.count == len(held)


def test_a_timeline_of_no_time_is_empty() -> None:
    """A window of no duration has no slices."""
    assert Timeline(width_s=0.1).slices(0.0) == ()


def test_the_recent_latency_is_the_median_of_the_last_folds() -> None:
    """Right answers alone, and none of what is longer ago; before there are any nothing is told."""
    recorder = Recorder(width_s=0.5)
    recorder.open(OPENED_S, CLOSED_S)
    assert recorder.recent_ms() is None
    for number in range(8):
        sent_s = OPENED_S + 0.1 * number
        record(recorder, sent_s, sent_s + 0.01 * (number + 1), Outcome.OK)
        record(recorder, sent_s, sent_s + 0.05, Outcome.STATUS)
        recorder.fold()
    assert recorder.recent_ms() == pytest.approx(60.0)
