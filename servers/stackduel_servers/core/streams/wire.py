"""A stream on the wire: its head's fields, and the bytes of an event. docs/streams.md describes both for clients."""

from __future__ import annotations

from time import get_clock_info, perf_counter_ns

from stackduel_servers.core import answers
from stackduel_servers.core.errors import HttpError
from stackduel_servers.core.streams.stream import Encoding
from stackduel_servers.core.streams.timetable import LARGEST_BYTES, Timetable

# The load generator's clock too: all processes of a machine read the same.
clock_ns = perf_counter_ns
CLOCK = get_clock_info("perf_counter").implementation

MEDIA_TYPE = "text/event-stream"
CONTENT_TYPE = f"{MEDIA_TYPE}; charset=utf-8"
ZERO_FIELD = "X-Stream-Zero"
CLOCK_FIELD = "X-Stream-Clock"
# Nothing between the application and the client may keep events back.
UNBUFFERED = (("Cache-Control", "no-cache"), ("X-Accel-Buffering", "no"))

# A comment: a reader of events passes over it, and a watcher of the connection sees that it lives.
HEARTBEAT_TEXT = "heartbeat"
HEARTBEAT = f": {HEARTBEAT_TEXT}\n\n".encode()

_PADDING = b"x" * LARGEST_BYTES
_END = b'"}'


def head_fields(zero: str, clock: str = CLOCK) -> tuple[tuple[str, str], ...]:
    """Return the fields of a stream's head besides its type: ``zero`` is the moment from which its times count."""
    return (*UNBUFFERED, (ZERO_FIELD, zero), (CLOCK_FIELD, clock))


def data(timetable: Timetable, number: int, made_ns: int) -> bytes:
    """Return the data of an event: when it was due and when it was made, padded to the timetable's size."""
    times = b'{"due_ns":%d,"made_ns":%d,"pad":"' % (timetable.due_ns(number), made_ns)
    return times + _PADDING[: timetable.size - len(times) - len(_END)] + _END


def encoded(timetable: Timetable, number: int, made_ns: int) -> bytes:
    """Return the bytes of an event."""
    return b"id: %d\ndata: %b\n\n" % (number, data(timetable, number, made_ns))


PLAIN = Encoding(encoded, HEARTBEAT)


def is_heartbeat(frame: bytes) -> bool:
    """Return whether what a downstream sent is a comment, and no event."""
    return frame.startswith(b":")


def error_data(error: HttpError) -> bytes:
    """Return the data of the event that ends a stream when its upstream fails: the body of the same error."""
    return answers.failure(error).body


def encoded_error(error: HttpError) -> bytes:
    """Return the bytes of the event that ends a stream when its upstream fails."""
    return b"event: error\ndata: %b\n\n" % error_data(error)


def parsed(event: bytes) -> tuple[str | None, str | None, str]:
    """Return the number, the type and the data of a downstream's event, for frameworks that write events themselves.

    This is no parser of Server-Sent Events: it reads only what ``encoded`` and ``encoded_error`` write.
    """
    fields = dict(line.split(": ", 1) for line in event.decode().rstrip("\n").split("\n"))
    return fields.get("id"), fields.get("event"), fields["data"]
