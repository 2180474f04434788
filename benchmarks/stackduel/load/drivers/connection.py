"""One HTTP/1.1 connection: the hot path, where every statement costs a share of what the generator can send."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from math import inf, nan
from typing import Protocol, cast

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpResponseParser

from stackduel.load.clock import clock
from stackduel.load.drivers.body_matcher import BodyMatcher
from stackduel.load.drivers.framing import ends_with_the_connection
from stackduel.load.drivers.request import PreparedRequest
from stackduel.load.recording.recorder import Recorder
from stackduel.model.measurement import Expectation, Outcome

MAX_HEAD_BYTES = 256 * 1024
MAX_BODY_BYTES = 64 * 1024 * 1024
# A request that a server may answer before it has read it all: it may not fit into the sockets between the two.
LARGE_BYTES = 64 * 1024


class ConnectionOwner(Protocol):
    """The client that a connection belongs to, as the connection sees it."""

    calls: tuple[PreparedRequest, ...]
    request: bytes
    expectation: Expectation
    matcher: BodyMatcher | None
    permits: Iterator[object]
    recorder: Recorder
    resend_idle_s: float
    closes_first: bool

    def made(self) -> None:
        """The connection was established."""

    def park(self, connection: Connection) -> None:
        """The connection has no permit: keep it until there are new ones."""

    def replace(self, connection: Connection) -> None:
        """The connection can carry no further request: go on with another."""

    def leave(self, connection: Connection) -> None:
        """The server closes the connection: see that it does, and go on with another."""

    def resend(self, connection: Connection) -> bool:
        """The server closed the connection, idle for long, as its request was sent: send it again, if it may be."""

    def forget(self, connection: Connection) -> None:
        """The connection is closed."""


class Connection(asyncio.Protocol):
    """Sends a request, checks the answer, and sends the next, as long as its owner has permits.

    ``sent_s`` is the moment from which the request in flight counts, infinite when there is none; ``made`` is true
    once the connection was established, be it closed again.
    """

    __slots__ = (
        "_append_done", "_append_sent", "_awaited", "_beginning", "_body", "_expectation", "_feed", "_head",
        "_idle_since_s", "_keeps_alive", "_kept", "_length", "_matcher", "_owner", "_parse", "_pieceless", "_pieces",
        "_request", "_rested_s", "_same", "_status", "_status_of_answer", "_transport", "_used", "_usual", "_whole",
        "_write", "made", "on_body", "sent_s",
    )  # fmt: skip

    def __init__(self, owner: ConnectionOwner, sent_s: float) -> None:
        self.sent_s = sent_s
        self.made = False
        self._owner = owner
        self._used = False
        self._idle_since_s = inf
        # When the last request was sent that found the connection idle for long: the hot path need not touch it.
        self._rested_s = nan
        self._request = owner.request
        self._expectation = owner.expectation
        self._status = owner.expectation.status
        self._body = owner.expectation.body
        self._matcher = owner.matcher
        # A large request is always looked after: it may have been answered before it was sent.
        self._usual = self._body if len(self._request) <= LARGE_BYTES else None
        # What the only piece of a body must be; None while an answer comes in parts.
        self._whole = self._usual
        self._append_sent, self._append_done = owner.recorder.appends
        self._transport: asyncio.Transport | None = None
        self._feed: Callable[[bytes], None] = _discard
        # Of the answer that is being received.
        self._awaited = False
        self._pieces: list[bytes] = []
        self._kept: list[bytes] = []
        self._head = bytearray()
        self._pieceless = 0
        self._beginning = b""
        self._length = 0
        self._same = True
        # The parser calls this builtin for each piece of a body: cheaper than a method of ours.
        self.on_body = self._pieces.append

    @property
    def established(self) -> bool:
        """Whether the connection is open."""
        return self._transport is not None

    def send(self, sent_s: float) -> None:
        """Send a request on this idle connection, counting its time from ``sent_s``."""
        self.sent_s = sent_s
        if sent_s - self._idle_since_s >= self._owner.resend_idle_s:
            self._rested_s = sent_s
        self._feed = self._parse
        self._write(self._request)

    def fail(self, outcome: Outcome) -> None:
        """Give up the request in flight, and the connection with it."""
        sent_s, self.sent_s = self.sent_s, inf
        self.record(outcome, sent_s, clock())
        self.abandon()
        self._owner.replace(self)

    def record(self, outcome: Outcome, sent_s: float, done_s: float) -> None:
        """Record how a request of this connection ended."""
        if outcome is Outcome.OK:
            self._append_sent(sent_s)
            self._append_done(done_s)
        else:
            self._owner.recorder.fail(outcome, sent_s, done_s)

    def abandon(self) -> None:
        """Close the connection without another word; a request in flight on it is not recorded."""
        self.sent_s = inf
        self._feed = _discard
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin: with the request that the connection was opened for, or parked."""
        parser = HttpResponseParser(self)
        self._parse = parser.feed_data
        self._status_of_answer = parser.get_status_code
        self._keeps_alive = parser.should_keep_alive
        self._transport = cast("asyncio.Transport", transport)
        self._write = self._transport.write
        self.made = True
        self._owner.made()
        if self.sent_s < inf:
            self.send(self.sent_s)
        else:
            self._idle_since_s = clock()
            self._owner.park(self)

    def data_received(self, data: bytes) -> None:
        """Take what came; the parser calls ``on_message_complete`` in the course of it."""
        self._awaited = True
        try:
            self._feed(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            self._refuse(error)
        else:
            if self._awaited:
                self._take_part(data)

    def on_message_complete(self) -> None:
        """Check the answer, send the next request, and only then do the books."""
        done_s = clock()
        pieces = self._pieces
        if (
            self._awaited
            and len(pieces) == 1
            and pieces[0] == self._whole
            and self._status_of_answer() == self._status
            and self._keeps_alive()
            and next(self._owner.permits, None)
        ):
            self._write(self._request)
            self._awaited = False
            self._used = True
            pieces.clear()
            self._append_sent(self.sent_s)
            self._append_done(done_s)
            self.sent_s = done_s
        else:
            self._complete(done_s)

    def eof_received(self) -> None:
        """Close this side at once, too: its transport would do so when the answer that ends here was judged."""
        if self.sent_s < inf:
            self._finish()

    def connection_lost(self, exc: Exception | None) -> None:
        """Find out what the close means for the request in flight, if there is one."""
        self._owner.forget(self)
        transport, self._transport = self._transport, None
        if exc is not None and transport is not None and self.sent_s < inf:
            self._hear_out(transport)
        if self.sent_s < inf:
            self._end(clean=exc is None)
        # Or the bound methods of the parser would keep this object alive without a garbage collector.
        self._feed = _discard
        del self._parse, self._status_of_answer, self._keeps_alive, self._write

    def _complete(self, done_s: float) -> None:
        """Handle a complete message in every case but the usual one."""
        if 100 <= self._status_of_answer() < 200:
            self._pieces.clear()
            return
        if not self._awaited:
            raise _UnaskedError
        is_last = not self._keeps_alive() or self._unfinished()
        if is_last and self._owner.closes_first:
            self._finish()
        self._awaited = False
        self._used = True
        self._idle_since_s = done_s
        self._record(self._judge(), done_s)
        if is_last:
            self._feed = _discard
            self._owner.leave(self)
        elif next(self._owner.permits, None):
            self.send(done_s)
        else:
            self._feed = _discard
            self._owner.park(self)

    def _finish(self) -> None:
        """Tell the server that nothing more comes, before anything else: it may wait for that, and serve nobody else.

        A transport would do so in its loop's next turn.
        """
        if self._transport is None:
            return
        held = self._transport.get_extra_info("socket")
        connection = socket.socket(held.family, held.type, held.proto, fileno=held.fileno())
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
        connection.detach()

    def _take_part(self, data: bytes) -> None:
        """Keep the account of an answer that is not complete yet, so that it cannot grow without bound."""
        if self.sent_s == inf:
            # Nobody asked: a notice of a timeout, or worse.
            self.abandon()
            return
        self._whole = None
        if not self._length:
            self._head += data
        before = self._length
        self._digest()
        # A head, or trailers: what brought no piece of the body.
        self._pieceless = self._pieceless + len(data) if self._length == before else 0
        if self._length > MAX_BODY_BYTES or self._pieceless > MAX_HEAD_BYTES:
            self.fail(Outcome.TOO_LARGE)

    def _unfinished(self) -> bool:
        """Whether a request was answered before it was sent to its end (RFC 9112, 9.6), or on a connection now lost.

        The server need not read the rest, nor the next request.
        """
        return self._transport is None or self._transport.get_write_buffer_size() > 0

    def _hear_out(self, transport: asyncio.Transport) -> None:
        """Take what the server had said before it reset the connection: a write that fails is told before it is read.

        So ends the upload that a server refuses: it answers, and closes the connection with the rest unread.
        """
        held = transport.get_extra_info("socket")
        with contextlib.suppress(OSError), held.dup() as connection:
            self.data_received(connection.recv(MAX_HEAD_BYTES))

    def _end(self, *, clean: bool) -> None:
        """Settle the request in flight on a connection that was closed, cleanly or not."""
        if not self._head:
            # Only a connection that was idle for long may have been closed for that.
            if self.sent_s != self._rested_s or not self._owner.resend(self):
                self.fail(Outcome.DROPPED if self._used else Outcome.RESET)
        elif clean and ends_with_the_connection(self._head):
            self._record(self._judge(), clock())
            self._owner.replace(self)
        else:
            self.fail(Outcome.TRUNCATED)

    def _refuse(self, error: Exception) -> None:
        """Settle the request in flight when the parser could not go on."""
        if isinstance(error, HttpParserCallbackError) and not isinstance(error.__context__, _UnaskedError):
            raise error
        if self.sent_s < inf:
            self.fail(Outcome.PROTOCOL)
        else:
            self.abandon()

    def _judge(self) -> Outcome:
        """How the answer compares with the expected one, once it is complete."""
        self._digest()
        status, same = self._status_of_answer(), self._same
        if self._matcher is not None and status == self._expectation.status:
            same = (same and self._length == len(self._body or b"")) or self._matcher.agrees(b"".join(self._kept))
        outcome = self._expectation.judge(status=status, length=self._length, same=same)
        if outcome is not Outcome.OK and self._owner.recorder.failed_answer is None:
            self._keep_answer(status)
        return outcome

    def _keep_answer(self, status: int) -> None:
        """Keep the answer as a sample: whole where its content was read."""
        call = next(each.number for each in self._owner.calls if each.expectation is self._expectation)
        self._owner.recorder.keep_answer(status, b"".join(self._kept) or self._beginning, call)

    def _digest(self) -> None:
        """Compare the pieces of the body that came, and let them go."""
        if not self._length and self._pieces:
            self._beginning = self._pieces[0]
        for piece in self._pieces:
            if self._same and self._body is not None and not self._body.startswith(piece, self._length):
                self._same = False
                self._beginning = self._body[: self._length] + piece  # what came before was the same
            self._length += len(piece)
        if self._matcher is not None:
            self._kept += self._pieces
        self._pieces.clear()

    def _record(self, outcome: Outcome, done_s: float) -> None:
        """Record the answer that is complete, and forget it."""
        sent_s, self.sent_s = self.sent_s, inf
        self.record(outcome, sent_s, done_s)
        self._whole = self._usual
        self._kept.clear()
        self._pieceless = 0
        self._head.clear()
        self._beginning = b""
        self._length = 0
        self._same = True


class _UnaskedError(Exception):
    """Two answers came to one request."""


def _discard(data: bytes) -> None:
    """Handle data on a connection that carries no further request."""
