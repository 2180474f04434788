"""The events of a stream, as WHATWG's HTML standard reads ``text/event-stream``.

Section 9.2.6, Interpreting an event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html). It works
on bytes: neither an end of a line nor a colon is ever part of another character of UTF-8.
"""

from __future__ import annotations

from array import array
from typing import NamedTuple

BOM = b"\xef\xbb\xbf"
COMMENT = b":"
# A longer time to reconnect after is no time.
MOST_DIGITS = 15


class Event(NamedTuple):
    """An event: its data, the ``id`` and the type that its own lines give, and where in the body it was complete.

    ``end`` counts the body's bytes up to the end of the empty line that dispatches the event; of a CRLF there, the CR
    is enough. ``id`` and ``name`` are None where no line of the event has them.
    """

    data: bytes
    id: bytes | None
    name: bytes | None
    end: int


class EventParser:
    """Takes a body piece by piece, however it is cut, and returns the events that each piece completes.

    What follows the last empty line is no event: a body that ends there was cut short. ``retry_ms`` is the last
    time to wait before a reconnection that the stream gave, None before any. ``told_tokens`` is for formats in which a
    stream says how many tokens it has. ``comment_ends`` has for each comment of the stream where in the body its line
    ended, counted as the end of an event is.
    """

    def __init__(self) -> None:
        self.retry_ms: int | None = None
        self.told_tokens: int | None = None
        self.comment_ends = array("q")
        self._rest = b""
        self._end = 0
        self._begun = False
        self._after_return = False
        self._data: list[bytes] = []
        self._id: bytes | None = None
        self._name: bytes | None = None

    @property
    def missing_end(self) -> str:
        """Why a stream that ends here is not complete, in a few words: nothing in this format says so."""
        return ""

    def feed(self, piece: bytes) -> list[Event]:
        """Return the events that are complete with this piece."""
        if self._after_return and piece:
            # The second half of a CRLF whose first half ended a line in the piece before.
            self._after_return = False
            if piece.startswith(b"\n"):
                self._end += 1
                piece = piece[1:]
        text = self._rest + piece
        if not self._begun:
            if len(text) < len(BOM) and BOM.startswith(text):
                self._rest = text
                return []
            self._begun = True
            if text.startswith(BOM):
                self._end += len(BOM)
                text = text[len(BOM) :]
        return self._lines(text)

    def _lines(self, text: bytes) -> list[Event]:
        """Take the whole lines of a text, and keep what is left for the next piece."""
        events: list[Event] = []
        lines = text.splitlines(keepends=True)
        self._rest = lines.pop() if lines and not lines[-1].endswith((b"\n", b"\r")) else b""
        self._after_return = not self._rest and text.endswith(b"\r")
        for line in lines:
            self._end += len(line)
            stripped = line.rstrip(b"\r\n")
            if stripped.startswith(COMMENT):
                # The LF of a CRLF may come later, and adds nothing.
                self.comment_ends.append(self._end - line.endswith(b"\r\n"))
            elif stripped:
                self._field(stripped)
            else:
                self._dispatch(events, line)
        return events

    def _field(self, line: bytes) -> None:
        """Take a line that is neither empty nor a comment."""
        name, _, value = line.partition(b":")
        if value.startswith(b" "):
            value = value[1:]
        if name == b"data":
            self._data.append(value)
        elif name == b"id":
            if b"\0" not in value:
                self._id = value
        elif name == b"event":
            self._name = value
        elif name == b"retry" and value.isdigit() and len(value) <= MOST_DIGITS:
            self.retry_ms = int(value)

    def _dispatch(self, events: list[Event], line: bytes) -> None:
        """Complete the event at its empty line; one without data is none."""
        if self._data:
            # The LF of a CRLF may come later, and adds nothing.
            end = self._end - (line == b"\r\n")
            events.append(Event(b"\n".join(self._data), self._id, self._name, end))
            self._data = []
        self._id = self._name = None
