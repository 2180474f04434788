"""The ways in which a WebSocket closes, without any framework: a scripted client in place of one."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest

from stackduel_servers.core.streams.timetable import Timetable
from stackduel_servers.core.websockets.broadcast import Room, Rooms, message
from stackduel_servers.core.websockets.echo import echo, is_too_big
from stackduel_servers.core.websockets.limits import MOST_BEHIND, MOST_BYTES
from stackduel_servers.core.websockets.serving import serve
from stackduel_servers.core.websockets.socket import CloseCode, Closing, LeftError, SocketMessage


class ScriptedSocket:
    """A client that says some messages and then leaves, or stays silent; it keeps what comes."""

    def __init__(self, *messages: SocketMessage, stays: bool = False, pace_s: float = 0.0) -> None:
        self.sent: list[SocketMessage] = []
        self.closed: tuple[int, str] | None = None
        self._messages = list(messages)
        self._stays = stays
        self._pace_s = pace_s

    async def receive(self) -> SocketMessage:
        if self._messages:
            return self._messages.pop(0)
        if self._stays:
            await asyncio.Event().wait()
        raise LeftError

    async def send(self, message: SocketMessage) -> None:
        await asyncio.sleep(self._pace_s)
        self.sent.append(message)

    async def close(self, code: int, reason: str) -> None:
        self.closed = int(code), reason


def test_a_client_that_leaves_is_not_closed_any_more() -> None:
    """All its messages came back before."""
    client = ScriptedSocket("one", b"two")
    asyncio.run(serve(echo, client, b""))
    assert (client.sent, client.closed) == (["one", b"two"], None)


def test_a_crash_is_an_internal_error(caplog: pytest.LogCaptureFixture) -> None:
    """1011 says no more than the common 500; the log has the rest."""

    async def crashing(socket: object, query: bytes) -> None:
        raise ZeroDivisionError

    client = ScriptedSocket()
    with caplog.at_level(logging.ERROR):
        asyncio.run(serve(crashing, client, b""))
    assert client.closed == (1011, "internal server error")
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    ("message", "too_big"),
    [
        ("x" * MOST_BYTES, False),
        ("x" * (MOST_BYTES + 1), True),
        ("é" * (MOST_BYTES // 2), False),
        ("é" * (MOST_BYTES // 2) + "x", True),
        (b"\xff" * MOST_BYTES, False),
        (b"\xff" * (MOST_BYTES + 1), True),
    ],
)
def test_the_bound_of_a_message_counts_bytes(message: SocketMessage, too_big: bool) -> None:
    """A text has as many as its UTF-8."""
    assert is_too_big(message) is too_big


def test_a_full_application_asks_to_come_again() -> None:
    """One client more than fit is closed with 1013, and a place that was left is free."""

    async def clients() -> tuple[list[ScriptedSocket], ScriptedSocket]:
        rooms = Rooms(most_clients=2)
        query = b"events=2&interval=0&gather=0.05"
        first = [ScriptedSocket(stays=True) for _ in range(3)]
        await asyncio.gather(*(serve(rooms.broadcast, each, query) for each in first))
        later = ScriptedSocket(stays=True)
        await serve(rooms.broadcast, later, query)
        return first, later

    first, later = asyncio.run(clients())
    assert [each.closed for each in first] == [
        (1000, ""),
        (1000, ""),
        (1013, "busy: 2 clients are here already, the most at once"),
    ]
    assert first[0].sent == first[1].sent
    assert (len(later.sent), later.closed) == (2, (1000, ""))


def test_a_client_that_is_too_slow_is_closed() -> None:
    """A client that is further behind than the room remembers is closed, and nobody else is held up by it."""

    async def clients() -> list[ScriptedSocket]:
        rooms, query = Rooms(), b"events=%d&interval=0&gather=0.05" % (2 * MOST_BEHIND)
        both = [ScriptedSocket(stays=True), ScriptedSocket(stays=True, pace_s=0.5)]
        await asyncio.gather(*(serve(rooms.broadcast, each, query) for each in both))
        return both

    fast, slow = asyncio.run(clients())
    assert (len(fast.sent), fast.closed) == (2 * MOST_BEHIND, (1000, ""))
    assert slow.closed == (1008, f"too slow: more than {MOST_BEHIND} messages behind")


def test_the_last_to_leave_ends_a_room() -> None:
    """Nothing is made for nobody."""

    async def left() -> bool:
        room = Room(Timetable(10, 0, 10**9, 128), 0)
        with room.entered():
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        return room.is_empty

    assert asyncio.run(left())


@pytest.mark.parametrize("zero_ns", [1, 999_999_999_999, 10**18])
@pytest.mark.parametrize("made_ns", [0, 9_999_999_999_999])
def test_a_message_has_its_size_and_is_json(zero_ns: int, made_ns: int) -> None:
    """Whatever the number of digits, and the padding does not depend on those of the zero."""
    timetable = Timetable(10_000, 10**10, 10**10, 128)
    text = message(timetable, 9_999, zero_ns, made_ns)
    content = json.loads(text)
    assert len(text) == 128
    assert (content["zero_ns"], content["number"], content["made_ns"]) == (zero_ns, 9_999, made_ns)
    assert content["due_ns"] == timetable.due_ns(9_999)
    assert text.partition('"number"')[2] == message(timetable, 9_999, 0, made_ns).partition('"number"')[2]


def test_a_close_has_a_code_that_may_be_sent() -> None:
    """No code is one of those that only tell of an end without a close (RFC 6455, 7.4.1), and no reason is too long."""
    assert not set(CloseCode) & {1004, 1005, 1006, 1015}
    assert len(Closing(CloseCode.POLICY, "x").reason.encode()) <= 123
