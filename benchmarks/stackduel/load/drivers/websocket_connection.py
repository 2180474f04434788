"""A WebSocket that stays open: a message, the answer to it, the next message."""

from __future__ import annotations

from math import inf

from stackduel.load.clock import clock
from stackduel.load.drivers.scheduled_connection import ScheduledConnectionOwner, ScheduledRequest
from stackduel.load.drivers.websocket_opening import Opening, OpeningConnection
from stackduel.load.websockets.frames import (
    CLOSE,
    MASK,
    PING,
    PONG,
    FrameError,
    MessageReader,
    TooLongError,
    WebSocketMessage,
    client_frame,
    closing_text,
)
from stackduel.load.websockets.handshake import SWITCHED
from stackduel.model.measurement import FailedAnswer, Outcome


class WebSocketConnection(OpeningConnection):
    """Sends messages, each once the one before was answered by the next message that came.

    Usually an answer is one read that holds one frame: its bytes are compared as they are, and nothing is parsed.
    """

    __slots__ = ("_opening", "_right")

    def __init__(self, owner: ScheduledConnectionOwner, scheduled: ScheduledRequest | None, sent_s: float) -> None:
        super().__init__(owner, scheduled, sent_s)
        self._opening = Opening()
        # The read that is a whole and right answer; None while none is awaited, or while one comes in parts.
        self._right: bytes | None = None

    def send(self, sent_s: float) -> None:
        """Send the scheduled message, counting its time from ``sent_s``."""
        if self._opening.messages is None:
            self.open_websocket(sent_s)
            return
        super().send(sent_s)
        self._right = self.scheduled.call.frame if self.scheduled is not None else None

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        if data == self._right:
            self._settle(Outcome.OK, clock())
            return
        if self._opening.messages is not None:
            self._take(self._opening.messages, data)
            return
        rest = self.take_handshake(data)
        if rest is None or self.scheduled is None:
            return
        self._write(self.scheduled.call.request)
        self._right = self.scheduled.call.frame
        if rest:
            self.data_received(rest)

    def _take(self, messages: MessageReader, data: bytes) -> None:
        """Take what is no usual answer: one in parts, in fragments or of another kind, a ping, or a close."""
        self._right = None
        try:
            found = messages.feed(data)
        except FrameError as error:
            self._give_up(Outcome.TOO_LARGE if isinstance(error, TooLongError) else Outcome.PROTOCOL)
            return
        for message in found:
            if message.opcode == PING:
                self._write(client_frame(PONG, message.payload, MASK))
            elif message.opcode == CLOSE:
                self._closed(message)
                return
            elif message.opcode != PONG:
                if self.sent_s == inf:
                    # Nobody asked: it would be taken for the answer to what is sent next.
                    self.abandon()
                    return
                self._settle(self._judged(message), clock())
        if not messages.is_between:
            self._right = None

    def _settle(self, outcome: Outcome, done_s: float) -> None:
        """Record an answer, and send the next message."""
        self._right = None
        self._used = True
        self._idle_since_s = done_s
        sent_s, self.sent_s = self.sent_s, inf
        self.record(outcome, sent_s, done_s)
        if next(self._owner.permits, None):
            self.send(done_s)
        else:
            self._owner.park(self)

    def _judged(self, message: WebSocketMessage) -> Outcome:
        """Return how an answer compares with the expected one: of the same kind, and with the same bytes."""
        expectation, payload = self._expectation, message.payload
        same = expectation.body is None or payload == expectation.body
        outcome = expectation.judge(status=SWITCHED, length=len(payload), same=same)
        if outcome is Outcome.OK and message.opcode != self._kind():
            outcome = Outcome.WRONG_BODY
        if outcome is not Outcome.OK:
            self._keep(payload, "")
        return outcome

    def _closed(self, message: WebSocketMessage) -> None:
        """Answer the server's close, and go on with a new connection."""
        self._write(client_frame(CLOSE, message.payload[:2], MASK))
        if self.sent_s < inf:
            self._keep(b"", closing_text(message.payload))
        self._give_up(Outcome.CLOSED)

    def _give_up(self, outcome: Outcome) -> None:
        if self.sent_s < inf:
            self.fail(outcome)
        else:
            self.abandon()

    def _keep(self, payload: bytes, difference: str) -> None:
        """Keep an answer that was not the right one, as a sample; the first one is enough."""
        recorder = self._owner.recorder
        if recorder.failed_answer is None and self.scheduled is not None:
            beginning = payload[: FailedAnswer.MOST_BYTES]
            recorder.failed_answer = FailedAnswer(SWITCHED, beginning, self.scheduled.call.number, difference)

    def _kind(self) -> int:
        """Return the opcode of the message that was sent."""
        return self.scheduled.call.request[0] & 0x0F if self.scheduled is not None else 0

    def _end(self, *, clean: bool) -> None:
        """Settle the message in flight on a connection that was closed without a close of the WebSocket."""
        if self._opening.messages is not None and not self._opening.messages.is_between:
            self.fail(Outcome.TRUNCATED)
        else:
            super()._end(clean=clean)
