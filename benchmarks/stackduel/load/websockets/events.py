"""Messages of a WebSocket as events of a stream, in the form that all streams are parsed in.

A message without a number has no ``id``. One of a broadcast (docs/websockets.md) has its number, and the zero of its
times, which differs from run to run, is taken out of its data.
"""

from __future__ import annotations

import re

from stackduel.load.streams.timetable import CLOCK, CLOCK_FIELD, ZERO_FIELD, ZeroFinder

_NUMBERED = re.compile(rb'\{"zero_ns": {0,18}([0-9]{1,19}),"number":([0-9]{1,15}),')
_LINE_END = re.compile(rb"\r\n|\r|\n")


def event_of(message: bytes) -> bytes:
    """Return the bytes of the event that a message is."""
    found = _NUMBERED.match(message)
    if found is not None:
        return b"id: %b\ndata: {%b\n\n" % (found[2], message[found.end() :])
    return b"data: %b\n\n" % _LINE_END.sub(b"\ndata: ", message)


def take_zero(zero: ZeroFinder, message: bytes) -> None:
    """Tell the zero of a broadcast by one of its messages, as the head of a stream tells it."""
    found = _NUMBERED.match(message)
    if found is not None:
        zero.take(ZERO_FIELD, found[1])
        zero.take(CLOCK_FIELD, CLOCK)
