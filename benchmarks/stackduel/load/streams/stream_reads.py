"""The bytes of one stream, and the moment of each read. Nothing of it is parsed while it comes."""

from __future__ import annotations

from array import array
from math import nan

import numpy as np

from stackduel.load.streams.read_part import ReadPart
from stackduel.load.streams.stream_reader import StreamReader
from stackduel.load.streams.timetable import ZeroFinder


class StreamReads:
    """The reads of one stream, as far as they were not parsed yet.

    ``moments_s`` and ``marks`` have for each read its moment in ``clock`` seconds, and how many ``pieces`` of the body
    there were before it. ``pieces`` is the connection's own list. ``from_s`` is when the stream
    was to be opened, ``sent_s`` when its request was sent, ``first_s`` when its first byte came, ``call`` the number of
    its call. ``taken`` bytes came since the last parsing. ``has_begun`` once a head with the right status is complete;
    ``zero_s`` is the zero of its timetable, None where it has none by this clock.
    """

    __slots__ = (
        "call", "first_s", "from_s", "has_begun", "marks", "moments_s", "parts", "pieces", "reader", "sent_s", "taken",
        "zero", "zero_s",
    )  # fmt: skip

    def __init__(self, call: int, from_s: float, sent_s: float, pieces: list[bytes]) -> None:
        self.call = call
        self.from_s = from_s
        self.sent_s = sent_s
        self.first_s = nan
        self.has_begun = False
        self.zero = ZeroFinder()
        self.zero_s: float | None = None
        self.pieces = pieces
        self.moments_s = array("d")
        self.marks = array("q")
        self.parts: list[ReadPart] = []
        self.taken = 0
        self.reader: StreamReader | None = None

    def begin(self, now_s: float) -> None:
        """Take note of a right head; a zero before the request or after now is one of another machine's clock."""
        self.has_begun = True
        zero_s = self.zero.zero_s
        self.zero_s = zero_s if zero_s is not None and self.sent_s <= zero_s <= now_s else None

    def note(self, moment_s: float) -> None:
        """Note a read, before its pieces are there."""
        self.moments_s.append(moment_s)
        self.marks.append(len(self.pieces))

    def pack(self) -> None:
        """Put together what came so far: in one piece it takes less memory, and the connection may use its list."""
        pieces = self.pieces
        if self.moments_s:
            places = np.concatenate(([0], np.cumsum([len(piece) for piece in pieces], dtype=np.int64)))
            ends = places[[*self.marks[1:], len(pieces)]]
            self.parts.append(ReadPart(b"".join(pieces), np.array(self.moments_s), ends))
            pieces.clear()
            del self.moments_s[:]
            del self.marks[:]

    def take(self) -> list[ReadPart]:
        """Return all that came since the last time."""
        self.pack()
        parts, self.parts = self.parts, []
        self.taken = 0
        return parts
