"""The aiohttp service: handlers that suspend their task, downstream calls all at once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from aiohttp import ClientError, web

from stackduel_servers.apps.aiohttp_edge import EdgeRunner, respond
from stackduel_servers.apps.aiohttp_stream import EventAnswer
from stackduel_servers.apps.aiohttp_websocket import query_of, serving
from stackduel_servers.core import answers, errors, query
from stackduel_servers.core.downstream_async import AsyncDownstream
from stackduel_servers.core.health import Health
from stackduel_servers.core.inference.asynchronous import AsyncInference
from stackduel_servers.core.inference.body import read_asgi
from stackduel_servers.core.settings import Settings, read_settings
from stackduel_servers.core.streams import asynchronous
from stackduel_servers.core.streams.wire import PLAIN
from stackduel_servers.core.waiting import wait
from stackduel_servers.core.websockets.serving import endpoints

_Argument = TypeVar("_Argument")
_Returned = TypeVar("_Returned")


def create_app(settings: Settings) -> web.Application:
    """Return the service; its downstream connections and its models' threads open and close with its worker."""
    health = Health("aiohttp", settings)
    downstream = AsyncDownstream(settings)
    inference = AsyncInference(settings, in_thread)

    async def resources(_: web.Application) -> AsyncIterator[None]:
        async with downstream, inference:
            yield

    async def index(_: web.Request) -> web.Response:
        return respond(answers.index())

    async def report_health(_: web.Request) -> web.Response:
        return respond(answers.health(health.report()))

    async def slow_io(request: web.Request) -> web.Response:
        delay_s = query.delay_s(query_of(request))
        await wait(delay_s)
        return respond(answers.slow_io(delay_s))

    async def io_test(request: web.Request) -> web.Response:
        parameters = query_of(request)
        delay_s, concurrent = query.delay_s(parameters), query.concurrent(parameters)
        succeeded = await downstream.call(delay_s, concurrent)
        return respond(answers.io_test(delay_s, concurrent, succeeded))

    async def items(request: web.Request) -> web.Response:
        return respond(answers.items(query.items(query_of(request))))

    async def infer(request: web.Request) -> web.Response:
        ask = inference.ask(request.match_info["model"], request.headers)
        return respond(await inference.answer(ask, await body_of(request)))

    async def stream(request: web.Request) -> EventAnswer:
        return EventAnswer(asynchronous.generated(request.method, query_of(request), PLAIN))

    async def relay(request: web.Request) -> EventAnswer:
        return EventAnswer(await asynchronous.relayed(downstream, request.method, query_of(request)))

    async def chat(request: web.Request) -> EventAnswer:
        body, content_type = await body_of(request), request.headers.get("Content-Type")
        return EventAnswer(await asynchronous.completed(downstream, query_of(request), content_type, body))

    app = web.Application()
    app.cleanup_ctx.append(resources)
    app.add_routes(
        [
            web.get("/", index),
            web.get("/health", report_health),
            web.get("/slow-io", slow_io),
            web.get("/benchmark/io-test", io_test),
            web.get("/benchmark/aiohttp-io-test", io_test),
            web.get("/json", items),
            web.post("/infer/{model}", infer),
            web.get("/stream", stream),
            web.get("/relay", relay),
            web.post("/v1/chat/completions", chat),
            *(web.get(path, serving(endpoint)) for path, endpoint in endpoints().items()),
        ]
    )
    return app


async def body_of(request: web.Request) -> bytes:
    """Return the request's body; raises HttpError 413, and 400 if the client left or its chunks are invalid."""
    try:
        return await read_asgi(request.content.iter_any())
    except (ClientError, web.RequestPayloadError, OSError) as error:
        raise errors.unreadable() from error


async def in_thread(function: Callable[[_Argument], _Returned], argument: _Argument) -> _Returned:
    """Run the function on a thread of the event loop's pool."""
    return await asyncio.to_thread(function, argument)


async def app() -> web.AppRunner:
    """Return the runner of the service, which Gunicorn's worker asks for once its event loop runs."""
    return EdgeRunner(create_app(read_settings(os.environ)))
