"""A downstream that fails as it is told: the delay that a call asks for says how."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# Delays no other test asks for, each the sign for one way to fail.
STATUS_500 = "0.000000500"
STATUS_404 = "0.000000404"
REDIRECT = "0.000000302"
GARBAGE = "0.000000001"
TRUNCATED = "0.000000002"
CLOSED = "0.000000003"
SILENT = "0.000000004"

ANSWERS = {
    STATUS_500: b"HTTP/1.1 500 Broken\r\nContent-Length: 3\r\n\r\nno\n",
    STATUS_404: b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    REDIRECT: b"HTTP/1.1 302 Found\r\nLocation: /wait?delay=0\r\nContent-Length: 0\r\n\r\n",
    GARBAGE: b"\x00\x01 this is not HTTP\r\n\r\n",
    TRUNCATED: b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort",
    CLOSED: b"",
}


class ScriptedDownstream:
    """The downstream's address, its being there or not, how many connections it has accepted, and delays asked for."""

    def __init__(self, loop: asyncio.AbstractEventLoop, port: int) -> None:
        self._loop = loop
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = port
        self.accepted = 0
        self.asked: set[str] = set()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nobody listens meanwhile, and every open connection is gone."""
        asyncio.run_coroutine_threadsafe(self.close(), self._loop).result(timeout=10)
        try:
            yield
        finally:
            asyncio.run_coroutine_threadsafe(self.open(), self._loop).result(timeout=10)

    async def open(self) -> None:
        """Listen, on the same port each time."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and drop every connection."""
        if self._server:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        self.accepted += 1
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await self._answer(reader, writer):
                pass
        self._writers.discard(writer)
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        delay = head.split(b" ")[1].partition(b"delay=")[2].decode()
        self.asked.add(delay)
        if delay == SILENT:
            await asyncio.sleep(3600)
        if delay in ANSWERS:
            writer.write(ANSWERS[delay])
            return delay in {STATUS_500, STATUS_404, REDIRECT}
        await asyncio.sleep(float(delay) + 0.001)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        return True


@contextmanager
def scripted_downstream() -> Iterator[ScriptedDownstream]:
    """The scripted downstream on a free port, in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    downstream = ScriptedDownstream(loop, 0)
    asyncio.run_coroutine_threadsafe(downstream.open(), loop).result(timeout=10)
    try:
        yield downstream
    finally:
        asyncio.run_coroutine_threadsafe(_end(downstream), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(downstream: ScriptedDownstream) -> None:
    await downstream.close()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
