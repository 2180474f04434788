"""Frames as wsproto, a library of its own, writes and reads them, in any pieces; and what no server may send."""

from __future__ import annotations

import os
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage

from stackduel.load.streams.event_parser import EventParser
from stackduel.load.streams.timetable import ZeroFinder
from stackduel.load.websockets.events import event_of, take_zero
from stackduel.load.websockets.frames import (
    BINARY,
    CLOSE,
    MOST_MESSAGE_BYTES,
    PING,
    TEXT,
    FrameError,
    MessageReader,
    TooLongError,
    WebSocketMessage,
    client_frame,
    closing,
    masked,
    server_frame,
)
from stackduel.load.websockets.handshake import Handshake, accept_of
from stackduel.model.suite import Workload
from stackduel.model.target import Address

PAYLOADS = st.one_of(st.text(max_size=200), st.binary(max_size=200), st.sampled_from(["x" * 126, b"y" * 70_000]))


def written(payload: str | bytes, fragments: int) -> bytes:
    """A message as wsproto's server writes it, in so many fragments with a ping behind the first."""
    server = Connection(ConnectionType.SERVER)
    kind = TextMessage if isinstance(payload, str) else BytesMessage
    step = len(payload) // fragments + 1
    parts = [payload[at : at + step] for at in range(0, max(1, len(payload)), step)]
    sent = b""
    for number, part in enumerate(parts, 1):
        sent += server.send(kind(part, message_finished=number == len(parts)))  # type: ignore[arg-type]
        if number == 1:
            sent += server.send(Ping(b"in between"))
    return sent


@given(payloads=st.lists(st.tuples(PAYLOADS, st.integers(1, 3)), max_size=5), cuts=st.lists(st.integers(0, 2000)))
def test_messages_are_read_in_any_pieces(payloads: list[tuple[str | bytes, int]], cuts: list[int]) -> None:
    """Each comes once, whole and in order, with the pings, wherever the reads end."""
    sent = b"".join(written(payload, fragments) for payload, fragments in payloads)
    places = sorted({min(cut, len(sent)) for cut in cuts} | {0, len(sent)})
    reader = MessageReader()
    found = [message for low, high in pairwise([*places, len(sent)]) for message in reader.feed(sent[low:high])]
    right = [(TEXT, payload.encode()) if isinstance(payload, str) else (BINARY, payload) for payload, _ in payloads]
    assert [message for message in found if message.opcode != PING] == right
    assert [message.payload for message in found if message.opcode == PING] == [b"in between"] * len(payloads)
    assert reader.is_between


@given(payload=PAYLOADS, mask=st.binary(min_size=4, max_size=4))
def test_a_servers_library_reads_what_the_client_writes(payload: str | bytes, mask: bytes) -> None:
    """Masked, in one frame of the right length."""
    server = Connection(ConnectionType.SERVER)
    data = payload.encode() if isinstance(payload, str) else payload
    server.receive_data(client_frame(TEXT if isinstance(payload, str) else BINARY, data, mask))
    parts = [event.data for event in server.events() if isinstance(event, TextMessage | BytesMessage)]
    assert type(payload)().join(parts) == payload  # type: ignore[arg-type]
    assert masked(masked(data, mask), mask) == data


@pytest.mark.parametrize("payload", [b"", b"x" * 125, b"x" * 126, b"x" * 65_535, b"x" * 65_536])
def test_a_servers_frame_is_written_in_the_shortest_form(payload: bytes) -> None:
    """The usual answer is known by its bytes, which are those of a library."""
    assert server_frame(BINARY, payload) == Connection(ConnectionType.SERVER).send(BytesMessage(payload))


@pytest.mark.parametrize(
    "data",
    [
        client_frame(TEXT, b"x", b"abcd"),
        b"\xc1\x01x",
        b"\x83\x00",
        b"\x80\x00",
        b"\x01\x01a\x81\x01b",
        b"\x09\x00",
        b"\x88\x7e\x00\x7e" + b"x" * 126,
        b"\x81\x02\xff\xff",
        b"\x01\x01\xc3\x80\x01x",
    ],
    ids=["masked", "reserved bit", "opcode", "continuation", "within another", "fragmented ping", "long close",
         "no UTF-8", "no UTF-8 in fragments"],
)  # fmt: skip
def test_what_no_server_may_send_is_refused(data: bytes) -> None:
    """By the rules of RFC 6455, section 5."""
    with pytest.raises(FrameError):
        MessageReader().feed(data)


def test_a_message_has_a_limit() -> None:
    """Of a frame by its head alone, and of all fragments together."""
    with pytest.raises(TooLongError):
        MessageReader().feed(b"\x82\x7f" + (MOST_MESSAGE_BYTES + 1).to_bytes(8, "big"))
    half = b"x" * (MOST_MESSAGE_BYTES // 2 + 1)
    reader = MessageReader()
    reader.feed(b"\x02" + server_frame(BINARY, half)[1:])
    with pytest.raises(TooLongError):
        reader.feed(b"\x80" + server_frame(BINARY, half)[1:])


def test_a_close_has_a_code_and_a_reason() -> None:
    """Or neither, which counts as 1005."""
    server = Connection(ConnectionType.SERVER)
    sent = server.send(CloseConnection(code=1009, reason="too big"))
    [message] = MessageReader().feed(sent)
    assert (message.opcode, closing(message.payload)) == (CLOSE, (1009, "too big"))
    assert closing(b"") == (1005, "")


def test_the_handshake_is_that_of_the_standard() -> None:
    """RFC 6455, 1.3 has the example; each connection has a key of its own, and the body is none of the request's."""
    assert accept_of(b"dGhlIHNhbXBsZSBub25jZQ==") == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    handshake = Handshake.of(Address("localhost", 80), Workload("/ws", body=b"hello", websocket="text"))
    (first, _), (second, _) = handshake.begin(), handshake.begin()
    assert first != second
    assert first.startswith(b"GET /ws HTTP/1.1\r\n")
    assert b"Content-Length" not in first
    assert first.endswith(b"==\r\n\r\n")


@pytest.mark.parametrize("name", ["Upgrade", "Sec-WebSocket-Key", "sec-websocket-extensions"])
def test_the_handshakes_own_headers_are_refused(name: str) -> None:
    """Nobody offers an extension that this client does not have."""
    with pytest.raises(ValueError, match=name):
        Handshake.of(Address("localhost", 80), Workload("/ws", headers=((name, "x"),), websocket="text"))


@given(message=st.binary(max_size=60))
def test_any_message_is_one_event(message: bytes) -> None:
    """With its bytes, but for the kind of its line ends."""
    [event] = EventParser().feed(event_of(message))
    assert event.id is None
    assert event.data == message.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def test_a_message_of_a_broadcast_has_its_number_and_its_zero() -> None:
    """The zero is no part of what is compared."""
    texts = [b'{"zero_ns":%19d,"number":7,"due_ns":1,"made_ns":2,"pad":"x"}' % zero for zero in (5, 10**18)]
    events = [EventParser().feed(event_of(text))[0] for text in texts]
    assert [(each.id, each.data) for each in events] == [(b"7", b'{"due_ns":1,"made_ns":2,"pad":"x"}')] * 2
    zero = ZeroFinder()
    take_zero(zero, texts[1])
    assert zero.zero_s == 10**9
    take_zero(nothing := ZeroFinder(), os.urandom(8))
    assert nothing.zero_s is None


def test_a_message_is_whole_or_not_there() -> None:
    """A part of one is kept for the next read."""
    reader = MessageReader()
    assert reader.feed(b"\x81") == []
    assert not reader.is_between
    assert reader.feed(b"\x02hi\x81") == [WebSocketMessage(TEXT, b"hi")]
