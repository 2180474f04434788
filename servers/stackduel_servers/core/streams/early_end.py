"""The early end of a stream, as a line of the server's log: which stream, when it was noticed, and at which event.

Nobody can ask a server whose threads or event loop are busy, but what it wrote has its own moment. A stream is known by
its zero, which its client has read, too. Nothing is written while a stream runs.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache

from stackduel_servers.core.streams.stream import HeadFields
from stackduel_servers.core.streams.wire import ZERO_FIELD, clock_ns

VARIABLE = "STREAM_ENDS"
WORD = "stream-ended-early"
STDERR = 2


def note(zero_ns: int | str, noticed_ns: int, events: int) -> None:
    """Write that a stream was given up after so many events; in one piece, so that workers share a log."""
    with suppress(OSError):
        os.write(STDERR, f"{WORD} {zero_ns} {noticed_ns} {events}\n".encode())


def note_handler(zero_ns: int | str, events: int) -> None:
    """Write that the handler of a stream ends early now, if the environment of this process asks for it."""
    if is_noted():
        note(zero_ns, clock_ns(), events)


@cache
def is_noted() -> bool:
    """Return whether handlers note their early ends."""
    return os.environ.get(VARIABLE) == "on"


def zero_of(fields: HeadFields) -> str:
    """Return the zero of a stream whose head has these fields."""
    return dict(fields)[ZERO_FIELD]
