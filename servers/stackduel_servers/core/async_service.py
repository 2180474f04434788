"""Answers by path of an asynchronous service without a framework's own routing: to a query alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from stackduel_servers.core import answers, errors, query
from stackduel_servers.core.downstream_async import AsyncDownstream
from stackduel_servers.core.health import Health
from stackduel_servers.core.streams import asynchronous
from stackduel_servers.core.streams.stream import AsyncStream
from stackduel_servers.core.streams.wire import PLAIN
from stackduel_servers.core.waiting import wait
from stackduel_servers.core.websockets.serving import PATHS

Get = Callable[[bytes], Awaitable[answers.Answer]]
"""Answers a query; raises HttpError."""
Begin = Callable[[str, bytes], Awaitable[AsyncStream[bytes]]]
"""Begins a stream for a method and a query; raises HttpError."""


def gets(health: Health, downstream: AsyncDownstream) -> Mapping[str, Get]:
    """Return what answers GET and HEAD with a whole answer, by path."""

    async def index(_: bytes) -> answers.Answer:
        return answers.index()

    async def report_health(_: bytes) -> answers.Answer:
        return answers.health(health.report())

    async def slow_io(parameters: bytes) -> answers.Answer:
        delay_s = query.delay_s(parameters)
        await wait(delay_s)
        return answers.slow_io(delay_s)

    async def io_test(parameters: bytes) -> answers.Answer:
        delay_s, concurrent = query.delay_s(parameters), query.concurrent(parameters)
        succeeded = await downstream.call(delay_s, concurrent)
        return answers.io_test(delay_s, concurrent, succeeded)

    async def items(parameters: bytes) -> answers.Answer:
        return answers.items(query.items(parameters))

    async def only_websocket(_: bytes) -> answers.Answer:
        raise errors.only_websocket()

    return {
        **dict.fromkeys(PATHS, only_websocket),
        "/": index,
        "/health": report_health,
        "/slow-io": slow_io,
        "/benchmark/io-test": io_test,
        "/json": items,
    }


def streams(downstream: AsyncDownstream) -> Mapping[str, Begin]:
    """Return what answers GET and HEAD with a stream, by path."""

    async def stream(method: str, parameters: bytes) -> AsyncStream[bytes]:
        return asynchronous.generated(method, parameters, PLAIN)

    async def relay(method: str, parameters: bytes) -> AsyncStream[bytes]:
        return await asynchronous.relayed(downstream, method, parameters)

    return {"/stream": stream, "/relay": relay}
