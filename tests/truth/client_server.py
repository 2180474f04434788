"""A server of streams that notices clients who left as it is told to: ``python -m tests.truth.client_server``.

``GET /stream`` and ``GET /relay`` answer with events by a timetable (docs/streams.md). A client that leaves is noticed
``--after-ms`` later, or never if that is below 0: the stream then goes on to its end. ``--log FILE`` has a line of JSON
for each client that left, with the moments at which the server could have known and at which it noticed. With
``--waits`` no event is made before the one ahead of it was taken from the server; else all are made when they are due,
however slowly they are read.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from time import get_clock_info, perf_counter_ns
from typing import Any
from urllib.parse import parse_qs, urlsplit

from stackduel_servers.core.streams.early_end import note

CLOCK = get_clock_info("perf_counter").implementation
HEALTHY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
# As much as a server keeps by itself before it waits for its client.
KEPT_BYTES = 65_536


@dataclass
class Left:
    """A client that left: when the server could know and when it noticed, None for never, and the events made then."""

    zero_ns: int
    known_ns: int
    noticed_ns: int | None
    events: int


@dataclass
class Stream:
    """A stream that is being sent."""

    zero_ns: int
    events: int = 0


class ClientServer:
    """Sends streams, and notices who leaves."""

    def __init__(self, after_ms: float, log: Path, *, waits: bool) -> None:
        self._after_ms = after_ms
        self._log = log
        self._waits = waits

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request after another."""
        writer.transport.set_write_buffer_limits(high=KEPT_BYTES)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            while True:
                target = urlsplit(head.split(b" ")[1].decode())
                following = asyncio.ensure_future(reader.readuntil(b"\r\n\r\n"))
                if target.path in {"/stream", "/relay"}:
                    await self._streamed(parse_qs(target.query), writer, following)
                else:
                    writer.write(HEALTHY)
                head = await following
        writer.close()

    async def _streamed(
        self, asked: dict[str, list[str]], writer: asyncio.StreamWriter, following: asyncio.Future[bytes]
    ) -> None:
        stream = Stream(perf_counter_ns())
        sending = asyncio.ensure_future(self._send(stream, asked, writer))
        either: set[asyncio.Future[Any]] = {sending, following}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        # A reset ends the writing, too.
        if not sending.done() or sending.exception() is not None:
            await self._left(stream, sending)
        with suppress(asyncio.CancelledError, ConnectionError):
            await sending

    async def _left(self, stream: Stream, sending: asyncio.Future[None]) -> None:
        """Notice that nobody reads the stream any more, or do not."""
        left = Left(stream.zero_ns, perf_counter_ns(), None, 0)
        if self._after_ms >= 0:
            await asyncio.sleep(self._after_ms / 1000)
            sending.cancel()
            left.noticed_ns, left.events = perf_counter_ns(), stream.events
            note(stream.zero_ns, left.noticed_ns, left.events)
        with self._log.open("a") as log:
            log.write(json.dumps(asdict(left)) + "\n")

    async def _send(self, stream: Stream, asked: dict[str, list[str]], writer: asyncio.StreamWriter) -> None:
        events, interval_ns = int(asked["events"][0]), round(float(asked["interval"][0]) * 1e9)
        pad = b"x" * int(asked.get("size", ["0"])[0])
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
            b"X-Stream-Zero: %d\r\nX-Stream-Clock: %s\r\n\r\n" % (stream.zero_ns, CLOCK.encode())
        )
        for number in range(events):
            due_ns = number * interval_ns
            await asyncio.sleep(max(0, stream.zero_ns + due_ns - perf_counter_ns()) / 1e9)
            made_ns = max(due_ns, perf_counter_ns() - stream.zero_ns)
            event = b'id: %d\ndata: {"due_ns":%d,"made_ns":%d,"pad":"%b"}\n\n' % (number, due_ns, made_ns, pad)
            writer.write(b"%x\r\n%b\r\n" % (len(event), event))
            stream.events = number + 1
            if self._waits:
                await writer.drain()
        writer.write(b"0\r\n\r\n")


def left_in(log: Path) -> list[Left]:
    """The clients that left, as the server logged them."""
    return [Left(**json.loads(line)) for line in log.read_text().splitlines()] if log.exists() else []


async def serve(chosen: argparse.Namespace) -> None:
    """Listen on 127.0.0.1; never returns."""
    served = ClientServer(chosen.after_ms, chosen.log, waits=chosen.waits)
    server = await asyncio.start_server(served.connection, "127.0.0.1", chosen.port)
    await server.serve_forever()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.truth.client_server", description="Notice who leaves.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--after-ms", type=float, default=0.0)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--waits", action="store_true")
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
