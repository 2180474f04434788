"""The ledgers against a plain count of the same requests, one by one."""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass
from math import nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.load.drivers.request import PreparedRequest
from stackduel.load.drivers.scheduled_connection import ScheduledRequest
from stackduel.load.recording.request_log import OpenRequestLog, RecordedDetails, RequestLog
from stackduel.model.histogram import Histogram
from stackduel.model.measurement import Expectation, Outcome

OPENED_S, CLOSED_S, TIMEOUT_S = 10.0, 20.0, 3.0
CALLS = tuple(PreparedRequest(number, b"", Expectation(200), None, idempotent=True) for number in range(2))
LABELS = ("GET /a", "GET /b")


@dataclass
class Ended:
    """A request that ended."""

    call: int
    outcome: Outcome
    intended_s: float
    sent_s: float
    first_s: float
    done_s: float

    def enter(self, log: RequestLog) -> None:
        scheduled = ScheduledRequest(self.intended_s, CALLS[self.call], self.intended_s)
        log.record(scheduled, self.outcome, self.sent_s, self.first_s, self.done_s)


@st.composite
def requests(draw: st.DrawFn) -> Ended:
    """A request of an open loop: sent when it was to be or later, and over later still."""
    outcome = draw(st.sampled_from(Outcome))
    steps = [draw(st.integers(0, 40)) / 10 for _ in range(3)]
    intended_s = draw(st.integers(0, 250)) / 10
    sent_s = intended_s + steps[0]
    first_s = sent_s + steps[1] if outcome is Outcome.OK else nan
    return Ended(
        draw(st.integers(0, 1)), outcome, intended_s, sent_s, first_s, sent_s + steps[1] + steps[2]
    )  # fmt: skip


def histogram(seconds: list[float]) -> Histogram:
    """The histogram of a list of durations."""
    return Histogram.of(np.rint(np.array(seconds) * 1e9).astype(np.int64))


@given(st.lists(requests(), max_size=40), st.integers(0, 40))
def test_an_open_loop_counts_what_was_to_be_sent_in_the_window(ended: list[Ended], folded_after: int) -> None:
    """Whenever it was sent and done: by outcome, by call, from the intended time, and censored at the timeout."""
    log = OpenRequestLog(0.5, RecordedDetails(LABELS, first_byte=True), timeout_s=TIMEOUT_S)
    log.open(OPENED_S, CLOSED_S)
    for number, each in enumerate(ended):
        if number == folded_after:
            log.fold()
        each.enter(log)
    log.close(CLOSED_S, ())
    tally = log.tally()

    mine = [each for each in ended if OPENED_S <= each.intended_s <= CLOSED_S]
    right = [each for each in mine if each.outcome is Outcome.OK]
    censored = [each for each in mine if each.outcome in {Outcome.TIMEOUT, Outcome.UNSENT}]
    assert sum(tally.outcomes.values()) == len(mine)
    assert all(tally.outcomes.get(how, 0) == sum(each.outcome is how for each in mine) for how in Outcome)
    assert tally.completed == sum(each.done_s <= CLOSED_S for each in right)
    assert (tally.cut_off, tally.cut_off_s) == (0, 0.0)
    waits_s = [each.done_s - each.intended_s for each in right]
    waits_s += [max(each.done_s - each.intended_s, TIMEOUT_S) for each in censored]
    assert tally.latency == histogram(waits_s)
    assert tally.service == histogram([each.done_s - each.sent_s for each in right])
    sent = [each for each in mine if each.outcome is not Outcome.UNSENT]
    assert tally.lateness == histogram([each.sent_s - each.intended_s for each in sent])
    assert tally.first_byte == histogram([each.first_s - each.intended_s for each in right])
    assert log.warmup_requests == sum(each.done_s < OPENED_S for each in ended)
    in_flight_s = sum(max(0.0, min(each.done_s, CLOSED_S) - max(each.sent_s, OPENED_S)) for each in ended)
    assert tally.in_flight_s == pytest.approx(in_flight_s)
    assert len(tally.timeline) == 20
    assert sum(each.latency.count + each.failed for each in tally.timeline) == len(mine)
    last = [each for each in mine if each.done_s >= CLOSED_S - 0.5]
    assert tally.timeline[-1].latency.count + tally.timeline[-1].failed == len(last)
    for number, call in enumerate(tally.calls):
        of_it = [each for each in mine if each.call == number]
        answered = [each for each in of_it if each.outcome is Outcome.OK]
        assert (call.label, call.requests, call.failed) == (LABELS[number], len(of_it), len(of_it) - len(answered))
        assert call.latency == histogram([each.done_s - each.intended_s for each in answered])


@given(st.lists(requests(), max_size=40), st.lists(st.floats(0, 25), max_size=5))
def test_a_closed_loop_counts_what_completed_in_the_window(ended: list[Ended], unanswered_s: list[float]) -> None:
    """Whenever it was sent: what was unanswered at the close is cut off, and nothing is censored."""
    log = RequestLog(0.5, RecordedDetails(LABELS))
    log.open(OPENED_S, CLOSED_S)
    for each in ended:
        each.intended_s = each.sent_s
        each.enter(log)
    log.close(CLOSED_S, unanswered_s)
    tally = log.tally()
    mine = [each for each in ended if OPENED_S <= each.done_s <= CLOSED_S]
    right = [each for each in mine if each.outcome is Outcome.OK]
    assert sum(tally.outcomes.values()) == sum(call.requests for call in tally.calls) == len(mine)
    assert tally.completed == len(right)
    assert tally.latency == histogram([each.done_s - each.sent_s for each in right])
    assert (tally.service, tally.lateness, tally.first_byte) == (None, None, None)
    cut_off = sum(each.done_s > CLOSED_S and each.sent_s < CLOSED_S for each in ended)
    assert tally.cut_off == cut_off + sum(sent_s < CLOSED_S for sent_s in unanswered_s)


@given(st.floats(0.001, 1e5), st.floats(0, 1e5), st.floats(0.01, 100))
def test_what_got_no_answer_counts_at_the_timeout_or_more(opened_s: float, waited_s: float, timeout_s: float) -> None:
    """However early or late a request was given up, it is no faster than the timeout."""
    for outcome in (Outcome.TIMEOUT, Outcome.UNSENT):
        log = OpenRequestLog(0.1, timeout_s=timeout_s)
        log.open(opened_s, opened_s + 1.0)
        done_s = opened_s + waited_s
        log.record(ScheduledRequest(opened_s, CALLS[0], opened_s), outcome, done_s, nan, done_s)
        log.close(opened_s + 1.0, ())
        latency = log.tally().latency
        assert latency.count == 1
        assert latency.min_ns == pytest.approx(min(max(waited_s, timeout_s), 3600.0) * 1e9, abs=1e6)


def test_ten_times_as_many_requests_take_no_more_memory() -> None:
    """Memory is bounded by what comes between two folds, not by how many requests there are."""

    def peak(count: int) -> int:
        log = OpenRequestLog(0.1, RecordedDetails(LABELS, first_byte=True), timeout_s=TIMEOUT_S)
        log.open(0.0, 5.0)
        tracemalloc.start()
        try:
            for number in range(count):
                sent_s = 5.0 * number / count
                done_s = sent_s + 0.001 + (number % 1000) * 1e-6
                log.record(ScheduledRequest(sent_s, CALLS[number % 2], sent_s), Outcome.OK, sent_s, done_s, done_s)
                if number % 2_000 == 0:
                    log.fold()
            log.close(5.0, [])
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(200_000) < 1.5 * peak(20_000)


@pytest.mark.parametrize(
    ("timings", "outside_ns"),
    [(b"app;dur=1,=4", 16_000_000), (b"=25", 0), (b"app;dur=1", None), (b"outside;dur=9,=4", 16_000_000)],
)
def test_what_of_a_latency_lies_outside_of_the_service_is_counted(timings: bytes, outside_ns: int | None) -> None:
    """From the intended time on, less what the answer says that all of it took; nothing where it does not say."""
    log = RequestLog(1.0, RecordedDetails(LABELS, server_timing=True))
    log.open(OPENED_S, CLOSED_S)
    scheduled = ScheduledRequest(11.0, CALLS[0], 11.0)
    log.record(scheduled, Outcome.OK, 11.005, 11.015, 11.02, timings)
    log.close(CLOSED_S, ())
    spans = log.tally().spans
    assert spans is not None
    found = spans.get("outside")
    assert (None if found is None else (found.count, found.max_ns)) == (None if outside_ns is None else (1, outside_ns))
