"""One exchange on a WebSocket: a message and the next one that comes, or all messages of a stream."""

from __future__ import annotations

import os
import socket

from httptools import HttpParserUpgrade

from stackduel.load.drivers.answer_reader import AnswerError, AnswerReader
from stackduel.load.drivers.connection import MAX_BODY_BYTES
from stackduel.load.websockets.events import event_of
from stackduel.load.websockets.frames import (
    CLOSE,
    KINDS,
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
from stackduel.load.websockets.handshake import SWITCHED, Handshake
from stackduel.model.measurement import Outcome
from stackduel.model.suite import Workload
from stackduel.model.target import Address
from stackduel.verify.connecting import connected
from stackduel.verify.patience import Patience
from stackduel.verify.reply import ExchangeError, Reply

READ_BYTES = 256 * 1024


def ask_websocket(address: Address, workload: Workload, patience: Patience) -> Reply:
    """Return what comes on a WebSocket: the answer to the workload's message, or the messages of a stream as events.

    The answer to a handshake that is refused is returned as it is. Raises ExchangeError.
    """
    what = f"{workload.label} of {address.url}"
    if address.tls:
        raise ExchangeError(f"{what}: a WebSocket is asked for without TLS only", permanent=True)
    try:
        with connected(address, max(patience.left_s, 0.001)) as connection:
            return _Conversation(connection, patience).hold(address, workload)
    except TimeoutError as error:
        raise ExchangeError(f"{what}: timed out after {patience.waited_s:.2g} s", Outcome.TIMEOUT) from error
    except AnswerError as error:
        raise ExchangeError(f"{what}: {error}", error.outcome) from error
    except FrameError as error:
        raise ExchangeError(f"{what}: it sent {error}", Outcome.PROTOCOL) from error
    except ValueError as error:
        raise ExchangeError(f"{what}: {error}", permanent=True) from error
    except OSError as error:
        raise ExchangeError(f"{what}: {error or type(error).__name__}", Outcome.REFUSED) from error


class _Conversation:
    """One connection, from its handshake to the last message that is wanted."""

    def __init__(self, connection: socket.socket, patience: Patience) -> None:
        self._connection = connection
        self._patience = patience
        self._messages = MessageReader()
        self._unread: list[WebSocketMessage] = []

    def hold(self, address: Address, workload: Workload) -> Reply:
        """Return the reply to a workload; raises AnswerError, FrameError, OSError and ValueError."""
        request, accept = Handshake.of(address, workload).begin()
        self._connection.sendall(request)
        reader = AnswerReader()
        while not reader.complete:
            data = self._receive()
            try:
                reader.feed(data) if data else reader.end(clean=True)
            except AnswerError as error:
                if not isinstance(error.__cause__, HttpParserUpgrade):
                    raise
                self._unread = self._messages.feed(data[error.__cause__.args[0] :])
                break
        else:
            return Reply(reader.status, tuple(reader.headers), reader.body)
        headers = tuple(reader.headers)
        if {name.lower(): value for name, value in headers}.get("sec-websocket-accept") != accept.decode():
            raise AnswerError("it accepted the handshake of somebody else", Outcome.PROTOCOL)
        return Reply(SWITCHED, headers, self._events() if workload.stream else self._answer(workload))

    def _answer(self, workload: Workload) -> bytes:
        """Return the answer to a message."""
        kind = KINDS[workload.websocket or "text"]
        self._connection.sendall(client_frame(kind, workload.body, os.urandom(4)))
        message = self._message()
        if message.opcode == CLOSE:
            raise AnswerError(f"the server {closing_text(message.payload)}", Outcome.CLOSED)
        if message.opcode != kind:
            raise AnswerError(f"it answered with another kind of message than {workload.websocket}", Outcome.WRONG_BODY)
        return message.payload

    def _events(self) -> bytes:
        """Return all messages until the server's close, as the events that they are."""
        events: list[bytes] = []
        size = 0
        while (message := self._message()).opcode != CLOSE:
            events.append(event_of(message.payload))
            size += len(events[-1])
            if size > MAX_BODY_BYTES:
                raise AnswerError(f"the messages are over {MAX_BODY_BYTES} bytes", Outcome.TOO_LARGE)
        if closing(message.payload)[0] not in REGULAR:
            raise AnswerError(f"the server {closing_text(message.payload)}", Outcome.CLOSED)
        return b"".join(events)

    def _message(self) -> WebSocketMessage:
        """Return the next message or close; pings are answered."""
        while True:
            while self._unread:
                message = self._unread.pop(0)
                if message.opcode == PING:
                    self._connection.sendall(client_frame(PONG, message.payload, MASK))
                elif message.opcode != PONG:
                    return message
            data = self._receive()
            if not data:
                raise AnswerError("the server closed the connection, and not the WebSocket", Outcome.TRUNCATED)
            self._unread = self._messages.feed(data)

    def _receive(self) -> bytes:
        """Return what comes next; raises TimeoutError."""
        while not self._patience.over:
            self._connection.settimeout(max(self._patience.slice_s, 0.001))
            try:
                return self._connection.recv(READ_BYTES)
            except TimeoutError:
                continue
        raise TimeoutError
