"""A WebSocket as a client has it: wsproto, a library of its own, on a plain socket."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    Pong,
    RejectConnection,
    Request,
    TextMessage,
)

TIMEOUT_S = 20.0
Message = str | bytes


class RefusedError(Exception):
    """The handshake was answered with a status other than 101."""

    def __init__(self, status: int) -> None:
        super().__init__(f"refused with status {status}")
        self.status = status


class ClosedError(Exception):
    """The server closed the WebSocket, with this code and this reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


class WebSocket:
    """An open WebSocket."""

    def __init__(self, connection: socket.socket, target: str) -> None:
        self._socket = connection
        self._ws = WSConnection(ConnectionType.CLIENT)
        self._events: list[Event] = []
        self.send(Request(host="stackduel.test", target=target))
        match self._event():
            case AcceptConnection():
                return
            case RejectConnection(status_code=status):
                raise RefusedError(status)
        raise AssertionError("no answer to the handshake")

    def send(self, event: Event) -> None:
        """Send one event of wsproto's."""
        self._socket.sendall(self._ws.send(event))

    def say(self, *messages: Message) -> None:
        """Send messages, all in one write."""
        events = (TextMessage(each) if isinstance(each, str) else BytesMessage(each) for each in messages)
        self._socket.sendall(b"".join(self._ws.send(event) for event in events))

    def message(self) -> Message:
        """The next message, put together; raises ClosedError."""
        parts: list[Message] = []
        while True:
            match self._event():
                case TextMessage(data=data, message_finished=ended) | BytesMessage(data=data, message_finished=ended):
                    parts.append(data if isinstance(data, str) else bytes(data))
                    if ended:
                        return type(parts[0])().join(parts)  # type: ignore[arg-type]
                case CloseConnection(code=code, reason=reason):
                    raise ClosedError(int(code), reason or "")

    def pong(self) -> bytes:
        """The payload of the next pong; nothing else comes before it."""
        event = self._event()
        assert isinstance(event, Pong)
        return bytes(event.payload)

    def closing(self) -> tuple[int, str]:
        """The code and the reason with which the server closes, and nothing else comes before."""
        try:
            raise AssertionError(f"a message came: {self.message()!r}")
        except ClosedError as closed:
            return closed.code, closed.reason

    def _event(self) -> Event:
        while not self._events:
            data = self._socket.recv(65_536)
            self._ws.receive_data(data or None)
            self._events += self._ws.events()
        event = self._events.pop(0)
        if isinstance(event, Ping | CloseConnection) and self._ws.state.name in {"OPEN", "REMOTE_CLOSING"}:
            self.send(event.response())
        return self._event() if isinstance(event, Ping) else event


@contextmanager
def opened(port: int, target: str) -> Iterator[WebSocket]:
    """A WebSocket to that port of 127.0.0.1; raises RefusedError."""
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
        yield WebSocket(connection, target)
