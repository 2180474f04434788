"""Clients beside a load, against a socket that sees what they do."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from stackduel.load.aside.aside_clients import AsideClients
from stackduel.load.aside.client_plan import ClientPlan, ClientStream
from stackduel.model.suite import Workload
from stackduel.model.target import Address
from tests.until import until

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Stream-Zero: 1234567890123\r\n\r\n"
EVENT = b"id: %d\ndata: {}\n\n"


class Listener:
    """Answers one connection, and knows how it ended."""

    def __init__(self, answer: bytes, *, closes: bool = False) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.end = ""
        self._answer = answer
        self._closes = closes
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self.socket.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(self._answer)
            if self._closes:
                return
            try:
                self.end = "closed" if connection.recv(1) == b"" else "went on"
            except ConnectionResetError:
                self.end = "reset"

    @property
    def address(self) -> Address:
        """Where it listens."""
        return Address("127.0.0.1", self.socket.getsockname()[1])


@contextmanager
def clients(listener: Listener, plans: Sequence[ClientPlan]) -> Iterator[tuple[ClientStream, ...]]:
    """Clients that have begun, and what becomes of their streams."""
    with listener.socket, AsideClients(listener.address, Workload("/stream"), plans) as aside:
        aside.open()
        yield aside.streams


@pytest.mark.parametrize(("resets", "end"), [(False, "closed"), (True, "reset")])
def test_a_client_leaves_without_a_word(resets: bool, end: str) -> None:
    """By a close or by a reset, at a moment that is known."""
    listener = Listener(HEAD + EVENT % 0)
    with clients(listener, [ClientPlan(leaves_s=0.3, resets=resets)]) as (stream,):
        assert until(lambda: stream.left_ns is not None and listener.end)
        assert listener.end == end
        assert (stream.begun, stream.zero_ns, stream.ended) == (True, 1234567890123, False)


@pytest.mark.parametrize(
    ("answer", "begun"), [(b"HTTP/1.1 503 Full\r\n\r\n", False), (b"HTTP/1.1 200 OK\r\n\r\n", True), (b"", False)]
)
def test_who_has_no_open_stream_leaves_none(answer: bytes, begun: bool) -> None:
    """A refusal is no stream, and one that has ended is left by nobody; a head without a zero is a stream."""
    listener = Listener(answer, closes=True)
    with clients(listener, [ClientPlan(leaves_s=0.3)]) as (stream,):
        assert until(lambda: not listener._thread.is_alive())
    assert (stream.begun, stream.zero_ns, stream.left_ns) == (begun, None, None)


def test_a_stream_that_has_ended_is_left_by_nobody() -> None:
    """Its connection stays open, but nothing is left to be noticed."""
    listener = Listener(HEAD + b"f\r\n" + EVENT % 0 + b"\r\n0\r\n\r\n")
    with clients(listener, [ClientPlan(leaves_s=0.3)]) as (stream,):
        assert until(lambda: stream.ended)
        assert until(lambda: listener.end == "closed")
    assert (stream.begun, stream.left_ns) == (True, None)


def test_a_slow_client_reads_no_more_than_it_may() -> None:
    """Of much that waits for it, it has read little, and knows which event that was."""
    listener = Listener(HEAD + b"".join(EVENT % number for number in range(2000)))
    began_s = time.monotonic()
    with clients(listener, [ClientPlan(bytes_per_s=400, buffer_bytes=4096)]) as (stream,):
        assert until(lambda: stream.bytes_read >= 200)
    # Each read of a quarter of a second's bytes is followed by its wait.
    assert stream.bytes_read <= 400 * (time.monotonic() - began_s) + 100
    read = b"".join(EVENT % number for number in range(2000))[: stream.bytes_read]
    assert stream.last_event in {read.count(b"\ndata"), read.count(b"\ndata") - 1}


def test_who_stays_is_closed_at_the_end() -> None:
    """Leaving the context closes the connection, and nobody has left."""
    listener = Listener(HEAD)
    with clients(listener, [ClientPlan()]) as (stream,):
        assert until(lambda: stream.begun)
    assert until(lambda: listener.end == "closed")
    assert stream.left_ns is None


def test_nobody_listening_is_no_stream() -> None:
    """A refused connection ends the client alone."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = Address("127.0.0.1", closed.getsockname()[1])
    with AsideClients(address, Workload("/stream"), [ClientPlan(leaves_s=0.1)]) as aside:
        aside.open()
    assert [each.begun for each in aside.streams] == [False]
