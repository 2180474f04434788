"""Streams are kept while a load is on, and judged and counted once the window is closed."""

from __future__ import annotations

import pytest

from stackduel.load.drivers.request import PreparedRequest
from stackduel.load.drivers.scheduled_connection import ScheduledRequest
from stackduel.load.job import Call, Job
from stackduel.load.recording import streams as streams_module
from stackduel.load.recording.request_log import OpenRequestLog, RecordedDetails, RequestLog
from stackduel.load.streams.stream_reads import StreamReads
from stackduel.model.measurement import Expectation, Outcome
from stackduel.model.suite import ClosedLoop, Load, OpenLoop, Workload
from stackduel.model.target import Address
from tests.stackduel.load.streams.made_streams import event, reads_of

OPENED_S, CLOSED_S = 10.0, 20.0
MS = 1_000_000
VERIFIED = b"".join(event(number, number * 1000 * MS) for number in range(3))
CALL = PreparedRequest(0, b"", Expectation(200), None, idempotent=True)
CLOSED, OPEN = ClosedLoop(1, duration_s=10.0), OpenLoop(1.0, 10.0)


def log_for(load: Load) -> RequestLog:
    """The recorder of a load of streams of three events, a second apart."""
    job = Job(Address("127.0.0.1", 1), (Call(Workload("/", stream="sse"), Expectation(200, body=VERIFIED)),), load)
    details = RecordedDetails.of(job, load)
    log = OpenRequestLog(1.0, details, timeout_s=30.0) if isinstance(load, OpenLoop) else RequestLog(1.0, details)
    log.open(OPENED_S, CLOSED_S)
    return log


def stream(zero_s: float, numbers: tuple[int, ...] = (0, 1, 2), delay_ms: int = 50, made_ms: int = 20) -> StreamReads:
    """A stream whose events came so much after they were due, made so much after it."""
    pieces = [
        (zero_s + at + delay_ms / 1000, event(number, number * 1000 * MS, (number * 1000 + made_ms) * MS))
        for at, number in enumerate(numbers)
    ]
    return reads_of([(zero_s, b""), *pieces], sent_s=zero_s, zero_s=zero_s)


def end(log: RequestLog, reads: StreamReads, outcome: Outcome = Outcome.OK) -> None:
    """Record that a stream ended, with its last event."""
    done_s = reads.from_s + 2.1
    log.record(ScheduledRequest(reads.from_s, CALL, reads.from_s), outcome, reads.sent_s, reads.first_s, done_s, reads)


def test_the_times_of_events_are_told_apart() -> None:
    """50 ms from due to read are 20 ms until the event was made, and 30 ms of way."""
    log = log_for(CLOSED)
    end(log, stream(12.0))
    log.close(CLOSED_S, ())
    tally = log.tally()
    figures = tally.streams
    assert figures is not None
    assert (figures.opened, figures.completed, figures.events, figures.early) == (1, 1, 3, 0)
    for histogram, right_ns in ((figures.added, 50 * MS), (figures.made_late, 20 * MS), (figures.way, 30 * MS)):
        assert histogram.count == 3
        assert histogram.mean_ns == pytest.approx(right_ns, abs=2)
    assert figures.gap.count == 2
    assert figures.gap.mean_ns == pytest.approx(1000 * MS, abs=2)
    assert figures.ttft.mean_ns == pytest.approx(50 * MS, abs=2)
    assert figures.per_event.count == 1
    assert figures.per_event.mean_ns == pytest.approx(1000 * MS, abs=2)
    assert {band: each.count for band, each in figures.added_by_number.items()} == {1: 1, 2: 1, 4: 1}
    assert tally.outcomes == {Outcome.OK: 1}
    assert tally.latency.count == 1


def test_heartbeats_are_counted_and_are_no_events() -> None:
    """Of a stream with a comment before the window, two in it and one in the middle of an event, three count."""
    log = log_for(CLOSED)
    first, second, third = (event(number, number * 1000 * MS) for number in range(3))
    pieces = [
        (9.9, b": before\n\n"),
        (12.0, first),
        (12.4, b":\n"),
        (12.8, b": again\n\n: and\n" + second),
        (14.0, third),
    ]
    end(log, reads_of([(9.8, b""), *pieces], sent_s=9.8, zero_s=12.0))
    log.close(CLOSED_S, ())
    tally = log.tally()
    assert tally.outcomes == {Outcome.OK: 1}
    assert tally.streams is not None
    assert (tally.streams.events, tally.streams.heartbeats) == (3, 3)


def test_a_gap_of_more_than_ten_intervals_is_a_stall() -> None:
    """Of three events due 10 ms apart the third comes 101 ms after the second, of others due at once no gap counts."""
    log = log_for(CLOSED)
    for interval_ms in (10, 0):
        moments_s = (12.0, 12.01, 12.111)
        pieces = [(at, event(number, number * interval_ms * MS)) for number, at in enumerate(moments_s)]
        end(log, reads_of([(12.0, b""), *pieces], sent_s=12.0, zero_s=12.0))
    log.close(CLOSED_S, ())
    figures = log.tally().streams
    assert figures is not None
    assert (figures.gap.count, figures.paced, figures.stalls) == (4, 2, 1)


@pytest.mark.parametrize(
    ("numbers", "name"), [((0, 1, 1, 2), "doubled"), ((1, 0, 2), "out_of_order"), ((0, 2), "missing")]
)
def test_a_faulty_stream_fails(numbers: tuple[int, ...], name: str) -> None:
    """It came to its end, so the fault makes it a failure only once its events are looked at; its latency goes too."""
    log = log_for(CLOSED)
    end(log, stream(12.0, numbers))
    end(log, stream(13.0))
    assert log.fold() == 2
    assert log.outcomes == {Outcome.OK: 2}
    log.close(CLOSED_S, ())
    tally = log.tally()
    assert tally.outcomes == {Outcome.OK: 1, Outcome.WRONG_EVENTS: 1}
    assert tally.latency.count == 1
    assert sum(each.failed for each in tally.timeline) == 1
    assert getattr(tally.streams, name) == 1
    assert log.failed_answer is not None
    assert log.failed_answer.difference.startswith("event ")


def test_a_stream_cut_short_says_after_how_many_events() -> None:
    """So does one that ended too soon although HTTP saw nothing wrong with it."""
    log = log_for(CLOSED)
    end(log, stream(12.0, (0, 1)), Outcome.TRUNCATED)
    end(log, stream(13.0, (0,)), Outcome.TIMEOUT)
    end(log, stream(14.0, (0, 1)))
    log.close(CLOSED_S, ())
    tally = log.tally()
    assert tally.outcomes == {Outcome.TRUNCATED: 1, Outcome.TIMEOUT: 1, Outcome.WRONG_EVENTS: 1}
    assert tally.streams is not None
    assert tally.streams.cut_short == {2: 2, 1: 1}
    assert tally.streams.completed == 0


def test_a_closed_loop_counts_the_events_of_its_window() -> None:
    """Of a stream that the window opens or closes upon, the events outside do not count, and it is no failure."""
    log = log_for(CLOSED)
    end(log, stream(8.5))
    still_open = stream(18.5)
    log.begin(still_open)
    log.close(CLOSED_S, [18.5])
    tally = log.tally()
    assert tally.streams is not None
    assert (tally.streams.opened, tally.streams.completed, tally.streams.events) == (1, 1, 1 + 2)
    assert (tally.streams.ttft.count, tally.streams.gap.count, tally.streams.missing) == (1, 2, 0)
    assert tally.outcomes == {Outcome.OK: 1}
    assert tally.cut_off == 1


def test_an_open_loop_counts_the_streams_planned_for_its_window() -> None:
    """All of their events count, also after the window, and none of the warm-up's."""
    log = log_for(OPEN)
    end(log, stream(9.0))
    end(log, stream(19.0))
    log.close(CLOSED_S, ())
    tally = log.tally()
    assert tally.streams is not None
    assert (tally.streams.opened, tally.streams.completed, tally.streams.events) == (1, 1, 3)


def test_events_before_their_time_are_no_delay() -> None:
    """A timer that fires early makes an event before it is due: that counts as on time, and is said."""
    log = log_for(CLOSED)
    end(log, stream(12.0, delay_ms=1, made_ms=-1))
    log.close(CLOSED_S, ())
    figures = log.tally().streams
    assert figures is not None
    # The first is not due before the zero, and no time before it can be written.
    assert figures.early == 2
    assert figures.made_late.min_ns == 0
    assert figures.made_late.count == 2


@pytest.mark.parametrize("load", [CLOSED, OPEN], ids=["closed", "open"])
def test_nothing_changes_where_there_is_no_room(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams for which there is no room are parsed while the load is on, open ones too, with the same figures."""
    found = []
    for room in (streams_module.MOST_KEPT_BYTES, 0):
        monkeypatch.setattr(streams_module, "MOST_KEPT_BYTES", room)
        log = log_for(load)
        end(log, stream(12.0, (0, 2)))
        later = stream(13.0)
        log.begin(later)
        log.fold()
        assert (later.taken == 0) == (room == 0)
        end(log, later)
        log.close(CLOSED_S, ())
        found.append(log.tally())
    assert found[0] == found[1]
    assert found[0].streams is not None
    assert found[0].streams.events == 5
