"""The FastAPI service: handlers that suspend their task, downstream calls all at once."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from stackduel_servers.apps.fastapi_shell import READ, create_shell, respond
from stackduel_servers.apps.fastapi_websocket import add_websockets
from stackduel_servers.apps.starlette_stream import EventResponse
from stackduel_servers.core import answers, query
from stackduel_servers.core.downstream_async import AsyncDownstream
from stackduel_servers.core.health import Health
from stackduel_servers.core.inference.asynchronous import AsyncExecution, AsyncInference
from stackduel_servers.core.inference.body import read_asgi
from stackduel_servers.core.settings import Settings, read_settings
from stackduel_servers.core.streams import asynchronous
from stackduel_servers.core.streams.wire import PLAIN
from stackduel_servers.core.waiting import wait


def add_streams(app: FastAPI, downstream: AsyncDownstream) -> None:
    """Add the streams, by the StreamingResponse that FastAPI has from Starlette."""

    @app.api_route("/stream", methods=READ)
    async def stream(request: Request) -> Response:
        made = asynchronous.generated(request.method, request.scope["query_string"], PLAIN)
        return EventResponse(made.fields, made.events)

    @app.api_route("/relay", methods=READ)
    async def relay(request: Request) -> Response:
        passed_on = await asynchronous.relayed(downstream, request.method, request.scope["query_string"])
        return EventResponse(passed_on.fields, passed_on.events)

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:
        body, content_type = await read_asgi(request.stream()), request.headers.get("Content-Type")
        tokens = await asynchronous.completed(downstream, request.scope["query_string"], content_type, body)
        return EventResponse(tokens.fields, tokens.events)


def create_app(
    settings: Settings,
    execution: AsyncExecution | None = None,
    add_streams: Callable[[FastAPI, AsyncDownstream], None] = add_streams,
) -> FastAPI:
    """Return the service; its downstream connections and its models' threads open and close with its lifespan.

    ``execution`` replaces the way in which the settings run its models, ``add_streams`` the way of its streams.
    """
    health = Health("fastapi", settings)
    downstream = AsyncDownstream(settings)
    inference = AsyncInference(settings, run_in_threadpool, execution=execution)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with downstream, inference:
            yield

    app = create_shell(lifespan)

    @app.api_route("/", methods=READ)
    async def index() -> Response:
        return respond(answers.index())

    @app.api_route("/health", methods=READ)
    async def report_health() -> Response:
        return respond(answers.health(health.report()))

    @app.api_route("/slow-io", methods=READ)
    async def slow_io(request: Request) -> Response:
        delay_s = query.delay_s(request.scope["query_string"])
        await wait(delay_s)
        return respond(answers.slow_io(delay_s))

    @app.api_route("/benchmark/io-test", methods=READ)
    @app.api_route("/benchmark/fastapi-io-test", methods=READ)
    async def io_test(request: Request) -> Response:
        parameters = request.scope["query_string"]
        delay_s, concurrent = query.delay_s(parameters), query.concurrent(parameters)
        succeeded = await downstream.call(delay_s, concurrent)
        return respond(answers.io_test(delay_s, concurrent, succeeded))

    @app.api_route("/json", methods=READ)
    async def items(request: Request) -> Response:
        return respond(answers.items(query.items(request.scope["query_string"])))

    @app.post("/infer/{model}")
    async def infer(model: str, request: Request) -> Response:
        ask = inference.ask(model, request.headers)
        return respond(await inference.answer(ask, await read_asgi(request.stream())))

    add_streams(app, downstream)
    add_websockets(app)
    return app


app = create_app(read_settings(os.environ))
