"""Echoes and broadcasts of a scripted server: what it does is what is measured, and every fault has its name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from time import perf_counter_ns

import pytest
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, Pong, TextMessage

from stackduel.load.drivers.request_head import request_bytes
from stackduel.load.websockets.events import event_of
from stackduel.load.websockets.handshake import accept_of
from stackduel.model.measurement import Expectation, Measurement, Outcome
from stackduel.model.suite import ClosedLoop, Load, OpenLoop, Workload
from stackduel.verify.exchange import ask
from stackduel.verify.reply import ExchangeError
from tests.stackduel.load.measuring import job_for, measure
from tests.stackduel.load.scripted import ScriptedServer, Visit

Script = Callable[["Talk"], Coroutine[None, None, None]]
MESSAGE = b"hello, \xc3\xa4"
ECHO = Workload("/ws", body=MESSAGE, websocket="text", status=101)
RIGHT = Expectation(101, len(MESSAGE), MESSAGE)
DELAY_S = 0.03
SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
NONSENSE = SWITCHING + b"Sec-WebSocket-Accept: nonsense\r\n\r\n"
EVENTS = 4
BROADCAST = Workload("/ws", stream="websocket", status=101)


class Talk:
    """One WebSocket of the scripted server, by wsproto."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.ponged = False
        self.closed: int | None = None
        self._ws = Connection(ConnectionType.SERVER)

    async def send(self, *events: Event) -> None:
        """Send these events in one write."""
        await self.visit.send(b"".join(self._ws.send(event) for event in events))

    async def messages(self) -> AsyncIterator[str]:
        """The messages that come until the client leaves."""
        while data := await self.visit._reader.read(65_536):
            self._ws.receive_data(data)
            for event in self._ws.events():
                if isinstance(event, TextMessage):
                    yield event.data
                self.ponged |= isinstance(event, Pong)
                if isinstance(event, CloseConnection):
                    self.closed = int(event.code)


def served(script: Script) -> Callable[[Visit], Coroutine[None, None, None]]:
    """The script of a server that accepts every handshake, and then follows this one."""

    async def accepted(visit: Visit) -> None:
        request = await visit.request()
        if request is None:
            return
        key = request.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
        await visit.send(SWITCHING + b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept_of(key))
        await script(Talk(visit))
        visit.close()

    return accepted


def echoed(
    script: Script,
    load: Load,
    timeout_s: float = 5.0,
) -> Measurement:
    """Return what is measured of echoes."""
    with ScriptedServer(served(script)) as server:
        return measure(
            job_for(server.address, load, workload=ECHO, expectation=RIGHT, timeout_s=timeout_s, driver="websocket")
        )


async def late(talk: Talk) -> None:
    async for text in talk.messages():
        await asyncio.sleep(DELAY_S)
        await talk.send(TextMessage(text))


@pytest.mark.parametrize("load", [ClosedLoop(2, requests=6), OpenLoop(30.0, 0.2)], ids=["closed", "open"])
def test_a_round_trip_takes_as_long_as_the_server_waits(load: Load) -> None:
    """Every message is answered rightly, on the connections of the load, at no less than the server's delay."""
    found = echoed(late, load)
    assert found.outcomes == {Outcome.OK: 6}
    assert found.reconnects == 0
    assert DELAY_S <= found.latency.min_ns / 1e9 < DELAY_S + 0.2


async def in_fragments(talk: Talk) -> None:
    async for text in talk.messages():
        await talk.send(TextMessage(text[:3], message_finished=False), Ping(b"are you there"))
        await asyncio.sleep(0.01)
        await talk.send(TextMessage(text[3:], message_finished=True))
        if talk.visit.number == 0 and talk.ponged:
            talk.visit.server.bodies = ["ponged"]  # type: ignore[attr-defined]


def test_fragments_and_pings_make_no_difference() -> None:
    """An answer in two fragments with a ping between them is right, and the ping is answered."""
    with ScriptedServer(served(in_fragments)) as server:
        found = measure(
            job_for(server.address, ClosedLoop(1, requests=3), workload=ECHO, expectation=RIGHT, driver="websocket")
        )
        assert server.bodies == ["ponged"]  # type: ignore[attr-defined]
    assert found.outcomes == {Outcome.OK: 3}


async def shorter(talk: Talk) -> None:
    async for text in talk.messages():
        await talk.send(TextMessage(text[:-1]))


async def other(talk: Talk) -> None:
    async for text in talk.messages():
        await talk.send(TextMessage(text.upper()))


async def other_kind(talk: Talk) -> None:
    async for text in talk.messages():
        await talk.send(BytesMessage(text.encode()))


async def closes(talk: Talk) -> None:
    async for _ in talk.messages():
        await talk.send(CloseConnection(code=1013, reason="come again"))


async def drops(talk: Talk) -> None:
    async for _ in talk.messages():
        return


async def drops_later(talk: Talk) -> None:
    answered = 0
    async for text in talk.messages():
        if answered:
            return
        answered += 1
        await talk.send(TextMessage(text))


async def cuts(talk: Talk) -> None:
    async for _ in talk.messages():
        await talk.visit.send(b"\x81\x09hel")
        return


async def babbles(talk: Talk) -> None:
    async for _ in talk.messages():
        await talk.visit.send(b"\xff\xff\xff")


async def stays_silent(talk: Talk) -> None:
    async for _ in talk.messages():
        pass


@pytest.mark.parametrize(
    ("script", "outcomes"),
    [
        (shorter, {Outcome.WRONG_LENGTH: 3}),
        (other, {Outcome.WRONG_BODY: 3}),
        (other_kind, {Outcome.WRONG_BODY: 3}),
        (closes, {Outcome.CLOSED: 3}),
        (drops, {Outcome.RESET: 3}),
        (drops_later, {Outcome.OK: 2, Outcome.DROPPED: 1}),
        (cuts, {Outcome.TRUNCATED: 3}),
        (babbles, {Outcome.PROTOCOL: 3}),
        (stays_silent, {Outcome.TIMEOUT: 3}),
    ],
)
def test_every_fault_has_its_name(script: Script, outcomes: dict[str, int]) -> None:
    """And is counted exactly; where the server told why, the sample has its words."""
    found = echoed(script, ClosedLoop(1, requests=3), timeout_s=0.3)
    assert found.outcomes == outcomes
    if script is closes:
        assert found.failed_answer is not None
        assert found.failed_answer.difference == "closed with 1013: come again"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", Outcome.STATUS),
        (NONSENSE, Outcome.PROTOCOL),
        (b"what?\r\n\r\n", Outcome.PROTOCOL),
    ],
)  # fmt: skip
def test_a_handshake_that_is_refused(answer: bytes, outcome: Outcome) -> None:
    """By a status, by an accept of another key, or by no HTTP at all."""

    async def refuses(visit: Visit) -> None:
        async for _ in visit.requests():
            await visit.send(answer)

    with ScriptedServer(refuses) as server:
        found = measure(
            job_for(server.address, ClosedLoop(1, requests=2), workload=ECHO, expectation=RIGHT, driver="websocket")
        )
    assert found.outcomes == {outcome: 2}


def message(zero_ns: int, number: int, made_ns: int) -> TextMessage:
    """A message of a broadcast, due 10 ms after the one before."""
    due_ns = number * 10_000_000
    return TextMessage(
        f'{{"zero_ns":{zero_ns:19},"number":{number},"due_ns":{due_ns},"made_ns":{made_ns:08},"pad":""}}'
    )


RIGHT_EVENTS = b"".join(event_of(message(0, number, 0).data.encode()) for number in range(EVENTS))


def broadcast(script: Script, requests: int = 2) -> Measurement:
    """Return what is measured of broadcasts."""
    with ScriptedServer(served(script)) as server:
        job = job_for(
            server.address,
            ClosedLoop(1, requests=requests),
            workload=BROADCAST,
            expectation=Expectation(101, body=RIGHT_EVENTS),
            driver="websocket",
        )
        return measure(job)


async def _broadcast(talk: Talk, numbers: list[int], code: int = 1000) -> None:
    zero_ns = perf_counter_ns()
    for number in numbers:
        wait_ns = zero_ns + number * 10_000_000 - perf_counter_ns()
        await asyncio.sleep(max(0.0, wait_ns / 1e9 + DELAY_S))
        await talk.send(message(zero_ns, number, number * 10_000_000 + 10_000_000))
    await talk.send(CloseConnection(code=code, reason="done"))
    async for _ in talk.messages():
        pass


def test_a_broadcast_has_the_times_of_its_messages() -> None:
    """Due to made is what the server says, and due to read no less than its delay."""

    async def right(talk: Talk) -> None:
        await _broadcast(talk, [0, 1, 2, 3])

    found = broadcast(right)
    assert found.outcomes == {Outcome.OK: 2}
    figures = found.streams
    assert figures is not None
    assert (figures.opened, figures.completed, figures.events) == (2, 2, 2 * EVENTS)
    assert figures.added.count == figures.made_late.count == figures.way.count == 2 * EVENTS
    assert DELAY_S <= figures.added.min_ns / 1e9 < DELAY_S + 0.2
    assert figures.made_late.min_ns == pytest.approx(10_000_000, rel=0.01)


@pytest.mark.parametrize(
    ("numbers", "code", "outcome", "faults"),
    [
        ([0, 1, 1, 2, 3], 1000, Outcome.WRONG_EVENTS, (1, 0, 0)),
        ([0, 2, 3], 1000, Outcome.WRONG_EVENTS, (0, 1, 0)),
        ([0, 2, 1, 3], 1000, Outcome.WRONG_EVENTS, (0, 0, 1)),
        ([0, 1], 1011, Outcome.CLOSED, (0, 0, 0)),
        ([0, 1], 1000, Outcome.WRONG_EVENTS, (0, 0, 0)),
    ],
)
def test_the_faults_of_a_broadcast_are_counted(
    numbers: list[int], code: int, outcome: Outcome, faults: tuple[int, int, int]
) -> None:
    """A doubled, missing or disordered message, a close with another code, and an end that came too soon."""

    async def faulty(talk: Talk) -> None:
        await _broadcast(talk, numbers, code)

    found = broadcast(faulty, requests=1)
    assert found.outcomes == {outcome: 1}
    figures = found.streams
    assert figures is not None
    assert (figures.doubled, figures.missing, figures.out_of_order) == faults
    assert figures.cut_short == ({len(numbers): 1} if max(numbers) < EVENTS - 1 else {})


def test_a_verification_reads_the_same() -> None:
    """One exchange has the message that comes back, and of a broadcast all its messages as events."""
    with ScriptedServer(served(in_fragments)) as server:
        reply = ask(server.address, ECHO)
        assert (reply.status, reply.body) == (101, MESSAGE)

    async def right(talk: Talk) -> None:
        await _broadcast(talk, [0, 1])

    with ScriptedServer(served(right)) as server:
        assert ask(server.address, BROADCAST).body.count(b"id: ") == 2


@pytest.mark.parametrize(
    ("script", "told", "outcome"),
    [
        (closes, "the server closed with 1013: come again", Outcome.CLOSED),
        (drops, "the server closed the connection, and not the WebSocket", Outcome.TRUNCATED),
        (other_kind, "it answered with another kind of message than text", Outcome.WRONG_BODY),
        (babbles, "a masked frame", Outcome.PROTOCOL),
        (stays_silent, r"timed out after 0\.\d+ s", Outcome.TIMEOUT),
    ],
)
def test_a_verification_tells_what_was_wrong(script: Script, told: str, outcome: Outcome) -> None:
    """In a sentence, with the outcome that a load would have counted."""
    with ScriptedServer(served(script)) as server, pytest.raises(ExchangeError, match=told) as raised:
        ask(server.address, ECHO, timeout_s=0.3)
    assert raised.value.outcome is outcome


def test_a_message_is_no_request_of_http() -> None:
    """The handshake has no body, whatever the message is."""
    with ScriptedServer(served(late)) as server:
        assert b"Content-Length" in request_bytes(server.address, ECHO)
        assert ask(server.address, ECHO).body == MESSAGE
