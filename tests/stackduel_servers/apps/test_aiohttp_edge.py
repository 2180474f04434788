"""The edge of the aiohttp service, over real connections."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from stackduel_servers.apps.aiohttp_edge import AiohttpEdge, EdgeRunner
from stackduel_servers.core.limits import Limits
from tests.contract.in_process import Called, call_listening, listening

ONE = Limits(concurrency=1)
# More than the kernel takes for a client that does not read.
LARGE = bytes(64_000_000)
WITHIN_S = 30.0


@asynccontextmanager
async def served(answer: Callable[[Any], Awaitable[web.StreamResponse]]) -> AsyncIterator[tuple[AiohttpEdge, int]]:
    """The edge before one handler, with one place; and the port that it listens on."""
    edge = AiohttpEdge(answer, ONE)
    runner = web.ServerRunner(web.Server(edge))  # type: ignore[arg-type]
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield edge, runner.addresses[0][1]
    finally:
        await runner.cleanup()


def test_a_place_is_taken_until_the_answer_was_sent() -> None:
    """While a client does not read its answer the next one gets 503, and once it has read it, 200."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=LARGE if request.path == "/large" else b"small")

    async def ask() -> list[Called | int]:
        async with served(answer) as (edge, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
            await reader.readline()
            refused = await call_listening(port, "GET", "/")
            healthy = await call_listening(port, "GET", "/health")
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.wait_for(reader.readexactly(len(LARGE)), WITHIN_S)
            served_again = await call_listening(port, "GET", "/")
            writer.close()
            return [refused, healthy, served_again, edge.admission.taken]

    refused, healthy, served_again, taken = asyncio.run(ask())
    assert isinstance(refused, Called)
    assert isinstance(healthy, Called)
    assert isinstance(served_again, Called)
    assert (refused.status, dict(refused.headers)["Retry-After"]) == (503, "1")
    assert refused.body == b'{"error":"busy: 1 request is served already, the most at once"}'
    assert (healthy.status, served_again.status, served_again.body, taken) == (200, 200, b"small", 0)


def test_a_crash_gives_its_place_back(caplog: pytest.LogCaptureFixture) -> None:
    """It is the common 500, logged once with its cause, and the next request has the place."""

    async def crash(request: web.Request) -> web.Response:
        raise ValueError("broken on purpose")

    async def ask() -> tuple[list[Called], int]:
        async with served(crash) as (edge, port):
            return [await call_listening(port, "GET", "/") for _ in range(2)], edge.admission.taken

    with caplog.at_level(logging.ERROR):
        answers, taken = asyncio.run(ask())
    assert {(each.status, each.body) for each in answers} == {(500, b'{"error":"internal server error"}')}
    assert (taken, caplog.text.count("ValueError: broken on purpose")) == (0, 2)


def test_a_client_that_leaves_gives_its_place_back(caplog: pytest.LogCaptureFixture) -> None:
    """A connection that is closed before its answer is sent leaves no place taken, and no error is logged."""
    begun: asyncio.Event
    let_go: asyncio.Event

    async def wait(request: web.Request) -> web.Response:
        if request.path == "/wait":
            begun.set()
            await let_go.wait()
        return web.Response(body=LARGE if request.path == "/wait" else b"small")

    async def ask() -> Called:
        nonlocal begun, let_go
        begun, let_go = asyncio.Event(), asyncio.Event()
        async with served(wait) as (_, port):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
            await begun.wait()
            assert (await call_listening(port, "GET", "/")).status == 503
            writer.transport.abort()
            let_go.set()
            async with asyncio.timeout(WITHIN_S):
                while (answer := await call_listening(port, "GET", "/")).status == 503:
                    pass
            return answer

    with caplog.at_level(logging.ERROR):
        assert asyncio.run(ask()).status == 200
    assert not caplog.text


def test_bodies_come_as_they_were_sent() -> None:
    """aiohttp would undo a body's Content-Encoding, which no other server does."""
    packed = gzip.compress(b"hello")

    async def echo(request: web.Request) -> web.Response:
        return web.Response(body=json.dumps((await request.read()).hex()).encode())

    async def make() -> web.AppRunner:
        app = web.Application()
        app.add_routes([web.post("/", echo)])
        return EdgeRunner(app)

    async def ask() -> bytes:
        async with listening(make) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n"
            writer.write(f"{head}Connection: close\r\n\r\n".encode() + packed)
            answer = await reader.read()
            writer.close()
            return answer.partition(b"\r\n\r\n")[2]

    assert bytes.fromhex(json.loads(asyncio.run(ask()))) == packed
