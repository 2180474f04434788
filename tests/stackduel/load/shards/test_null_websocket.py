"""The null server's WebSocket: it sends back what a real client sends, and streams at its rate."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.load.engine import local_engine
from stackduel.load.job import Call, Job
from stackduel.load.shards.null_rate import local_null_rates
from stackduel.load.shards.null_websocket import NullWebSocket
from stackduel.load.websockets.frames import BINARY, CLOSE, TEXT, client_frame, server_frame
from stackduel.model.measurement import Expectation
from stackduel.model.suite import ClosedLoop, Workload
from stackduel.model.target import Address

ECHO = Call(Workload("/ws", body=b"x" * 300, websocket="text", status=101), Expectation(101, body=b"another"))
JOB = Job(Address("127.0.0.1", 9), (ECHO,), ClosedLoop(4, duration_s=1.0), driver="websocket")


class Written:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.data = b""
        self.closed = False

    def write(self, data: bytes) -> None:
        self.data += data

    def close(self) -> None:
        self.closed = True


def opened() -> tuple[NullWebSocket, Written]:
    """A connection after its handshake."""
    connection, transport = NullWebSocket(None), Written()
    connection.connection_made(transport)  # type: ignore[arg-type]
    connection.data_received(b"GET /ws HTTP/1.1\r\nHost: x\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
    connection.data_received(b"\r\n")
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in transport.data
    transport.data = b""
    return connection, transport


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_536])
def test_a_message_goes_back_in_any_pieces(size: int) -> None:
    """Whole, cut after every byte of its head, and again by its bytes alone."""
    payload = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    frame = client_frame(BINARY, payload, b"abcd")
    for cut in (0, 1, 2, 5, 9, 13):
        connection, transport = opened()
        for _ in range(3):
            for piece in filter(None, (frame[:cut], frame[cut:])):
                connection.data_received(piece)
        assert transport.data == 3 * server_frame(BINARY, payload)


def test_a_close_ends_the_connection() -> None:
    """With the same close in answer."""
    connection, transport = opened()
    connection.data_received(client_frame(TEXT, b"hi", b"abcd") + client_frame(CLOSE, b"\x03\xe8", b"abcd"))
    assert transport.data == server_frame(TEXT, b"hi") + server_frame(CLOSE, b"\x03\xe8")
    assert transport.closed


def test_the_generator_has_a_null_rate_of_messages_and_of_broadcasts() -> None:
    """Of echoes whatever the stack answers, and of broadcasts at the pace that is wanted."""
    stream = Call(
        Workload("/ws", stream="websocket", status=101), Expectation(101, body=b"data: " + b"x" * 100 + b"\n\n")
    )
    with local_engine((), 1) as engine, local_null_rates(engine, ()) as rates:
        echoes = rates.rate_rps(JOB)
        messages = rates.rate_rps(replace(JOB, calls=(stream,)), 500.0)
    assert echoes is not None
    assert echoes > 500
    assert messages is not None
    assert messages > 500
