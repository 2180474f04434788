"""A server whose rate and times are known before anyone measures them: ``python -m tests.truth.server --help``.

A script says of each request, at the moment it comes, when it will be answered; the server does so then, never earlier.
What a client adds on top is the client's. ``GET /health`` is answered at once, any other path by the script, and all
with the same body. A connection has one request at a time: none is pipelined.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Protocol, cast

import httptools

from stackduel_servers.downstream import Waits, loop_factory

BODY = b'{"status":"ok"}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
BACKLOG = 2048
# Timers of uvloop are up to a millisecond early or late: the rest is waited out awake.
AWAKE_S = 0.0015
SLOW_SHARE = 0.01


class Freeze:
    """Answers nothing for ``for_s`` seconds, from ``at_s`` seconds after the first request of a load on."""

    def __init__(self, at_s: float, for_s: float) -> None:
        self._at_s = at_s
        self._for_s = for_s
        self._begins_s = math.inf

    def begin(self, now_s: float) -> None:
        """A load has begun."""
        self._begins_s = now_s + self._at_s

    def over(self, moment_s: float) -> float:
        """The moment itself, or the end of the freeze where it falls into it."""
        ends_s = self._begins_s + self._for_s
        return ends_s if self._begins_s <= moment_s < ends_s else moment_s


class Script(Protocol):
    """When each request is answered."""

    def due_s(self, came_s: float) -> float:
        """The moment at which a request is answered that comes at ``came_s``, which is no earlier than the last."""


class Queue:
    """One queue that is served ``rate_rps`` times a second, on a timetable that no delay of an answer shifts.

    As long as a request waits in it, so with a closed loop of several connections, the rate is exactly this one,
    however much time the server and its clients need for themselves.
    """

    def __init__(self, rate_rps: float, freeze: Freeze) -> None:
        self._every_s = 1 / rate_rps
        self._freeze = freeze
        self._last_s = -math.inf

    def due_s(self, came_s: float) -> float:
        """One interval after the answer before, or after ``came_s`` where the queue was empty."""
        self._last_s = self._freeze.over(max(came_s, self._last_s) + self._every_s)
        return self._last_s


class Service:
    """Requests that do not wait for each other: each takes ``fast_s``, and ``slow_share`` of them ``slow_s``.

    The share is exact: of any run of requests it differs by one at most.
    """

    def __init__(self, fast_s: float, slow_s: float, slow_share: float, freeze: Freeze) -> None:
        self._times_s = (fast_s, slow_s)
        self._slow_share = slow_share
        self._freeze = freeze
        self._count = 0

    def due_s(self, came_s: float) -> float:
        """So long after ``came_s`` as this request takes."""
        before = self._slow_until(self._count)
        self._count += 1
        return self._freeze.over(came_s + self._times_s[self._slow_until(self._count) - before])

    def _slow_until(self, count: int) -> int:
        # A hair is added, as 100 * 0.29 is 28.999999999999996.
        return math.floor(count * self._slow_share + 1e-9)


class Timers(Protocol):
    """Whatever calls back at a moment of time.monotonic."""

    def call_at(self, time_s: float, callback: Callable[[], None]) -> None:
        """Call back at ``time_s``, never before it."""


class ExactTimers:
    """Call back within microseconds of the moment, at the price of the CPU time of the last millisecond or two."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def call_at(self, time_s: float, callback: Callable[[], None]) -> None:
        """Call back at ``time_s``, never before it."""
        left_s = time_s - monotonic()
        if left_s <= 0:
            callback()
        elif left_s > AWAKE_S:
            self._loop.call_later(left_s - AWAKE_S, self.call_at, time_s, callback)
        else:
            self._loop.call_soon(self.call_at, time_s, callback)


class Desk:
    """Where all connections bring their requests; a load lasts until all that brought any are closed."""

    def __init__(self, script: Script, freeze: Freeze, timers: Timers) -> None:
        self._script = script
        self._freeze = freeze
        self._timers = timers
        self._callers: set[Connection] = set()

    def serve(self, caller: Connection, target: bytes) -> None:
        """See that a request is answered when it is due."""
        now_s = monotonic()
        if target == b"/health":
            due_s = self._freeze.over(now_s)
        else:
            if not self._callers:
                self._freeze.begin(now_s)
            self._callers.add(caller)
            due_s = self._script.due_s(now_s)
        if due_s <= now_s:
            caller.answer()
        else:
            self._timers.call_at(due_s, caller.answer)

    def leave(self, caller: Connection) -> None:
        """A connection was closed."""
        self._callers.discard(caller)


class Connection(asyncio.Protocol):
    """One connection: reads requests, and sends each its answer when the desk says so."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._target = b""
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._desk.leave(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.close()

    def on_message_begin(self) -> None:
        """The parser has found a request."""
        self._target = b""

    def on_url(self, piece: bytes) -> None:
        """The parser has found a piece of its target."""
        self._target += piece

    def on_message_complete(self) -> None:
        """The parser has found its end."""
        self._desk.serve(self, self._target)

    def answer(self) -> None:
        """Send the one answer there is, unless nobody waits for it any more."""
        if self._transport.is_closing():
            return
        self._transport.write(ANSWER)
        if not self._parser.should_keep_alive():
            self._transport.close()


def drawn(rate_rps: float, spread: float) -> float:
    """A rate whose logarithm is normal around that of ``rate_rps``, with standard deviation ``spread``.

    So the geometric mean of the ratio of two such rates is the ratio of the rates asked for.
    """
    return rate_rps * math.exp(random.SystemRandom().gauss(0, spread)) if spread else rate_rps


def numbers(text: str, count: int) -> list[float]:
    """So many numbers, none below 0, with commas between them; raises argparse.ArgumentTypeError."""
    words = text.split(",")
    try:
        found = [float(word) for word in words]
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: must be numbers") from error
    if len(found) != count or not all(0 <= number < math.inf for number in found):
        raise argparse.ArgumentTypeError(f"{text!r}: must be {count} numbers from 0 on")
    return found


def service_of(text: str) -> tuple[float, float, float]:
    """Fast and slow time in seconds, and the share of slow ones; raises argparse.ArgumentTypeError."""
    kind, _, rest = text.partition(":")
    match kind:
        case "constant":
            (only,) = numbers(rest, 1)
            return only / 1000, only / 1000, 0.0
        case "bimodal":
            fast, slow, share = numbers(rest, 3)
        case "slow":
            fast, slow, share = *numbers(rest, 2), SLOW_SHARE
        case _:
            raise argparse.ArgumentTypeError(f"{kind!r}: must be constant, bimodal or slow")
    if share > 1:
        raise argparse.ArgumentTypeError(f"{text!r}: the share is at most 1")
    return fast / 1000, slow / 1000, share


def rate_of(text: str) -> float:
    """A rate above 0; raises argparse.ArgumentTypeError."""
    (rate_rps,) = numbers(text, 1)
    if not rate_rps:
        raise argparse.ArgumentTypeError("must be above 0")
    return rate_rps


def options() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.truth.server", description="Serve on 127.0.0.1 with a known rate or known times."
    )
    parser.add_argument("--port", type=int, required=True, help="0 for a free one, which is then printed")
    script = parser.add_mutually_exclusive_group()
    script.add_argument("--rate", type=rate_of, metavar="R", help="one queue, exactly R requests a second")
    script.add_argument(
        "--service",
        type=service_of,
        default="constant:0",
        metavar="KIND:MS[,...]",
        help="constant:MS, bimodal:FAST_MS,SLOW_MS,SHARE_OF_SLOW or slow:FAST_MS,SLOW_MS (1 %% of them slow)",
    )
    parser.add_argument(
        "--spread",
        type=lambda text: numbers(text, 1)[0],
        default=0.0,
        metavar="S",
        help="with --rate: multiply R by exp(N(0, S)), drawn at each start",
    )
    parser.add_argument(
        "--freeze",
        type=lambda text: numbers(text, 2),
        default=(math.inf, 0.0),
        metavar="AT,FOR",
        help="answer nothing for FOR seconds, AT seconds after the first request of a load",
    )
    return parser


async def serve(port: int, make_desk: Callable[[asyncio.AbstractEventLoop], Desk], what: str) -> None:
    """Listen on 127.0.0.1 and say so on stdout; never returns."""
    loop = asyncio.get_running_loop()
    desk = make_desk(loop)
    server = await loop.create_server(lambda: Connection(desk), "127.0.0.1", port, backlog=BACKLOG)
    (bound,) = server.sockets
    sys.stdout.write(f"listening on 127.0.0.1:{bound.getsockname()[1]}: {what}\n")
    sys.stdout.flush()
    await server.serve_forever()


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve as the arguments say until killed."""
    parser = options()
    chosen = parser.parse_args(arguments)
    if chosen.spread and not chosen.rate:
        parser.error("--spread needs --rate")
    freeze = Freeze(*chosen.freeze)
    script: Script
    timers: Callable[[asyncio.AbstractEventLoop], Timers]
    if chosen.rate:
        rate_rps = drawn(chosen.rate, chosen.spread)
        # The timetable does not feel when each answer really goes, so none is waited out awake.
        script, timers, what = Queue(rate_rps, freeze), Waits, f"{rate_rps:g} requests a second"
    else:
        fast_s, slow_s, share = chosen.service
        script, timers = Service(fast_s, slow_s, share, freeze), ExactTimers
        what = f"{fast_s * 1000:g} ms, or {slow_s * 1000:g} ms for {share:.2%}"
    with asyncio.Runner(loop_factory=loop_factory()) as runner, suppress(KeyboardInterrupt):
        runner.run(serve(chosen.port, lambda loop: Desk(script, freeze, timers(loop)), what))


if __name__ == "__main__":
    main()
