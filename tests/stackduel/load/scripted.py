"""A server that does to every connection exactly what a test's script says."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
import struct
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Self, cast

from stackduel.load.clock import clock, until
from stackduel.model.target import Address

BODY = b'{"scripted": true}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


class Visit:
    """One connection of a client, as a script sees it; ``number`` counts the server's connections from 0."""

    def __init__(self, server: ScriptedServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server = server
        self.number = server.connections
        self._reader = reader
        self._writer = writer
        server.connections += 1

    async def request(self) -> bytes | None:
        """The next request with its body, or None once the client has closed."""
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"\r\nContent-Length: (\d+)\r\n", head)
            body = await self._reader.readexactly(int(length[1])) if length else b""
        except (asyncio.IncompleteReadError, OSError):
            return None
        self.server.requests += 1
        return head + body

    async def read(self, size: int) -> None:
        """Read so many bytes, or as many as come."""
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            await self._reader.readexactly(size)

    async def requests(self) -> AsyncIterator[bytes]:
        """All requests until the client closes."""
        while (request := await self.request()) is not None:
            yield request

    async def send(self, data: bytes) -> None:
        """Send it all, whether or not the client still reads."""
        with contextlib.suppress(OSError):
            self._writer.write(data)
            await self._writer.drain()

    def stop_reading(self) -> None:
        """Let what the client sends pile up."""
        cast("asyncio.Transport", self._writer.transport).pause_reading()

    def finish(self) -> None:
        """Say that nothing more comes, and go on reading."""
        self._writer.write_eof()

    def close(self) -> None:
        """Close the connection in good order."""
        self._writer.close()

    def reset(self) -> None:
        """Close the connection by a TCP reset."""
        connection = self._writer.get_extra_info("socket")
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


Script = Callable[[Visit], Coroutine[None, None, None]]


class ScriptedServer:
    """Serves on a free port, in a thread with a loop of its own, and counts what comes."""

    def __init__(
        self, script: Script, *, port: int = 0, listens_after_s: float = 0.0, tls: ssl.SSLContext | None = None
    ) -> None:
        self.requests = 0
        self.connections = 0
        self._script = script
        self._tls = tls
        self._listens_after_s = listens_after_s
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", port))
        host, bound_port = self._listener.getsockname()
        self.address = Address(host, bound_port, tls=tls is not None)
        self._loop = asyncio.new_event_loop()
        self._visits: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        if self._listens_after_s:
            self._loop.call_soon_threadsafe(
                self._loop.call_later, self._listens_after_s, lambda: self._loop.create_task(self._serve())
            )
        else:
            self._call(self._serve())
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.die()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def die(self) -> None:
        """Drop every connection and refuse all further ones, as a killed process does."""
        self._call(self._die())

    def _call(self, coroutine: Coroutine[None, None, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _serve(self) -> None:
        self._server = await asyncio.start_server(
            self._visit, sock=self._listener, ssl=self._tls, backlog=1024, limit=2**25
        )

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._visits.add(task)
        visit = Visit(self, reader, writer)
        try:
            await self._script(visit)
        except asyncio.CancelledError:
            visit.reset()
        finally:
            visit.close()
            self._visits.discard(task)

    async def _die(self) -> None:
        self._server.close()
        # What was accepted just now becomes a visit within a few turns of the loop, and would else be left open.
        for _ in range(5):
            await asyncio.sleep(0)
        visits = list(self._visits)
        for visit in visits:
            visit.cancel()
        await asyncio.gather(*visits, return_exceptions=True)


async def answer_all(visit: Visit) -> None:
    """The right answer to every request, at once."""
    async for _ in visit.requests():
        await visit.send(ANSWER)


def answer_after(delays_s: Callable[[int], float]) -> Script:
    """The right answer to each request, ``delays_s`` of its number on the connection after it came."""

    async def script(visit: Visit) -> None:
        number = 0
        async for _ in visit.requests():
            await until(clock() + delays_s(number))
            await visit.send(ANSWER)
            number += 1

    return script


def answer(*pieces: bytes, pause_s: float = 0.0) -> Script:
    """The same answer to every request, in pieces."""

    async def script(visit: Visit) -> None:
        async for _ in visit.requests():
            for piece in pieces:
                await visit.send(piece)
                await asyncio.sleep(pause_s)

    return script
