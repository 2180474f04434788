"""Frames of a WebSocket (RFC 6455, section 5): written by a client, read from a server.

A reader of its own, as docs/decisions.md says why. It takes what servers may send without an extension, and refuses
everything else.
"""

from __future__ import annotations

from typing import NamedTuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
KINDS = {"text": TEXT, "binary": BINARY}
MOST_MESSAGE_BYTES = 16 * 1024 * 1024
MOST_CONTROL_BYTES = 125
NO_CODE = 1005
# The codes of an end that is as it should be.
REGULAR = frozenset({1000, NO_CODE})
# Of control frames: who could be misled by their bytes?
MASK = b"\0\0\0\0"

_FINAL, _MASKED = 0x80, 0x80
_KNOWN = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})


class FrameError(Exception):
    """The server sent what no server may send."""


class TooLongError(FrameError):
    """A message goes over the limit of this client."""


class WebSocketMessage(NamedTuple):
    """A whole message, put together of its fragments, or a control frame: its opcode and its payload."""

    opcode: int
    payload: bytes


def client_frame(opcode: int, payload: bytes, mask: bytes) -> bytes:
    """Return a whole message in one frame, masked by four bytes as every frame of a client is."""
    return _head(opcode, len(payload), _MASKED) + mask + masked(payload, mask)


def server_frame(opcode: int, payload: bytes) -> bytes:
    """Return a whole message in one frame as a server writes it, in the shortest form."""
    return _head(opcode, len(payload), 0) + payload


def masked(payload: bytes, mask: bytes) -> bytes:
    """Return a payload masked or unmasked: each byte exclusive-or a byte of the mask, in turn."""
    if not payload:
        return b""
    size = len(payload)
    whole = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(whole, "big")).to_bytes(size, "big")


def closing(payload: bytes) -> tuple[int, str]:
    """Return the code and the reason of a close frame."""
    if len(payload) < 2:
        return NO_CODE, ""
    return int.from_bytes(payload[:2], "big"), payload[2:].decode(errors="replace")


def closing_text(payload: bytes) -> str:
    """Return the code and the reason of a close in words, as the end of a sentence on who closed."""
    code, reason = closing(payload)
    return f"closed with {code}" + (f": {reason}" if reason else "")


class MessageReader:
    """Takes what a server sends, however it is cut, and returns the messages and control frames that are whole."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._have = 0
        self._need = 2
        self._opcode = CONTINUATION
        self._fragments: list[bytes] = []
        self._fragments_bytes = 0

    @property
    def is_between(self) -> bool:
        """Whether nothing of a further message has come."""
        return not self._have and not self._fragments

    def feed(self, data: bytes) -> list[WebSocketMessage]:
        """Return what is whole now; raises FrameError, after which nothing can be read."""
        if self._have:
            self._pieces.append(data)
            self._have += len(data)
            # A long message comes in many reads, which are put together once.
            if self._have < self._need:
                return []
            data = b"".join(self._pieces)
        found: list[WebSocketMessage] = []
        at, size = 0, len(data)
        self._need = 2
        while size - at >= 2:
            first, length, start = data[at], data[at + 1], at + 2
            if length > MOST_CONTROL_BYTES:
                wide = {126: 2, 127: 8}.get(length)
                if wide is None:
                    raise FrameError("a masked frame")
                start += wide
                length = int.from_bytes(data[at + 2 : start], "big") if size >= start else 0
            if length > MOST_MESSAGE_BYTES:
                raise TooLongError(f"a frame of more than {MOST_MESSAGE_BYTES} bytes")
            end = start + length
            if end > size:
                self._need = end - at
                break
            self._take(first, data[start:end], found)
            at = end
        self._pieces = [data[at:]] if at < size else []
        self._have = size - at
        return found

    def _take(self, first: int, payload: bytes, found: list[WebSocketMessage]) -> None:
        opcode, is_final = first & 0x0F, first & _FINAL
        if first & 0x70 or opcode not in _KNOWN:
            raise FrameError(f"a frame that begins with {first:#04x}")
        if opcode >= CLOSE:
            if not is_final or len(payload) > MOST_CONTROL_BYTES:
                raise FrameError("a control frame that is too long or in fragments")
            found.append(WebSocketMessage(opcode, payload))
        elif (opcode == CONTINUATION) != (self._opcode != CONTINUATION):
            raise FrameError("a fragment of no message, or a message within another")
        elif is_final and not self._fragments:
            self._opcode = CONTINUATION
            found.append(_checked(WebSocketMessage(opcode, payload)))
        else:
            self._join(opcode, payload, found, is_final=bool(is_final))

    def _join(self, opcode: int, payload: bytes, found: list[WebSocketMessage], *, is_final: bool) -> None:
        """Take a fragment."""
        self._opcode = opcode or self._opcode
        self._fragments.append(payload)
        self._fragments_bytes += len(payload)
        if self._fragments_bytes > MOST_MESSAGE_BYTES:
            raise TooLongError(f"a message of more than {MOST_MESSAGE_BYTES} bytes")
        if is_final:
            found.append(_checked(WebSocketMessage(self._opcode, b"".join(self._fragments))))
            self._opcode, self._fragments, self._fragments_bytes = CONTINUATION, [], 0


def _checked(message: WebSocketMessage) -> WebSocketMessage:
    if message.opcode == TEXT and not message.payload.isascii():
        try:
            message.payload.decode()
        except UnicodeDecodeError:
            raise FrameError("a text that is no UTF-8") from None
    return message


def _head(opcode: int, length: int, mask: int) -> bytes:
    if length <= MOST_CONTROL_BYTES:
        return bytes((_FINAL | opcode, mask | length))
    if length < 1 << 16:
        return bytes((_FINAL | opcode, mask | 126)) + length.to_bytes(2, "big")
    return bytes((_FINAL | opcode, mask | 127)) + length.to_bytes(8, "big")
