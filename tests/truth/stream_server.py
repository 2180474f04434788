"""A server of event streams that follows a script and logs when it wrote: ``python -m tests.truth.stream_server``.

``GET /stream`` answers with events by a timetable (docs/streams.md), and with the delays and faults that its query asks
for; ``GET /chat`` with the tokens of a model by the same script, in the manner of a server that the query names; ``GET
/log`` with every stream that was sent since the last time it was asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from time import get_clock_info, perf_counter_ns
from typing import Literal, cast
from urllib.parse import parse_qsl, urlsplit

import msgspec

from stackduel.load.shards.own_process import bind_to
from stackduel_servers.downstream import loop_factory

CLOCK = get_clock_info("perf_counter").implementation
BACKLOG = 2048
MS = 1_000_000


Dialect = Literal["openai", "vllm", "llama.cpp", "completions"]


@dataclass(frozen=True, slots=True)
class Script:
    """A stream of ``events``, the first due after ``first_ms``, the next every ``interval_ms``.

    Each event is made ``made_ms`` after it was due, and written ``added_ms`` after it was due. One in ``late_every``
    is written ``late_ms`` later than that, and none before those ahead of it. So many ``together`` go in one write, as
    soon as the last of them may go. The stream is ``cut`` after so many events. Every ``double_every``-th stream sends
    its third event twice, every ``swap_every``-th its fourth after its fifth, every ``skip_every``-th no sixth.

    Of a model each event is a chunk with so many ``tokens``, in the ``dialect`` of a server; every ``fails``-th stream
    ends with an error in place of its end.
    """

    events: int = 10
    first_ms: float = 0.0
    interval_ms: float = 20.0
    made_ms: float = 0.0
    added_ms: float = 0.0
    late_every: int = 0
    late_ms: float = 0.0
    together: int = 1
    cut: int = 0
    double_every: int = 0
    swap_every: int = 0
    skip_every: int = 0
    dialect: Dialect = "openai"
    tokens: int = 1
    fails: int = 0

    def numbers(self, stream: int) -> list[int]:
        """The numbers of the events of the ``stream``-th stream, counted from 1, in the order of their writing."""
        numbers = list(range(self.cut or self.events))
        if _is_turn(stream, self.swap_every):
            numbers[3], numbers[4] = numbers[4], numbers[3]
        if _is_turn(stream, self.skip_every):
            numbers.remove(5)
        if _is_turn(stream, self.double_every):
            numbers.insert(numbers.index(2), 2)
        return numbers

    def due_ns(self, number: int) -> int:
        """When an event is due, after the stream's zero."""
        return round((self.first_ms + number * self.interval_ms) * MS)

    def goes_ns(self, number: int) -> int:
        """When an event is written, if nothing holds it up."""
        late_ms = self.late_ms if _is_turn(number + 1, self.late_every) else 0.0
        return self.due_ns(number) + round((self.added_ms + late_ms) * MS)

    def writes(self, stream: int) -> Iterator[tuple[int, list[int]]]:
        """Yield when each write may go, and the events in it."""
        numbers = self.numbers(stream)
        for first in range(0, len(numbers), self.together):
            group = numbers[first : first + self.together]
            yield max(self.goes_ns(number) for number in group), group


def _is_turn(number: int, every: int) -> bool:
    return bool(every) and number % every == 0


@dataclass
class Sent:
    """A stream that was sent: when its request came, its zero, and each event with the moment it was written."""

    came_ns: int
    zero_ns: int
    events: list[tuple[int, int, int, int]] = field(default_factory=list)
    """Number, due, made (both after zero), and the moment of the write."""
    writes: int = 0


class PlainWords:
    """The bytes of a stream's events, and of what stands before and after them."""

    def begin(self) -> bytes:
        """Return the bytes that come at once."""
        return b""

    def event(self, number: int, due_ns: int, made_ns: int) -> bytes:
        """An event."""
        return b'id: %d\ndata: {"due_ns":%d,"made_ns":%d,"pad":""}\n\n' % (number, due_ns, made_ns)

    def end(self, *, fails: bool) -> bytes:
        """Return the bytes that come after the last event."""
        return b""


class Words(PlainWords):
    """The chunks of a model, with what its kind of server sends besides tokens."""

    def __init__(self, script: Script) -> None:
        self._dialect = script.dialect
        self._tokens = script.tokens
        self._sent = 0

    def begin(self) -> bytes:
        """The role, which is no token; the older completions have none."""
        if self._dialect == "completions":
            return b""
        return _chunk(delta={"role": "assistant", "content": None if self._dialect == "llama.cpp" else ""})

    def event(self, number: int, due_ns: int, made_ns: int) -> bytes:
        """A chunk with tokens; vLLM may say in each how many there were so far, llama.cpp sends comments."""
        self._sent += self._tokens
        times = {"due_ns": due_ns, "made_ns": made_ns}
        text = f" word{number}" * self._tokens
        if self._dialect == "completions":
            return _chunk(times, text=text)
        usage = {"usage": {"completion_tokens": self._sent}} if self._dialect == "vllm" else {}
        comment = b": ping\n\n" if self._dialect == "llama.cpp" else b""
        return comment + _chunk(times, usage, delta={"content": text})

    def end(self, *, fails: bool) -> bytes:
        """The reason of the end, the usage, and [DONE]; or the error of each server, after which some send [DONE]."""
        done = b"data: [DONE]\n\n"
        usage = {"usage": {"completion_tokens": self._sent}}
        match self._dialect:
            case "completions":
                end = _chunk(text="", finish_reason="length") + done
                error = b'data: {"error":{"message":"broken"}}\n\n'
            case "llama.cpp":
                end = _chunk(usage=usage, delta={}, finish_reason="length") + done.removesuffix(b"\n")
                error = b'error: {"code":500,"message":"broken"}\n\n' + done
            case "vllm":
                end = _chunk(usage=usage, delta={"content": ""}, finish_reason="length") + _last(usage) + done
                error = b'data: {"error":{"message":"broken","code":500}}\n\n' + done
            case _:
                end = _chunk(delta={}, finish_reason="length") + _last(usage) + done
                error = b'event: error\ndata: {"error":{"message":"broken"}}\n\n'
        return error if fails else end


def _chunk(times: Mapping[str, int] | None = None, usage: Mapping[str, object] | None = None, **more: object) -> bytes:
    choice = {"index": 0, "finish_reason": None, **more}
    return b"data: " + json.dumps({**(times or {}), "id": "x", "choices": [choice], **(usage or {})}).encode() + b"\n\n"


def _last(usage: Mapping[str, object]) -> bytes:
    return b"data: " + json.dumps({"id": "x", "choices": [], **usage}).encode() + b"\n\n"


class Connection(asyncio.Protocol):
    """One connection: a stream after another."""

    def __init__(self, log: list[Sent]) -> None:
        self._log = log
        self._request = b""
        self._transport: asyncio.Transport
        self._streams: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        for stream in self._streams:
            stream.cancel()

    def data_received(self, data: bytes) -> None:
        came_ns = perf_counter_ns()
        self._request += data
        if not self._request.endswith(b"\r\n\r\n"):
            return
        target = urlsplit(self._request.split(b" ", 2)[1].decode())
        self._request = b""
        if target.path == "/log":
            self._answer(json.dumps([vars(each) for each in self._log]).encode())
            self._log.clear()
        elif target.path in {"/stream", "/chat"}:
            script = msgspec.convert(dict(parse_qsl(target.query)), Script, strict=False)
            words = Words(script) if target.path == "/chat" else PlainWords()
            stream = asyncio.get_running_loop().create_task(self._send(script, words, came_ns))
            self._streams.add(stream)
            stream.add_done_callback(self._streams.discard)
        else:
            self._answer(b"{}")

    def _answer(self, body: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        self._transport.write(head + body)

    async def _send(self, script: Script, words: PlainWords, came_ns: int) -> None:
        """Send a stream, and log it."""
        sent = Sent(came_ns, perf_counter_ns())
        self._log.append(sent)
        number = len(self._log)
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
            b"X-Stream-Zero: %d\r\nX-Stream-Clock: %s\r\n\r\n" % (sent.zero_ns, CLOCK.encode())
        )
        self._write(words.begin())
        for goes_ns, group in script.writes(number):
            await _until(sent.zero_ns + goes_ns)
            made = [(each, script.due_ns(each), script.due_ns(each) + round(script.made_ms * MS)) for each in group]
            self._write(b"".join(words.event(*each) for each in made))
            written_ns = perf_counter_ns()
            sent.writes += 1
            sent.events += [(*each, written_ns) for each in made]
        if script.cut:
            self._transport.close()
        else:
            self._write(words.end(fails=_is_turn(number, script.fails)))
            self._transport.write(b"0\r\n\r\n")

    def _write(self, text: bytes) -> None:
        if text:
            self._transport.write(b"%x\r\n%b\r\n" % (len(text), text))


async def _until(moment_ns: int) -> None:
    """Return at that moment, never earlier."""
    while (left_ns := moment_ns - perf_counter_ns()) > 0:  # noqa: ASYNC110  (nothing but time has to pass)
        await asyncio.sleep(left_ns / 1e9)


async def serve(port: int) -> None:
    """Listen on 127.0.0.1 and say so on stdout; never returns."""
    log: list[Sent] = []
    server = await asyncio.get_running_loop().create_server(lambda: Connection(log), "127.0.0.1", port, backlog=BACKLOG)
    sys.stdout.write(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.truth.stream_server", description="Serve known streams.")
    parser.add_argument("--port", type=int, required=True, help="0 for a free one, which is then printed")
    parser.add_argument("--core", type=int, help="the CPU to be bound to")
    chosen = parser.parse_args()
    bind_to(chosen.core)
    with asyncio.Runner(loop_factory=loop_factory()) as runner, suppress(KeyboardInterrupt):
        runner.run(serve(chosen.port))


if __name__ == "__main__":
    main()
