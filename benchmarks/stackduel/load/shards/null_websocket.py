"""The null server's WebSocket: each message goes back at once, or messages come that never end."""

from __future__ import annotations

import re

from stackduel.load.shards.null_stream import EventConnection, NullStreams
from stackduel.load.websockets.frames import CLOSE, TEXT, masked, server_frame
from stackduel.load.websockets.handshake import accept_of

MASK_BYTES = 4
# The first two bytes of a frame.
_FRAME = re.compile(rb"(.)(.)", re.DOTALL)
HEAD_END = b"\r\n\r\n"
KEY = b"\r\nsec-websocket-key: "


def message_of(event_bytes: int) -> bytes:
    """Return the frame of a message of about that size."""
    return server_frame(TEXT, b"0" * max(1, event_bytes))


class NullWebSocket(EventConnection):
    """One connection of this engine's own client: a handshake, and then masked frames, each whole and unfragmented."""

    __slots__ = ("_answer", "_is_open", "_messages", "_rest", "_same")

    def __init__(self, messages: NullStreams | None) -> None:
        self._messages = messages
        self._is_open = False
        self._rest = b""
        # The bytes of one read that were exactly one frame, and the answer: the same bytes are one frame again.
        self._same = self._answer = b""

    def data_received(self, data: bytes) -> None:
        """Send back what came, or begin the messages at the end of the handshake."""
        if data == self._same:
            self._transport.write(self._answer)
        elif self._is_open:
            self._echo(data)
        else:
            self._rest += data
            if self._rest.endswith(HEAD_END):
                self._open(self._rest)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (how it ended makes no difference)
        """End the messages."""
        if self._messages is not None:
            self._messages.leave(self)

    def _open(self, head: bytes) -> None:
        at = head.lower().find(KEY) + len(KEY)
        accept = accept_of(head[at : head.find(b"\r\n", at)])
        self._transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept
        )
        self._is_open = True
        self._rest = b""
        if self._messages is not None:
            self._messages.join(self)

    def _echo(self, data: bytes) -> None:
        """Send the frames of a read back, and keep what is not whole; a close ends the connection."""
        text = self._rest + data
        answers, at = b"", 0
        while frame := _FRAME.match(text, at):
            wide = {126: 2, 127: 8}.get(frame[2][0] & 0x7F, 0)
            start = frame.end() + wide + MASK_BYTES
            length = int.from_bytes(text[frame.end() : frame.end() + wide], "big") if wide else frame[2][0] & 0x7F
            if len(text) < start + length:
                break
            opcode = frame[1][0] & 0x0F
            answers += server_frame(opcode, masked(text[start : start + length], text[start - MASK_BYTES : start]))
            at = start + length
            if opcode == CLOSE:
                self._transport.write(answers)
                self._transport.close()
                return
        if at == len(data) == len(text):
            self._same, self._answer = data, answers
        self._rest = text[at:]
        if answers:
            self._transport.write(answers)
