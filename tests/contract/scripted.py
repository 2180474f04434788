"""A downstream that fails as it is told: the delay that a call asks for says how, or the time of its first event."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import pairwise
from operator import itemgetter

from stackduel_servers.core.chat.chat_timetable import read_chat_timetable
from stackduel_servers.core.target import CHAT

# Delays no other test asks for, each the sign for one way to fail.
STATUS_500 = "0.000000500"
STATUS_404 = "0.000000404"
STATUS_503 = "0.000000503"
REDIRECT = "0.000000302"
GARBAGE = "0.000000001"
TRUNCATED = "0.000000002"
CLOSED = "0.000000003"
SILENT = "0.000000004"
# Streams that begin well: after two of their events the connection breaks within the third, or nothing more comes, or
# the stream ends, as if that was all.
BROKEN = "0.000000005"
STALLED = "0.000000006"
SHORT = "0.000000007"

ANSWERS = {
    STATUS_500: b"HTTP/1.1 500 Broken\r\nContent-Length: 3\r\n\r\nno\n",
    STATUS_404: b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    STATUS_503: b"HTTP/1.1 503 Full\r\nContent-Length: 0\r\n\r\n",
    REDIRECT: b"HTTP/1.1 302 Found\r\nLocation: /wait?delay=0\r\nContent-Length: 0\r\n\r\n",
    GARBAGE: b"\x00\x01 this is not HTTP\r\n\r\n",
    TRUNCATED: b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort",
    CLOSED: b"",
}
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Stream-Zero: %d\r\nX-Stream-Clock: scripted\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)


class ScriptedDownstream:
    """The downstream's address, its being there or not, how many connections it has accepted, delays asked for,
    and the first times of the streams that it sends now."""

    def __init__(self, loop: asyncio.AbstractEventLoop, port: int) -> None:
        self._loop = loop
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = port
        self.accepted = 0
        self.asked: set[str] = set()
        self.streaming: set[str] = set()

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
        # Cancelled at its end, where asyncio would log that as an error of a connection (Python 3.11).
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while await self._answer(reader, writer):
                pass
        self._writers.discard(writer)
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        if length := re.search(rb"(?i)\r\ncontent-length: *([0-9]+)", head):
            await reader.readexactly(int(length[1]))
        path, _, query = head.split(b" ")[1].decode().partition("?")
        parameters = dict(pair.split("=") for pair in query.split("&") if pair)
        delay = parameters.get("delay") or parameters.get("first") or ""
        self.asked.add(delay)
        if delay == SILENT:
            await asyncio.sleep(3600)
        if delay in ANSWERS:
            writer.write(ANSWERS[delay])
            return delay in {STATUS_500, STATUS_404, STATUS_503, REDIRECT}
        if path in {"/stream", CHAT}:
            self.streaming.add(delay)
            try:
                events = _chunks(query) if path == CHAT else _plain_events(head.startswith(b"HEAD"), parameters)
                return await _stream(writer, delay, events)
            finally:
                self.streaming.discard(delay)
        await asyncio.sleep(float(delay) + 0.001)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        return True


Events = list[tuple[int, Callable[[int], bytes]]]
"""When each event is due, in nanoseconds after the zero, and what makes it of the moment at which it is made."""


def _plain_events(head_only: bool, parameters: dict[str, str]) -> Events:
    size = int(parameters["size"])

    def made(number: int, due_ns: int, made_ns: int) -> bytes:
        times = f'{{"due_ns":{due_ns},"made_ns":{made_ns},"pad":"'
        return f'id: {number}\ndata: {times.ljust(size - 2, "x")}"}}\n\n'.encode()

    numbers = range(0 if head_only else int(parameters["events"]))
    dues_ns = [round((float(parameters["first"]) + n * float(parameters["interval"])) * 1e9) for n in numbers]
    events = [(due_ns, partial(made, number, due_ns)) for number, due_ns in enumerate(dues_ns)]
    every_ns = round(float(parameters.get("heartbeat", "10")) * 1e9)
    beats = [
        (at_ns, _heartbeat)
        for last_ns, due_ns in pairwise([0, *dues_ns])
        for at_ns in range(last_ns + every_ns, due_ns, every_ns)
    ]
    return sorted([*events, *beats], key=itemgetter(0))


def _heartbeat(_made_ns: int) -> bytes:
    return b": a heartbeat of the downstream\n\n"


def _chunks(query: str) -> Events:
    timetable = read_chat_timetable(query.encode())
    return [(timetable.due_ns(number), partial(timetable.encoded, number)) for number in range(timetable.events)]


async def _stream(writer: asyncio.StreamWriter, first: str, events: Events) -> bool:
    zero_s = time.perf_counter()
    writer.write(STREAM_HEAD % int(zero_s * 1e9))
    for number, (due_ns, made) in enumerate(events):
        if number == 2 and first in {BROKEN, STALLED, SHORT}:
            break
        await asyncio.sleep(max(0.0, due_ns / 1e9 - (time.perf_counter() - zero_s)) + 0.001)
        event = made(int((time.perf_counter() - zero_s) * 1e9))
        writer.write(b"%x\r\n%b\r\n" % (len(event), event))
        await writer.drain()  # which raises once the other side has closed
    if first == STALLED:
        await asyncio.sleep(3600)
    if first == BROKEN:
        writer.write(b"ff\r\nid: 2\ndata: {")
        return False
    if events:
        writer.write(b"0\r\n\r\n")
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
