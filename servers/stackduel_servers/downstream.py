"""The IO backend that every stack calls: ``GET /wait?delay=S`` answers after S seconds, never earlier.

``GET /stream`` sends the events that relays pass on (docs/streams.md), ``POST /v1/chat/completions`` the tokens that
gateways do (docs/gateway.md): by its query alone, as nothing here reads a body.

It must never be the bottleneck of a comparison, so it is one bare asyncio.Protocol that spends a few microseconds on a
request, and it never closes a connection for being idle.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from http import HTTPStatus
from time import monotonic
from typing import cast

from stackduel_servers.core import answers, query
from stackduel_servers.core.answers import Answer
from stackduel_servers.core.chat.chat_timetable import read_chat_timetable
from stackduel_servers.core.errors import HttpError, bad_request, of_status, only_post
from stackduel_servers.core.streams.timetable import asked
from stackduel_servers.core.streams.wire import clock_ns
from stackduel_servers.core.target import CHAT
from stackduel_servers.core.waiting import SHORTEST_TIMER_S
from stackduel_servers.downstream_stream import EventFeed, Paced, PlainEvents

MAX_HEAD_BYTES = 16 * 1024
MAX_PIPELINED_BYTES = 64 * 1024
REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e]+) HTTP/1\.([01])")
READ = frozenset({b"GET", b"HEAD"})
STREAM, COMPLETIONS = b"/stream", CHAT.encode()
# The only fields that matter here: the request's length, and whether another request may follow.
FRAMING = re.compile(rb"\r\n(connection|content-length|transfer-encoding)[ \t]*:[ \t]*([^\r\n]*)")


@dataclass(frozen=True, slots=True)
class DownstreamReply:
    """One reply: its bytes, its delay, and whether the connection closes after it.

    ``paced`` are the events of a stream, made as it runs and sent in chunks, unless it ends with the connection.
    """

    delay_s: float
    data: bytes
    body_bytes: int = 0
    closes: bool = False
    paced: Paced | None = None
    chunked: bool = True


class Waits:
    """Timers that never fire early; callbacks in the same millisecond share one.

    A timer for each request would cost as much as the rest of the server, and one timer for all requests would answer
    in ever larger bursts.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._by_ms: dict[int, list[tuple[float, Callable[[], None]]]] = {}

    def call_at(self, time_s: float, callback: Callable[[], None]) -> None:
        """Call ``callback`` at ``time_s`` of time.monotonic or up to about two milliseconds later."""
        ms = int(time_s * 1000)
        if waiting := self._by_ms.get(ms):
            waiting.append((time_s, callback))
        else:
            self._by_ms[ms] = [(time_s, callback)]
            self._loop.call_later(max(time_s - monotonic(), SHORTEST_TIMER_S), self._fire, ms)

    def _fire(self, ms: int) -> None:
        for time_s, callback in self._by_ms.pop(ms):
            if time_s <= monotonic():
                callback()
            else:
                self.call_at(time_s, callback)


class WaitProtocol(asyncio.Protocol):
    """One connection; its requests are answered one after another, in order."""

    __slots__ = ("_feed", "_is_paused", "_left_ns", "_received", "_reply", "_skip_bytes", "_transport", "_waits")

    def __init__(self, waits: Waits) -> None:
        self._waits = waits
        self._transport: asyncio.Transport
        self._received = b""
        self._skip_bytes = 0
        self._reply: DownstreamReply | None = None
        self._feed: EventFeed | None = None
        self._is_paused = False
        self._left_ns: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:  # noqa: D102  # as asyncio documents it
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:  # noqa: D102
        self._received = self._received + data if self._received else data
        if self._reply is None:
            self._advance()
        elif len(self._received) > MAX_PIPELINED_BYTES:
            self._transport.pause_reading()

    def eof_received(self) -> bool:  # noqa: D102
        # A client that closed its own side after a request still gets its answer.
        if self._reply is None:
            return False
        self._reply = replace(self._reply, closes=True)
        self._left_ns = clock_ns()
        return True

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002, D102
        # A client that only closed its own side has read to the end by now. Of the others that was the first sign.
        if self._feed:
            self._feed.end_early(self._left_ns or clock_ns())

    def pause_writing(self) -> None:  # noqa: D102
        self._is_paused = True
        if self._feed:
            self._feed.pause()

    def resume_writing(self) -> None:  # noqa: D102
        self._is_paused = False
        if self._feed:
            self._feed.resume()

    def _advance(self) -> None:
        """Answer the received requests, up to the first one that has to wait."""
        while self._reply is None and not self._transport.is_closing():
            if self._skip_bytes:
                skipped = min(self._skip_bytes, len(self._received))
                self._received = self._received[skipped:]
                self._skip_bytes -= skipped
            head, end, rest = self._received.partition(b"\r\n\r\n")
            if len(head) > MAX_HEAD_BYTES:
                self._answer(refusal(of_status(431)))
            elif end:
                self._received = rest
                self._answer(reply_to(head))
            else:
                return

    def _answer(self, reply: DownstreamReply) -> None:
        self._reply = reply
        self._skip_bytes = reply.body_bytes
        if reply.paced:
            feed = EventFeed(self._transport, self._waits, reply.paced, chunked=reply.chunked)
            self._feed = feed
            if self._is_paused:
                feed.pause()
            feed.begin(self._wake, closes=reply.closes)
        elif reply.delay_s:
            self._waits.call_at(monotonic() + reply.delay_s, self._wake)
        else:
            self._send(reply)

    def _wake(self) -> None:
        if self._reply is None or self._transport.is_closing():
            return
        self._send(self._reply)
        if self._received:
            self._transport.resume_reading()
            self._advance()

    def _send(self, reply: DownstreamReply) -> None:
        self._transport.write(reply.data)
        self._reply = self._feed = None
        if reply.closes:
            self._transport.close()


@lru_cache(maxsize=1024)
def reply_to(head: bytes) -> DownstreamReply:
    """Return the reply to the request with this head (without the empty line at its end)."""
    try:
        request = parse_head(head)
    except HttpError as error:
        return refusal(error)
    try:
        if paced := stream_asked(request):
            return stream_reply(request, paced)
        delay_s, answer = requested(request.method, request.target)
    except HttpError as error:
        delay_s, answer = 0.0, answers.failure(error)
    return DownstreamReply(delay_s, serialised(request, answer), request.body_bytes, not request.keep_alive)


def stream_asked(request: DownstreamRequest) -> Paced | None:
    """Return the stream that a request asks for; None if it asks for another answer; raises HttpError 400."""
    path, _, parameters = request.target.partition(b"?")
    if path == STREAM and request.method in READ:
        return PlainEvents(asked(request.method.decode(), parameters))
    if path == COMPLETIONS and request.method == b"POST":
        return read_chat_timetable(parameters)
    return None


def stream_reply(request: DownstreamRequest, paced: Paced) -> DownstreamReply:
    """Return the reply that is a stream, which HTTP/1.0 ends with its connection."""
    chunked = request.minor_version > 0
    closes = not (chunked and request.keep_alive)
    return DownstreamReply(0.0, b"", request.body_bytes, closes, paced, chunked)


def refusal(error: HttpError) -> DownstreamReply:
    """Return the answer to an invalid request; the connection closes after it."""
    last = DownstreamRequest(b"GET", b"/", 1, keep_alive=False, body_bytes=0)
    return DownstreamReply(0.0, serialised(last, answers.failure(error)), closes=True)


@dataclass(frozen=True, slots=True)
class DownstreamRequest:
    """The parts of a request that this server reads."""

    method: bytes
    target: bytes
    minor_version: int
    keep_alive: bool
    body_bytes: int


def parse_head(head: bytes) -> DownstreamRequest:
    """Read a request's head; raises HttpError 400."""
    head = head.lstrip(b"\r\n")
    line = REQUEST_LINE.fullmatch(head.partition(b"\r\n")[0])
    if not line:
        raise bad_request("the request line must be METHOD TARGET HTTP/1.1")
    fields: dict[bytes, bytes] = {}
    for name, value in FRAMING.findall(head.lower()):
        if fields.setdefault(name, value.rstrip()) != value.rstrip():
            raise bad_request(f"{name.decode()} must be given once")
    length = fields.get(b"content-length", b"0")
    if b"transfer-encoding" in fields or not re.fullmatch(rb"[0-9]{1,12}", length):
        raise bad_request("content-length must be an integer; transfer-encoding is not understood")
    options = [option.strip() for option in fields.get(b"connection", b"").split(b",")]
    minor_version = int(line[3])
    keep_alive = b"close" not in options if minor_version else b"keep-alive" in options
    return DownstreamRequest(line[1], line[2], minor_version, keep_alive, int(length))


def requested(method: bytes, target: bytes) -> tuple[float, Answer]:
    """Return the seconds to wait and the answer after them; raises HttpError."""
    path, _, parameters = target.partition(b"?")
    if path == COMPLETIONS:
        raise only_post()
    if path not in {b"/wait", b"/health", STREAM}:
        raise of_status(404)
    if method not in READ:
        raise of_status(405)
    if path == b"/health":
        return 0.0, Answer(200, b'{"status":"ok"}')
    delay_s = query.delay_s(parameters)
    return delay_s, Answer(200, b'{"waited_s":%.4f}' % delay_s)


def serialised(request: DownstreamRequest, answer: Answer) -> bytes:
    """Return the bytes of the answer on the wire."""
    lines = [
        f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
        f"Content-Type: {answer.content_type}",
        f"Content-Length: {len(answer.body)}",
        *(f"{name}: {value}" for name, value in answer.headers),
    ]
    if not request.keep_alive:
        lines.append("Connection: close")
    elif not request.minor_version:
        lines.append("Connection: keep-alive")
    head = "\r\n".join(lines).encode() + b"\r\n\r\n"
    return head if request.method == b"HEAD" else head + answer.body


async def serve(host: str, port: int, backlog: int) -> None:
    """Answer on ``host:port`` until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows, where Ctrl-C raises KeyboardInterrupt
            loop.add_signal_handler(number, stopped.set)
    waits = Waits(loop)
    server = await loop.create_server(lambda: WaitProtocol(waits), host, port, backlog=backlog)
    sys.stderr.write(f"downstream: listening on {host}:{port}\n")
    await stopped.wait()
    server.close()


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """Return uvloop's event loop if it is installed, else asyncio's own."""
    try:
        import uvloop  # noqa: PLC0415  # Windows has none
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


def main() -> None:
    """Run the backend: ``python -m stackduel_servers.downstream --host HOST --port PORT``."""
    parser = argparse.ArgumentParser(prog="python -m stackduel_servers.downstream", description=main.__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8009)
    parser.add_argument("--backlog", type=int, default=2048)
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=loop_factory()) as runner, suppress(KeyboardInterrupt):
        runner.run(serve(options.host, options.port, options.backlog))


if __name__ == "__main__":
    main()
