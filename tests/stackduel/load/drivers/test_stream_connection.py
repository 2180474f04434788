"""Streams as a real connection reads them: in every framing, in any pieces, one after another."""

from __future__ import annotations

import asyncio

import pytest

from stackduel.load.drivers import stream_connection
from stackduel.model.measurement import Expectation, Measurement, Outcome
from stackduel.model.suite import ClosedLoop, Load, OpenLoop, Workload
from tests.stackduel.load.measuring import job_for, measure
from tests.stackduel.load.scripted import ScriptedServer, Visit
from tests.stackduel.load.streams.made_streams import event

EVENTS = [event(number) for number in range(4)]
RIGHT = Expectation(200, body=b"".join(EVENTS))
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
UNTIL_CLOSED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
# Apart, so that they come in reads of their own.
PAUSE_S = 0.05


def chunk(data: bytes) -> bytes:
    """A chunk of a chunked body; the last one where it is empty."""
    return b"%x\r\n%b\r\n" % (len(data), data)


async def sends(visit: Visit, *pieces: bytes) -> None:
    """Send these pieces, a little apart."""
    for piece in pieces:
        await visit.send(piece)
        await asyncio.sleep(PAUSE_S)


def read(script: object, load: Load, timeout_s: float = 5.0) -> Measurement:
    """Return what is measured of a server's streams."""
    with ScriptedServer(script) as server:  # type: ignore[arg-type]
        job = job_for(
            server.address, load, workload=Workload("/", stream="sse"), expectation=RIGHT, timeout_s=timeout_s
        )
        return measure(job)


async def chunked(visit: Visit) -> None:
    """Streams one after another, with a comment, an event in two chunks, and two events in one."""
    async for _ in visit.requests():
        await sends(visit, CHUNKED, chunk(b": ping\n\n"), chunk(EVENTS[0][:9]), chunk(EVENTS[0][9:]))
        await sends(visit, chunk(EVENTS[1] + EVENTS[2]), chunk(EVENTS[3]) + chunk(b""))


async def until_closed(visit: Visit) -> None:
    """A stream whose end is that of its connection."""
    async for _ in visit.requests():
        await sends(visit, UNTIL_CLOSED + EVENTS[0], EVENTS[1] + EVENTS[2], EVENTS[3])
        visit.close()
        return


@pytest.mark.parametrize("load", [ClosedLoop(2, requests=4), OpenLoop(20.0, 0.2)], ids=["closed", "open"])
@pytest.mark.parametrize("script", [chunked, until_closed])
def test_streams_are_read_in_every_framing(script: object, load: Load) -> None:
    """Each ends where HTTP says so, each event counts once, and those of one chunk came in one read."""
    found = read(script, load)
    assert found.streams is not None
    assert found.outcomes == {Outcome.OK: 4}
    assert (found.streams.opened, found.streams.completed, found.streams.events) == (4, 4, 16)
    assert found.streams.reads == {1: 8, 2: 4}
    assert found.streams.added.count == 0
    # Nothing but the pauses between the sends tells the time of the first event and the gaps.
    assert found.streams.ttft.count == 4
    assert found.streams.gap.count == 12


RETURNED = [each.replace(b"\n", b"\r\n") for each in EVENTS]
ENDS = {
    "in a read of its own": [*map(chunk, EVENTS), chunk(b"")],
    "with the last event": [*map(chunk, EVENTS[:3]), chunk(EVENTS[3]) + chunk(b"")],
    "in two reads": [*map(chunk, EVENTS), b"0\r\n", b"\r\n"],
    "in its last byte": [*map(chunk, EVENTS), b"0\r\n\r", b"\n"],
    "behind trailers": [*map(chunk, EVENTS), b"0\r\nX-Events: 4\r\n\r\n"],
    "of lines that end with CRLF": [*map(chunk, RETURNED), chunk(b"")],
    "of events cut in their ends": [each for one in RETURNED for each in (chunk(one)[:-4], chunk(one)[-4:])]
    + [chunk(b"")],
}


@pytest.mark.parametrize("pieces", ENDS.values(), ids=ENDS.keys())
def test_the_end_of_a_stream_is_noticed_at_once(pieces: list[bytes]) -> None:
    """In whatever reads it comes, the next stream is asked for, and nothing waits to be parsed."""

    async def streams(visit: Visit) -> None:
        async for _ in visit.requests():
            await sends(visit, CHUNKED, *pieces)

    found = read(streams, ClosedLoop(1, requests=2), timeout_s=2.0)
    assert found.streams is not None
    assert found.outcomes == {Outcome.OK: 2}
    assert (found.streams.completed, found.streams.events) == (2, 8)
    assert found.duration_s < 1.9


async def cut(visit: Visit) -> None:
    """A stream that is cut in its third event."""
    async for _ in visit.requests():
        await sends(visit, CHUNKED + chunk(EVENTS[0] + EVENTS[1]), chunk(EVENTS[2][:-1]))
        visit.close()
        return


async def cut_until_closed(visit: Visit) -> None:
    """A stream whose end and whose cut look the same to HTTP."""
    async for _ in visit.requests():
        await sends(visit, UNTIL_CLOSED + EVENTS[0] + EVENTS[1])
        visit.close()
        return


async def silent(visit: Visit) -> None:
    """A stream that does not go on."""
    async for _ in visit.requests():
        await sends(visit, CHUNKED + chunk(EVENTS[0] + EVENTS[1]))


async def cut_later(visit: Visit) -> None:
    """A stream that is cut after two events in reads of their own."""
    async for _ in visit.requests():
        await sends(visit, CHUNKED, chunk(EVENTS[0]), chunk(EVENTS[1]))
        visit.close()
        return


async def silent_later(visit: Visit) -> None:
    """A stream that does not go on after two events in reads of their own."""
    async for _ in visit.requests():
        await sends(visit, CHUNKED, chunk(EVENTS[0]), chunk(EVENTS[1]))


async def late_and_silent_later(visit: Visit) -> None:
    """The same, which comes when the window is open for certain: on a busy host it opens late."""
    async for _ in visit.requests():
        await asyncio.sleep(0.1)
        await sends(visit, CHUNKED, chunk(EVENTS[0]), chunk(EVENTS[1]))


async def broken(visit: Visit) -> None:
    """A stream whose framing breaks."""
    async for _ in visit.requests():
        await sends(visit, CHUNKED + chunk(EVENTS[0] + EVENTS[1]), b"no chunk\r\n")


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        (cut, Outcome.TRUNCATED),
        (cut_until_closed, Outcome.WRONG_EVENTS),
        (cut_later, Outcome.TRUNCATED),
        (silent, Outcome.TIMEOUT),
        (silent_later, Outcome.TIMEOUT),
        (broken, Outcome.PROTOCOL),
    ],
)
def test_a_stream_that_ends_too_soon_says_at_which_event(script: object, outcome: Outcome) -> None:
    """However it ends: two whole events had come."""
    found = read(script, ClosedLoop(1, requests=2), timeout_s=0.4)
    assert found.streams is not None
    assert found.outcomes == {outcome: 2}
    assert found.streams.cut_short == {2: 2}
    assert (found.streams.opened, found.streams.completed) == (2, 0)


@pytest.mark.parametrize("load", [ClosedLoop(1, duration_s=0.4), OpenLoop(3.0, 0.3)], ids=["closed", "open"])
def test_what_is_yet_to_be_parsed_counts(load: Load) -> None:
    """Both events were read in the window, whose end, or the timeout, came before enough of them were."""
    found = read(late_and_silent_later, load, timeout_s=1.0)
    assert found.streams is not None
    assert (found.streams.opened, found.streams.events) == (1, 2)


async def refuses(visit: Visit) -> None:
    """No stream at all."""
    async for _ in visit.requests():
        await visit.send(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 5\r\n\r\nfull\n")


def test_another_status_is_no_stream() -> None:
    """Its body is the sample of the failure, and no stream was opened."""
    found = read(refuses, ClosedLoop(1, requests=2))
    assert found.outcomes == {Outcome.STATUS: 2}
    assert found.failed_answer is not None
    assert (found.failed_answer.status, found.failed_answer.beginning) == (503, b"full\n")
    assert found.streams is not None
    assert (found.streams.opened, found.streams.events) == (0, 0)


@pytest.mark.parametrize(("limit", "size"), [("MAX_BODY_BYTES", 300), ("MAX_HEAD_BYTES", 20)])
def test_a_stream_has_a_limit(limit: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that does not end, or a head that does not, is given up."""
    monkeypatch.setattr(stream_connection, limit, size)

    async def endless(visit: Visit) -> None:
        async for _ in visit.requests():
            await sends(visit, CHUNKED[:40], CHUNKED[40:], *(chunk(EVENTS[0]) for _ in range(20)))

    assert read(endless, ClosedLoop(1, requests=1)).outcomes == {Outcome.TOO_LARGE: 1}


async def talks(visit: Visit) -> None:
    """A server that says more than it was asked for."""
    async for _ in visit.requests():
        await sends(visit, CHUNKED + b"".join(map(chunk, EVENTS)) + chunk(b""), CHUNKED)


def test_what_nobody_asked_for_ends_the_connection() -> None:
    """It belongs to no stream, and the next one is read on another connection."""
    found = read(talks, OpenLoop(4.0, 1.0))
    assert found.outcomes == {Outcome.OK: 4}
