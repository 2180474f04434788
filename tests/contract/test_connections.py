"""Every stack, really served, on connections used in every way that HTTP/1.1 allows."""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from benchmarks.contract import NO_ITEMS, NOT_FOUND, ONE_ITEM
from servers.registry import Entry
from tests.contract.served import Served, starting, wait_until_healthy
from tests.contract.wire import ClosedError, Wire, ask, connected

HOST = "Host: stackduel.test\r\n"
REQUEST = f"GET /json?items=1 HTTP/1.1\r\n{HOST}\r\n".encode()
MANY_CONNECTIONS = 512
# More than the thousand after which Hypercorn would close a connection.
MANY_REQUESTS = 1100


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


def test_many_requests_on_one_connection(served: Served) -> None:
    """No server closes a connection for the number of requests it has served."""
    with connected(served.port) as wire:
        for _ in range(MANY_REQUESTS):
            wire.send(REQUEST)
            assert wire.answer().status == 200


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


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(b"GARBAGE\r\n\r\n", id="no request line"),
        pytest.param(b"GET /json HTTP/1.1\r\nHost: x\r\nno colon here\r\n\r\n", id="a header without a colon"),
        pytest.param(b"POST /json HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", id="a negative length"),
        pytest.param(b"POST /json HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", id="two lengths"),
        pytest.param(b"POST /json HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n", id="a bad chunk"),
        pytest.param(b"GET /json HTTP/1.1\r\nHost: x\r\nX-Padding: " + b"x" * 400_000 + b"\r\n\r\n", id="a huge header"),
    ],
)
def test_what_is_no_request_is_refused(request_bytes: bytes, served: Served) -> None:
    """What a server's own parser cannot read is answered with 4xx or a closed connection."""
    with connected(served.port) as wire:
        try:
            wire.send(request_bytes)
            assert 400 <= wire.answer().status < 500
        except (ClosedError, ConnectionError):
            pass
    assert ask(served.port, "/json?items=0").body == NO_ITEMS


def test_many_connections_are_kept_at_once(entry: Entry, served: Served) -> None:
    """512 connections are all answered, stay open while idle, and are all answered again."""
    answered = asyncio.run(ask_twice_on_each(served.port, MANY_CONNECTIONS))
    assert answered == 2 * MANY_CONNECTIONS
    slots = entry.waiting_slots(entry.worker_count(1))
    assert slots is None or slots >= 1


async def ask_twice_on_each(port: int, connections: int) -> int:
    """Ask on all connections at once, then on all of them again; returns how many answers came."""
    streams = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(connections)))
    answered = 0
    for _ in range(2):
        for _, writer in streams:
            writer.write(REQUEST)
        for reader, _ in streams:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), timeout=30)
            assert head.startswith(b"HTTP/1.1 200 ")
            assert await reader.readexactly(len(ONE_ITEM)) == ONE_ITEM
            answered += 1
    for _, writer in streams:
        writer.close()
    return answered
