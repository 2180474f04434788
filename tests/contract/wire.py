"""One raw HTTP/1.1 connection, so that a test sends exactly the bytes it means."""

from __future__ import annotations

import select
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """An answer as it came."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class ClosedError(Exception):
    """The server closed the connection in place of an answer."""


class Wire:
    """A connection; what it has received beyond one answer waits for the next."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._received = b""

    def send(self, data: bytes) -> None:
        """Send these bytes."""
        self._socket.sendall(data)

    def has_data(self) -> bool:
        """Whether anything has come that was not read yet, or the connection has ended."""
        readiness = select.poll()
        readiness.register(self._socket, select.POLLIN)
        return bool(self._received or readiness.poll(0))

    def half_close(self) -> None:
        """Say that nothing more will be sent."""
        self._socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Close so that the server gets a reset, and no orderly end."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def answer(self, method: str = "GET") -> WireAnswer:
        """The next final answer, read as one to ``method``; raises ClosedError, TimeoutError."""
        status, headers = self._head()
        while status < 200:
            status, headers = self._head()
        length = next((value for name, value in headers if name.lower() == "content-length"), None)
        if method == "HEAD":
            return WireAnswer(status, headers, b"")
        if length is None:
            return WireAnswer(status, headers, self._rest())
        return WireAnswer(status, headers, self._exactly(int(length)))

    def until(self, end: bytes) -> bytes:
        """All that comes up to these bytes, and they."""
        while end not in self._received:
            self._more()
        found, _, self._received = self._received.partition(end)
        return found + end

    def ends(self) -> bool:
        """Whether the server closes the connection, with nothing more to read."""
        try:
            return self._rest() == b""
        except ConnectionError:
            return True

    def _head(self) -> tuple[int, tuple[tuple[str, str], ...]]:
        while b"\r\n\r\n" not in self._received:
            self._more()
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        fields = (line.partition(":") for line in lines)
        return int(status_line.split(" ")[1]), tuple((name, value.strip()) for name, _, value in fields)

    def _exactly(self, length: int) -> bytes:
        while len(self._received) < length:
            self._more()
        body, self._received = self._received[:length], self._received[length:]
        return body

    def _rest(self) -> bytes:
        try:
            while True:
                self._more()
        except ClosedError:
            rest, self._received = self._received, b""
            return rest

    def _more(self) -> None:
        try:
            data = self._socket.recv(65536)
        except ConnectionError as error:
            raise ClosedError from error
        if not data:
            raise ClosedError
        self._received += data


@contextmanager
def connected(port: int, timeout_s: float = TIMEOUT_S) -> Iterator[Wire]:
    """A connection to that port of 127.0.0.1."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as connection:
        yield Wire(connection)


def ask(port: int, target: str) -> WireAnswer:
    """The answer to one GET on a connection of its own."""
    with connected(port) as wire:
        wire.send(f"GET {target} HTTP/1.1\r\nHost: stackduel.test\r\nConnection: close\r\n\r\n".encode())
        return wire.answer()
