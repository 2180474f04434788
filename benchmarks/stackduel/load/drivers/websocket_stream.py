"""A stream of messages on a WebSocket: each read is stamped, and its messages are kept as events."""

from __future__ import annotations

from math import inf

from stackduel.load.clock import clock
from stackduel.load.drivers.connection import MAX_BODY_BYTES
from stackduel.load.drivers.scheduled_connection import ScheduledConnectionOwner, ScheduledRequest
from stackduel.load.drivers.stream_connection import StreamConnection
from stackduel.load.drivers.websocket_opening import Opening, OpeningConnection
from stackduel.load.websockets.events import event_of, take_zero
from stackduel.load.websockets.frames import (
    CLOSE,
    MASK,
    PING,
    PONG,
    REGULAR,
    FrameError,
    MessageReader,
    WebSocketMessage,
    client_frame,
    closing,
    closing_text,
)
from stackduel.load.websockets.handshake import SWITCHED
from stackduel.model.measurement import FailedAnswer, Outcome


class WebSocketStream(OpeningConnection, StreamConnection):
    """Opens a WebSocket for each stream, and reads it until the server's close.

    Frames are taken apart as they come, because a ping has to be answered and a close ends the stream; what the
    messages say is seen later, as of every stream.
    """

    __slots__ = ("_is_first", "_is_over", "_opening")

    def __init__(self, owner: ScheduledConnectionOwner, scheduled: ScheduledRequest | None, sent_s: float) -> None:
        super().__init__(owner, scheduled, sent_s)
        self._opening = Opening()
        self._is_first = True
        self._is_over = False

    def send(self, sent_s: float) -> None:
        """Open the scheduled stream, counting its time from ``sent_s``."""
        self.open_websocket(sent_s)

    def on_headers_complete(self) -> None:
        """Leave the beginning of the stream to the moment at which the WebSocket is open."""

    def data_received(self, data: bytes) -> None:
        """Stamp what came, and take it."""
        now_s = clock()
        if self._is_over:
            return
        # Not a number is not equal to itself, and is there until the first byte of a stream has come.
        if self.first_s != self.first_s:
            self._begin(now_s)
        if self._opening.messages is None:
            rest = self.take_handshake(data)
            if rest is None or self._reads is None:
                return
            self._reads.has_begun = True
            data = rest
        if data and self._opening.messages is not None:
            self._read(self._opening.messages, data, now_s)

    def _read(self, messages: MessageReader, data: bytes, now_s: float) -> None:
        reads = self._reads
        if reads is None:
            self.abandon()
            return
        reads.note(now_s)
        try:
            found = messages.feed(data)
        except FrameError:
            self.fail(Outcome.PROTOCOL)
            return
        for message in found:
            if message.opcode == PING:
                self._write(client_frame(PONG, message.payload, MASK))
            elif message.opcode == CLOSE:
                self._close(message)
                return
            elif message.opcode != PONG:
                if self._is_first:
                    self._is_first = False
                    take_zero(reads.zero, message.payload)
                    reads.begin(now_s)
                self._pieces.append(event_of(message.payload))
        reads.taken += len(data)
        self._length += len(data)
        if self._length > MAX_BODY_BYTES:
            self.fail(Outcome.TOO_LARGE)

    def _close(self, message: WebSocketMessage) -> None:
        """Answer the server's close, which ends the stream, and go on with a new connection."""
        code, _ = closing(message.payload)
        self._write(client_frame(CLOSE, message.payload[:2], MASK))
        self._is_over = True
        outcome = Outcome.OK if code in REGULAR else Outcome.CLOSED
        recorder = self._owner.recorder
        if outcome is Outcome.CLOSED and recorder.failed_answer is None and self.scheduled is not None:
            told = closing_text(message.payload)
            recorder.failed_answer = FailedAnswer(SWITCHED, b"", self.scheduled.call.number, told)
        sent_s, self.sent_s = self.sent_s, inf
        self.record(outcome, sent_s, clock())
        self._owner.leave(self)

    def _end(self, *, clean: bool) -> None:
        """Settle a stream whose connection was closed without a close of the WebSocket: it is cut short."""
        if self._opening.messages is not None:
            self.fail(Outcome.TRUNCATED)
        else:
            super()._end(clean=clean)
