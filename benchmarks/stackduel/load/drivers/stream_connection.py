"""A connection whose answers are event streams: it stamps and keeps every read, and parses HTTP's framing alone."""

from __future__ import annotations

from array import array
from math import inf, nan
from typing import Protocol, cast

from stackduel.load.clock import clock
from stackduel.load.drivers.connection import MAX_BODY_BYTES, MAX_HEAD_BYTES
from stackduel.load.drivers.scheduled_connection import ScheduledConnection, ScheduledConnectionOwner, ScheduledRequest
from stackduel.load.streams.stream_reads import StreamReads
from stackduel.model.measurement import Outcome

# A chunked body ends in the empty line behind its last chunk. An event whose lines end with CRLF looks nearly the same:
# there another line end comes before. What is shorter than both says nothing.
END = b"\r\n\r\n"
END_OF_EVENT = b"\n\r\n\r\n"
FEWEST_BYTES = len(END_OF_EVENT)
# A parser whose code and data are not in the processor's caches takes ten times as long for a read: so many at once.
MOST_UNPARSED = 16


class StreamKeeper(Protocol):
    """Is given the reads of each stream once its first byte has come, and keeps an eye on them from then on."""

    def begin(self, reads: StreamReads) -> None:
        """Note that a stream has begun."""


class StreamConnection(ScheduledConnection):
    """Reads one stream after another. Its framing ends a stream; whether its events are right is seen later.

    Most reads of a chunked stream are stamped and kept alone, and parsed a few at a time: at once only what may be the
    end. Of a stream that has ended, or whose connection is given up, nothing is left unparsed.
    """

    __slots__ = ("_is_chunked", "_keeper", "_may_wait", "_moments_s", "_reads", "_unparsed")

    def __init__(self, owner: ScheduledConnectionOwner, scheduled: ScheduledRequest | None, sent_s: float) -> None:
        super().__init__(owner, scheduled, sent_s)
        self._keeper = cast("StreamKeeper", self._owner.recorder)
        self._reads: StreamReads | None = None
        self._is_chunked = False
        # Whether reads may wait to be parsed, those that do, and their moments.
        self._may_wait = False
        self._unparsed: list[bytes] = []
        self._moments_s = array("d")

    def data_received(self, data: bytes) -> None:
        """Stamp what came, and keep it; this is the hot path."""
        now_s = clock()
        if not self._may_wait:
            self._take(data, now_s)
            return
        self._moments_s.append(now_s)
        unparsed = self._unparsed
        unparsed.append(data)
        if (
            len(unparsed) == MOST_UNPARSED
            or len(data) < FEWEST_BYTES
            or (data.endswith(END) and not data.endswith(END_OF_EVENT))
        ):
            self._catch_up()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field of the head."""
        if self._reads is not None and not self._reads.has_begun:
            self._reads.zero.take(name, value)
            self._is_chunked |= name.lower() == b"transfer-encoding" and value.lower().endswith(b"chunked")

    def on_headers_complete(self) -> None:
        """Begin the stream, if this is the head of a right answer."""
        if self._reads is not None and self._status_of_answer() == self._expectation.status:
            self._reads.begin(clock())
            self._may_wait = self._is_chunked

    def record(self, outcome: Outcome, sent_s: float, done_s: float) -> None:
        """Record how a stream ended, with what came of it."""
        scheduled, self.scheduled = self.scheduled, None
        if scheduled is None:
            raise RuntimeError("a stream ended that nobody opened")
        reads, self._reads = self._reads, None
        if reads is not None:
            reads.pack()
        self._may_wait = self._is_chunked = False
        first_s, self.first_s = self.first_s, nan
        self._record_request(scheduled, outcome, sent_s, first_s, done_s, reads)

    def fail(self, outcome: Outcome) -> None:
        """Give up the stream in flight, and the connection with it, unless what is yet to be parsed ends the stream."""
        sent_s = self.sent_s
        self._catch_up()
        if self.sent_s == sent_s:
            super().fail(outcome)

    def abandon(self) -> None:
        """Close the connection without another word; a stream in flight on it is not recorded."""
        self._catch_up()
        super().abandon()

    def _take(self, data: bytes, now_s: float) -> None:
        """Parse what came at a moment."""
        # Not a number is not equal to itself, and is there until the first byte of a stream has come.
        if self.first_s != self.first_s:
            self._begin(now_s)
        if self._reads is not None:
            self._reads.note(now_s)
        super().data_received(data)

    def _catch_up(self) -> None:
        """Parse what was kept."""
        unparsed, self._unparsed = self._unparsed, []
        moments_s, self._moments_s = self._moments_s, array("d")
        for data, moment_s in zip(unparsed, moments_s, strict=True):
            self._take(data, moment_s)

    def _begin(self, now_s: float) -> None:
        """Begin to note the reads of a stream; what nobody asked for is noted nowhere, and ends the connection."""
        scheduled = self.scheduled
        if scheduled is not None:
            self.first_s = now_s
            self._reads = StreamReads(scheduled.call.number, scheduled.intended_s, self.sent_s, self._pieces)
            self._reads.first_s = now_s
            self._keeper.begin(self._reads)

    def _take_part(self, data: bytes) -> None:
        """Keep the account of a stream that goes on, so that it cannot grow without bound."""
        reads = self._reads
        if reads is None or self.sent_s == inf:
            self.abandon()
            return
        reads.taken += len(data)
        if not self._length:
            self._head += data
        if self._pieces or self._length:
            self._length += len(data)
        if self._length > MAX_BODY_BYTES or len(self._head) > MAX_HEAD_BYTES:
            self.fail(Outcome.TOO_LARGE)

    def _judge(self) -> Outcome:
        """Judge an answer that is complete by its status alone."""
        status = self._status_of_answer()
        if status == self._expectation.status:
            return Outcome.OK
        if self._owner.recorder.failed_answer is None:
            self._beginning = b"".join(self._pieces)
            self._keep_answer(status)
        return Outcome.STATUS
