"""The cost of a WebSocket's message to its client: by this engine's reader, and by libraries (``python FILE``)."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable

import pytest
from wsproto.connection import Connection, ConnectionType

from stackduel.load.websockets.events import event_of
from stackduel.load.websockets.frames import TEXT, MessageReader, server_frame

pytestmark = pytest.mark.performance

MESSAGE = b'{"zero_ns":%19d,"number":7,"due_ns":540000000,"made_ns":540081340,"pad":"xxxxxxxxxxxxxxxxxxxxxxxxxx"}' % 9
FRAME = server_frame(TEXT, MESSAGE)
COUNT = 20_000
ROUNDS = 5
MOST_OWN_US = 6.0


def own() -> Callable[[], object]:
    """The reader of the load engine, and the event that it makes of a message."""
    reader = MessageReader()
    return lambda: [event_of(message.payload) for message in reader.feed(FRAME)]


def wsproto() -> Callable[[], object]:
    """wsproto's connection."""
    connection = Connection(ConnectionType.CLIENT)

    def read() -> object:
        connection.receive_data(FRAME)
        return list(connection.events())

    return read


def websockets() -> Callable[[], object]:
    """The part of websockets that does no I/O."""
    from websockets.client import ClientProtocol
    from websockets.protocol import State
    from websockets.uri import parse_uri

    connection = ClientProtocol(parse_uri("ws://localhost/"), state=State.OPEN)

    def read() -> object:
        connection.receive_data(FRAME)
        return connection.events_received()

    return read


def cost_us(read: Callable[[], object]) -> float:
    """The microseconds of a message, the fastest round's."""
    rounds = []
    for _ in range(ROUNDS):
        began_s = time.process_time()
        for _ in range(COUNT):
            read()
        rounds.append(time.process_time() - began_s)
    return min(rounds) / COUNT * 1e6


def test_the_reader_keeps_within_its_bound() -> None:
    """A message costs no more above a bare read than an event of a stream may."""
    assert cost_us(own()) <= MOST_OWN_US


if __name__ == "__main__":
    print(f"the load engine's reader, with its event: {cost_us(own()):6.2f} us a message")
    print(f"wsproto:                                  {cost_us(wsproto()):6.2f} us")
    if importlib.util.find_spec("websockets"):
        print(f"websockets (without I/O):                 {cost_us(websockets()):6.2f} us")
