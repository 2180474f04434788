"""Every stack, really served: its streams are those of the timetable, whatever the framework's way to send them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Future

import pytest

from stackduel.load.streams.event_parser import EventParser
from stackduel_servers.registry import StackEntry
from tests.contract import scripted
from tests.contract.events import Event, Streamed, stream
from tests.contract.scripted import ScriptedDownstream
from tests.contract.served import Served
from tests.contract.together import of_all
from tests.until import until

MS = 1_000_000
TIMETABLE = "events=4&first=0.03&interval=0.02&size=100"
DUE_NS = [30 * MS, 50 * MS, 70 * MS, 90 * MS]
# A timer of uvloop fires up to a millisecond early.
EARLY_NS = MS
PATHS = ("/stream", "/relay")
# Three before the first event, due at 0.1, 0.2 and 0.3 s, and two before the second.
HEARTBEATS = "events=2&first=0.35&interval=0.25&heartbeat=0.1"
# The stream that a relay does not get at all, and the answer in its place.
REFUSED = {
    scripted.STATUS_500: b'{"error":"downstream answered with status 500"}',
    scripted.REDIRECT: b'{"error":"downstream answered with status 302"}',
    scripted.GARBAGE: b'{"error":"downstream sent no valid answer"}',
    scripted.CLOSED: b'{"error":"downstream sent no valid answer"}',
}
# The stream that a relay loses, and the data of its last event.
LOST = {
    scripted.BROKEN: '{"error":"downstream ended its stream early"}',
    scripted.SHORT: '{"error":"downstream ended its stream early"}',
    scripted.STALLED: '{"error":"downstream too slow: no event within its time + 3 s"}',
}
Streams = Mapping[str, Future[Mapping[str, Streamed]]]


@pytest.fixture(scope="module")
def streams(fleet: Mapping[str, Served]) -> Streams:
    """Return what each stack sends, by what it is asked; most of it is waiting."""

    def ask(_entry: StackEntry, served: Served) -> Mapping[str, Streamed]:
        asked = {path: stream(served.port, f"{path}?{TIMETABLE}") for path in PATHS}
        asked |= {f"heartbeats of {path}": stream(served.port, f"{path}?{HEARTBEATS}") for path in PATHS}
        asked |= {f"HEAD {path}": stream(served.port, f"{path}?events=10000&first=10", "HEAD") for path in PATHS}
        for first in (*REFUSED, *LOST):
            asked[first] = stream(served.port, f"/relay?events=3&first={first}&interval=0.001")
        return asked

    return of_all(ask, fleet, at_once=len(fleet))


@pytest.fixture(scope="module")
def left(fleet: Mapping[str, Served], downstream: ScriptedDownstream) -> Mapping[str, Future[bool]]:
    """Whether each stack ends the downstream's stream after its client has left; Gunicorn gives an ASGI task 3 s."""

    def leave(entry: StackEntry, served: Served) -> bool:
        if entry.holds == "worker":  # its event loop is blocked until the stream ends, which is not waited for
            return False
        first = f"0.0000{served.port}"
        sent = stream(served.port, f"/relay?events=500&first={first}&interval=0.04", parts=2)
        assert len(sent.events()) >= 2
        return until(lambda: first not in downstream.streaming)

    return of_all(leave, fleet, at_once=len(fleet))


@pytest.mark.parametrize("path", PATHS)
def test_a_stream_keeps_its_timetable(path: str, entry: StackEntry, streams: Streams) -> None:
    """All events come, in order, with the right times and size, made when they are due, and nothing keeps them back."""
    sent = streams[entry.name].result()[path]
    assert sent.whole
    check_head(sent)
    events = sent.events()
    assert [event.id for event in events] == ["0", "1", "2", "3"]
    assert [event.times_ns()[0] for event in events] == DUE_NS
    assert {len(event.data) for event in events} == {100}
    assert [(event.id, event.data) for event in events] == as_the_engine_reads(sent.body)
    assert all(made_ns > due_ns - EARLY_NS for due_ns, made_ns in (event.times_ns() for event in events))


@pytest.mark.parametrize("path", PATHS)
def test_heartbeats_fill_the_gaps(path: str, entry: StackEntry, streams: Streams) -> None:
    """A comment comes for every 0.1 s in which no event is due, as many on every stack, and the events are the same."""
    sent = streams[entry.name].result()[f"heartbeats of {path}"]
    assert sent.whole
    assert [(event.id, event.times_ns()[0] // MS) for event in sent.events()] == [("0", 350), ("1", 600)]
    assert sent.comments() == 5
    parser = EventParser()
    assert len(parser.feed(sent.body)) == 2
    assert len(parser.comment_ends) == 5


@pytest.mark.parametrize("path", PATHS)
def test_a_head_has_no_events(path: str, entry: StackEntry, streams: Streams) -> None:
    """HEAD answers at once, with the head of a stream that would take hours."""
    sent = streams[entry.name].result()[f"HEAD {path}"]
    check_head(sent)
    assert sent.body == b""


@pytest.mark.parametrize("first", REFUSED)
def test_a_relay_without_a_downstream_is_502(first: str, entry: StackEntry, streams: Streams) -> None:
    """A downstream that sends no stream is an answer of its own, the same as for other calls."""
    sent = streams[entry.name].result()[first]
    assert (sent.status, sent.headers["content-type"], sent.body) == (502, "application/json", REFUSED[first])


@pytest.mark.parametrize("first", LOST)
def test_a_relay_that_loses_its_downstream_says_so(first: str, entry: StackEntry, streams: Streams) -> None:
    """Whole events are passed on, half of one never; then one event names the failure, and the stream ends well."""
    sent = streams[entry.name].result()[first]
    *events, last = sent.events()
    assert sent.whole
    assert [event.id for event in events] == ["0", "1"]
    assert last == Event("error", "1", LOST[first])


def test_an_absent_downstream_is_502(served: Served, downstream: ScriptedDownstream) -> None:
    """With nobody listening, the relay is an answer, and streams that are made here go on."""
    with downstream.away():
        sent = stream(served.port, f"/relay?{TIMETABLE}")
        assert (sent.status, sent.body) == (502, b'{"error":"downstream unreachable"}')
        assert stream(served.port, "/stream?events=1").whole


def test_a_client_that_leaves_ends_the_relay(entry: StackEntry, left: Mapping[str, Future[bool]]) -> None:
    """Once a client has left in the middle, the stack closes its connection to the downstream; the control cannot."""
    assert left[entry.name].result() == (entry.holds != "worker")


def as_the_engine_reads(body: bytes) -> list[tuple[str, str]]:
    """The ids and data of the events of a body."""
    return [((event.id or b"").decode(), event.data.decode()) for event in EventParser().feed(body)]


def check_head(sent: Streamed) -> None:
    """A head has the fields of every stream, and a zero between the request and itself."""
    assert sent.status == 200
    assert sent.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert (sent.headers["cache-control"], sent.headers["x-accel-buffering"]) == ("no-cache", "no")
    assert not {"content-length", "content-encoding", "trailer"} & set(sent.headers)
    assert sent.headers["x-stream-clock"] in {"scripted", time.get_clock_info("perf_counter").implementation}
    assert sent.asked_ns < int(sent.headers["x-stream-zero"]) < sent.head_ns
    assert {"x-process-time", "server-timing"} <= set(sent.headers)
