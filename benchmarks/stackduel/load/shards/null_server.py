"""The fastest server that Python can make: it does nothing, and answers every request with the same bytes at once.

``python -m stackduel.load.shards.null_server --host H --port P --body-bytes N`` writes
``{"event": "ready", "port": P}`` to stdout once it listens, and ends with its stdin, so even a killed runner leaves
none behind. With several cores (``--core C --core D``) it has a process on each, which share the port. The generator's
rate on it is the highest that the generator can measure. With ``--events R`` it answers with streams, whose events have
that size and come at that rate, from the first core alone. With ``--websocket`` it echoes messages, or streams them.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, Self, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from stackduel.load.shards.null_stream import NullStream, NullStreams, chunk_of
from stackduel.load.shards.null_websocket import NullWebSocket, message_of
from stackduel.load.shards.own_process import allow_many_files, bind_to, events, fastest_runner, hand_on_stdin

BACKLOG = 2048

MakeProtocol = Callable[[], asyncio.Protocol]


def main(arguments: list[str] | None = None) -> None:
    """Serve until stdin ends or SIGTERM comes."""
    parser = argparse.ArgumentParser(prog="python -m stackduel.load.shards.null_server", description="Answers at once.")
    parser.add_argument("--host", required=True, help="the address to listen on")
    parser.add_argument("--port", type=int, required=True, help="the port to listen on, 0 for any that is free")
    parser.add_argument("--body-bytes", type=_length, required=True, help="how long the body of each answer is")
    parser.add_argument(
        "--events", type=float, default=0.0, help="answer with streams of so many events a second in all"
    )
    parser.add_argument("--websocket", action="store_true", help="speak WebSocket: echo messages, or stream them")
    parser.add_argument("--core", type=int, action="append", help="CPU to be bound to; each of several has a process")
    options = parser.parse_args(arguments)
    allow_many_files()
    protocol = _protocol(options.body_bytes, options.events, websocket=options.websocket)
    cores = (options.core or [])[: 1 if options.events else None]
    first, *others = _listening(options.host, options.port, max(1, len(cores)))
    # Where no process can be forked, one serves all.
    for core, own in zip(cores[1:], others, strict=False):
        _fork(partial(_run, own, core, protocol, None))
    with events() as stream:
        _run(first, cores[0] if cores else None, protocol, stream)


def _listening(host: str, port: int, count: int) -> list[socket.socket]:
    """Return so many sockets that listen on one port; the system divides the connections among them."""
    sockets: list[socket.socket] = []
    count = count if hasattr(os, "fork") else 1
    for _ in range(count):
        each = socket.socket()
        each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if count > 1:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        each.bind((host, port))
        each.listen(BACKLOG)
        each.setblocking(False)
        port = each.getsockname()[1]
        sockets.append(each)
    return sockets


def _fork(serve: Callable[[], None]) -> None:
    """Call ``serve`` in another process, whose stdin ends with this one."""
    reading, writing = os.pipe()
    if os.fork():
        # The writing end stays open for as long as this process lives.
        os.close(reading)
        return
    try:
        os.close(writing)
        os.dup2(reading, 0)
        os.dup2(2, 1)
        serve()
    finally:
        os._exit(0)


def _run(listening: socket.socket, core: int | None, protocol: MakeProtocol, stream: BinaryIO | None) -> None:
    bind_to(core)
    fastest_runner()(_serve(listening, protocol, stream))


def _protocol(body_bytes: int, events_rps: float, *, websocket: bool) -> MakeProtocol:
    """Return what makes the protocol of a connection: answers, or streams where a rate of events is given."""
    if websocket:
        messages = NullStreams(message_of(body_bytes), events_rps) if events_rps else None
        return lambda: NullWebSocket(messages)
    if events_rps:
        streams = NullStreams(chunk_of(body_bytes), events_rps)
        return lambda: NullStream(streams)
    answer = NullAnswer.of(body_bytes)
    return lambda: NullConnection(answer)


@dataclass(frozen=True, slots=True)
class NullAnswer:
    """The bytes of the one answer: its head alone (to HEAD), and all of it."""

    head: bytes
    whole: bytes

    @classmethod
    def of(cls, body_bytes: int) -> Self:
        """Return an answer with a body of that length."""
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % body_bytes
        return cls(head, head + b"0" * body_bytes)


class NullConnection(asyncio.Protocol):
    """Answers each complete request, whether it comes whole or in pieces."""

    __slots__ = ("_answer", "_answers", "_begun", "_feed", "_leaves", "_parser", "_same", "_transport", "_write")

    def __init__(self, answer: NullAnswer) -> None:
        self._answer = answer
        # The bytes of one read that were exactly one request: the same bytes are one request again, without parsing.
        self._same: bytes | None = None
        self._begun = False
        self._leaves = False
        self._answers: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport of the new connection."""
        self._parser = HttpRequestParser(self)
        self._feed = self._parser.feed_data
        self._transport = cast("asyncio.Transport", transport)
        self._write = self._transport.write

    def data_received(self, data: bytes) -> None:
        """Answer the requests that are now complete."""
        if data == self._same:
            self._write(self._answer.whole)
        else:
            self._parse(data)

    def on_message_begin(self) -> None:
        """Note that a request has begun."""
        self._begun = True

    def on_message_complete(self) -> None:
        """Note that a request has ended."""
        self._begun = False
        self._answers.append(self._answer.head if self._parser.get_method() == b"HEAD" else self._answer.whole)
        self._leaves |= not self._parser.should_keep_alive()

    def pause_writing(self) -> None:
        """Stop answering a client that reads no answers."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Answer again: the client reads again."""
        self._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (how it ended makes no difference)
        """Drop the parser, which refers to this object."""
        del self._parser, self._feed, self._transport, self._write

    def _parse(self, data: bytes) -> None:
        between = not self._begun
        try:
            self._feed(data)
        except (HttpParserError, HttpParserUpgrade):
            self._leaves = True
        if self._answers:
            self._write(b"".join(self._answers))
        whole = between and not self._begun and self._answers == [self._answer.whole]
        self._same = data if whole and not self._leaves else None
        self._answers.clear()
        if self._leaves:
            self._transport.close()


async def _serve(listening: socket.socket, protocol: MakeProtocol, stream: BinaryIO | None) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    server = await loop.create_server(protocol, sock=listening, backlog=BACKLOG)
    with contextlib.suppress(NotImplementedError):  # Windows ends a process without a signal
        loop.add_signal_handler(signal.SIGTERM, ended.set)

    def receive(line: bytes) -> None:
        if not line:
            ended.set()

    threading.Thread(target=hand_on_stdin, args=(loop, receive), daemon=True).start()
    if stream is not None:
        ready = {"event": "ready", "port": listening.getsockname()[1]}
        stream.write(json.dumps(ready).encode() + b"\n")
        stream.flush()
    await ended.wait()
    server.close()


def _length(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("a body has no negative length")
    return value


if __name__ == "__main__":
    main()
