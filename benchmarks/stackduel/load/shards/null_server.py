"""The fastest server that Python can make: it does nothing, and answers every request with the same bytes at once.

``python -m stackduel.load.shards.null_server --host H --port P --body-bytes N [--core C]`` writes ``{"event": "ready",
"port": P}`` to stdout once it listens, and ends with its stdin, so even a killed runner leaves none behind.
The generator's rate on it is the highest that the generator can measure.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import threading
from dataclasses import dataclass
from typing import BinaryIO, Self, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from stackduel.load.shards.own_process import allow_many_files, bind_to, events, fastest_runner, hand_on_stdin

BACKLOG = 2048


def main(arguments: list[str] | None = None) -> None:
    """Serve until stdin ends or SIGTERM comes."""
    parser = argparse.ArgumentParser(prog="python -m stackduel.load.shards.null_server", description="Answers at once.")
    parser.add_argument("--host", required=True, help="the address to listen on")
    parser.add_argument("--port", type=int, required=True, help="the port to listen on, 0 for any that is free")
    parser.add_argument("--body-bytes", type=_length, required=True, help="how long the body of each answer is")
    parser.add_argument("--core", type=int, help="the CPU to be bound to")
    options = parser.parse_args(arguments)
    bind_to(options.core)
    allow_many_files()
    with events() as stream:
        fastest_runner()(_serve(options.host, options.port, NullAnswer.of(options.body_bytes), stream))


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


async def _serve(host: str, port: int, answer: NullAnswer, stream: BinaryIO) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    server = await loop.create_server(lambda: NullConnection(answer), host, port, backlog=BACKLOG)
    with contextlib.suppress(NotImplementedError):  # Windows ends a process without a signal
        loop.add_signal_handler(signal.SIGTERM, ended.set)

    def receive(line: bytes) -> None:
        if not line:
            ended.set()

    threading.Thread(target=hand_on_stdin, args=(loop, receive), daemon=True).start()
    ready = {"event": "ready", "port": server.sockets[0].getsockname()[1]}
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
