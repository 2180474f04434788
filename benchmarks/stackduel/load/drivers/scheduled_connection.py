"""Connections for requests that differ: each request is scheduled, with its call and its time."""

from __future__ import annotations

from collections.abc import Callable
from math import nan
from typing import NamedTuple, Protocol, cast

from stackduel.load.clock import clock
from stackduel.load.drivers.connection import Connection, ConnectionOwner
from stackduel.load.drivers.request import PreparedRequest
from stackduel.load.recording.server_timing import add_timing_header
from stackduel.load.streams.stream_reads import StreamReads
from stackduel.model.measurement import Outcome


class ScheduledRequest(NamedTuple):
    """A request to send: its call, when it was intended to be sent, and when the generator dispatched it.

    Both in ``clock`` seconds. After the dispatch, only the server decides when a connection is free for it.
    """

    intended_s: float
    call: PreparedRequest
    dispatched_s: float


Kept = bytes | StreamReads | None
"""The part of an answer that a connection keeps: its timing headers, the reads of a stream, or nothing."""

RecordRequest = Callable[[ScheduledRequest, Outcome, float, float, float, Kept], None]
"""Records how a request ended: request, outcome, the moments sent, first byte and done, and what was kept."""


class ScheduledConnectionOwner(Protocol):
    """The client of a scheduled connection: it schedules requests and records how they end."""

    def draw(self, now_s: float) -> ScheduledRequest:
        """Schedule the next request of the load for now."""

    def record(
        self,
        scheduled: ScheduledRequest,
        outcome: Outcome,
        sent_s: float,
        first_s: float,
        done_s: float,
        kept: Kept,
    ) -> None:
        """Record how a request ended."""


class ScheduledConnection(Connection):
    """Sends scheduled requests; without one, it asks its client for the next.

    It is the slower kind of connection, for open loops, mixes of requests and first bytes: a closed loop of one
    request needs no schedule, and does not pay for one.
    """

    __slots__ = ("_draw", "_record_request", "first_s", "scheduled", "timings")

    def __init__(self, owner: ScheduledConnectionOwner, scheduled: ScheduledRequest | None, sent_s: float) -> None:
        super().__init__(cast("ConnectionOwner", owner), sent_s)
        self.scheduled = scheduled
        self.first_s = nan
        self.timings = b""
        self._draw = owner.draw
        self._record_request = owner.record

    def carry(self, scheduled: ScheduledRequest) -> None:
        """Send this scheduled request now, on this idle connection."""
        self.scheduled = scheduled
        self.send(clock())

    def send(self, sent_s: float) -> None:
        """Send the scheduled request on this idle connection, counting its time from ``sent_s``."""
        if self.scheduled is None:
            self.scheduled = self._draw(sent_s)
        call = self.scheduled.call
        self._request, self._expectation = call.request, call.expectation
        self._matcher = call.matcher
        self._body = self._whole = call.expectation.body
        self.first_s = nan
        super().send(sent_s)

    def record(self, outcome: Outcome, sent_s: float, done_s: float) -> None:
        """Record how the scheduled request ended, and forget it."""
        scheduled, self.scheduled = self.scheduled, None
        if scheduled is None:
            raise RuntimeError("a request ended that nobody sent")
        self._record_request(scheduled, outcome, sent_s, self.first_s, done_s, self.timings)

    def on_message_complete(self) -> None:
        """Check and record the answer, and go on with the next request."""
        self._complete(clock())


class FirstByteConnection(ScheduledConnection):
    """Records when the first byte of each answer came, interim answers included."""

    __slots__ = ()

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        # Not a number is not equal to itself, and is there until the first byte has come.
        if self.first_s != self.first_s:
            self.first_s = clock()
        super().data_received(data)


class TimingConnection(ScheduledConnection):
    """Keeps the timing headers of each answer; the parser calls ``on_header`` for every header."""

    __slots__ = ()

    def on_message_begin(self) -> None:
        """Forget the timing headers of the answer before, or of an interim answer."""
        self.timings = b""

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a timing header."""
        self.timings = add_timing_header(self.timings, name, value)


class FirstByteTimingConnection(FirstByteConnection, TimingConnection):
    """Does what both do."""

    __slots__ = ()
