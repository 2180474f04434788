"""Every stack, really served, on connections used in every way that HTTP/1.1 allows."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import ExitStack

import pytest

from stackduel.verify.contract.cases import NO_ITEMS, NOT_FOUND, ONE_ITEM
from stackduel_servers.registry import StackEntry
from tests.contract.served import Served
from tests.contract.together import of_all
from tests.contract.wire import ClosedError, ask, connected

HOST = "Host: stackduel.test\r\n"
REQUEST = f"GET /json?items=1 HTTP/1.1\r\n{HOST}\r\n".encode()
MANY_CONNECTIONS = 512
# More than the thousand after which Hypercorn would close a connection.
MANY_REQUESTS = 1100
# Sent at once, so that a thousand requests are not a thousand round trips.
IN_A_ROW = 10


@pytest.fixture
def keeping(entry: StackEntry) -> StackEntry:
    """The stack, unless its server closes each connection after its answer."""
    if not entry.keeps_connections:
        pytest.skip("its server keeps no connection")
    return entry


def test_who_keeps_no_connection_says_so(entry: StackEntry, served: Served) -> None:
    """An answer announces the end of its connection where the registry says that none is kept, and nowhere else."""
    with connected(served.port) as wire:
        wire.send(REQUEST)
        answer = wire.answer()
        assert answer.body == ONE_ITEM
        assert (answer.header("Connection") == "close") == (not entry.keeps_connections)
        assert entry.keeps_connections or wire.ends()


@pytest.mark.usefixtures("keeping")
def test_a_connection_is_kept(served: Served) -> None:
    """Requests of every outcome follow one another on one connection."""
    with connected(served.port) as wire:
        for target, status in (("/json", 200), ("/nothing", 404), ("/json?items=x", 400), ("/slow-io?delay=0", 200)):
            wire.send(f"GET {target} HTTP/1.1\r\n{HOST}\r\n".encode())
            assert wire.answer().status == status
        wire.send(f"POST /json HTTP/1.1\r\n{HOST}Content-Length: 2\r\n\r\nhi".encode())
        assert wire.answer().status == 405
        wire.send(f"HEAD /json HTTP/1.1\r\n{HOST}\r\n".encode())
        assert wire.answer("HEAD").status == 200
        wire.send(REQUEST)
        assert wire.answer().body == ONE_ITEM


def test_a_connection_is_closed_when_asked(served: Served) -> None:
    """After an answer to ``Connection: close`` or to HTTP/1.0 the server closes."""
    for head in (f"HTTP/1.1\r\n{HOST}Connection: close\r\n", "HTTP/1.0\r\n"):
        with connected(served.port) as wire:
            wire.send(f"GET /json?items=1 {head}\r\n".encode())
            assert wire.answer().body == ONE_ITEM
            assert wire.ends()


@pytest.fixture(scope="module")
def followed(fleet: Mapping[str, Served]) -> Mapping[str, Future[None]]:
    """Many requests on one connection of each stack."""
    return of_all(follow, fleet, at_once=3)


def follow(entry: StackEntry, served: Served) -> None:
    """Send request after request, some at once."""
    if not entry.keeps_connections:
        return
    with connected(served.port) as wire:
        for _ in range(MANY_REQUESTS // IN_A_ROW):
            wire.send(REQUEST * IN_A_ROW)
            for _ in range(IN_A_ROW):
                assert wire.answer().status == 200


def test_many_requests_on_one_connection(keeping: StackEntry, followed: Mapping[str, Future[None]]) -> None:
    """No server closes a connection for the number of requests it has served."""
    followed[keeping.name].result()


@pytest.mark.usefixtures("keeping")
def test_pipelined_requests_are_answered_in_order(served: Served) -> None:
    """Requests sent at once on one connection are each answered, in order, a slow one first."""
    slow = f"GET /slow-io?delay=0.05 HTTP/1.1\r\n{HOST}\r\n".encode()
    empty = f"GET /json?items=0 HTTP/1.1\r\n{HOST}\r\n".encode()
    unknown = f"GET /nothing HTTP/1.1\r\n{HOST}\r\n".encode()
    with connected(served.port) as wire:
        wire.send(slow + empty + unknown + REQUEST + REQUEST)
        bodies = [wire.answer().body for _ in range(5)]
    assert bodies[1:] == [NO_ITEMS, NOT_FOUND, ONE_ITEM, ONE_ITEM]


def test_a_request_sent_byte_by_byte(served: Served) -> None:
    """How a request is cut into packets does not matter."""
    with connected(served.port) as wire:
        for byte in REQUEST:
            wire.send(bytes([byte]))
        assert wire.answer().body == ONE_ITEM


def test_a_body_sent_after_its_answer(served: Served) -> None:
    """A body that arrives late is not taken for the next request: 4xx or a closed connection, never a success."""
    smuggled = f"GET /slow-io?delay=0 HTTP/1.1\r\n{HOST}\r\n".encode()
    with connected(served.port) as wire:
        wire.send(f"GET /json?items=1 HTTP/1.1\r\n{HOST}Content-Length: {len(smuggled)}\r\n\r\n".encode())
        time.sleep(0.05)  # so that the body comes in a packet of its own
        try:
            wire.send(smuggled)
            assert wire.answer().body == ONE_ITEM
            wire.send(f"GET /json?items=0 HTTP/1.1\r\n{HOST}\r\n".encode())
            assert wire.answer().body == NO_ITEMS
        except (ClosedError, ConnectionError):
            pass  # the server would rather close than read on


NOT_REQUESTS = {
    "no request line": b"GARBAGE\r\n\r\n",
    "no colon": b"GET /json HTTP/1.1\r\nHost: x\r\nno colon here\r\n\r\n",
    "a negative length": b"POST /json HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"POST /json HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a bad chunk": b"POST /json HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n",
}
OVERLONG = {
    "an overlong line": b"GET /json?a=" + b"x" * 400_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "an overlong header": b"GET /json HTTP/1.1\r\nHost: x\r\nX-Padding: " + b"x" * 400_000 + b"\r\n\r\n",
    "too many headers": b"GET /json HTTP/1.1\r\nHost: x\r\n" + b"X-Padding: x\r\n" * 20_000 + b"\r\n",
}


@pytest.mark.parametrize("kind", NOT_REQUESTS)
def test_what_is_no_request_is_refused(kind: str, served: Served) -> None:
    """Bytes that no server can read as a request get 4xx or a closed connection, and others are served on."""
    assert answered(served, NOT_REQUESTS[kind]) in {None, *range(400, 500)}
    assert ask(served.port, "/json?items=0").body == NO_ITEMS


@pytest.mark.parametrize("kind", OVERLONG)
def test_what_is_too_long_is_no_crash(kind: str, served: Served) -> None:
    """A request over some servers' limits is refused or served, but never a 5xx, and others are served on."""
    assert answered(served, OVERLONG[kind]) in {None, 200, *range(400, 500)}
    assert ask(served.port, "/json?items=0").body == NO_ITEMS


def answered(served: Served, data: bytes) -> int | None:
    """The status that these bytes are answered with, None if the connection is closed instead."""
    with connected(served.port) as wire:
        try:
            wire.send(data)
            return wire.answer().status
        except (ClosedError, ConnectionError):
            return None


@pytest.fixture(scope="module")
def kept(fleet: Mapping[str, Served]) -> Mapping[str, Future[int]]:
    """How many answers came on many connections of each stack."""
    return of_all(ask_twice_on_each, fleet, at_once=2)


def test_many_connections_are_kept_at_once(entry: StackEntry, kept: Mapping[str, Future[int]]) -> None:
    """512 connections are all answered, and where they are kept, stay open while idle and are all answered again."""
    assert kept[entry.name].result() == (2 if entry.keeps_connections else 1) * MANY_CONNECTIONS


def ask_twice_on_each(entry: StackEntry, served: Served) -> int:
    """Ask on all connections at once, then on all kept ones again; returns how many answers came."""
    answered = 0
    with ExitStack() as stack:
        wires = [stack.enter_context(connected(served.port)) for _ in range(MANY_CONNECTIONS)]
        for _ in range(2 if entry.keeps_connections else 1):
            for wire in wires:
                wire.send(REQUEST)
            for wire in wires:
                answer = wire.answer()
                assert (answer.status, answer.body) == (200, ONE_ITEM)
                answered += 1
                if not entry.keeps_connections:  # Gunicorn waits up to 2 s for the client to close, too
                    wire.half_close()
    return answered
