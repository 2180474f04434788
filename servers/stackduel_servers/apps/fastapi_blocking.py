"""The wrong migration: blocking calls inside ``async def``, so that one waiting request stops the whole event loop."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import asynccontextmanager, closing

from fastapi import FastAPI, Request, Response

from stackduel_servers.apps.fastapi_shell import READ, create_shell, respond
from stackduel_servers.apps.fastapi_websocket import add_websockets
from stackduel_servers.apps.starlette_stream import EventResponse
from stackduel_servers.core import answers, query
from stackduel_servers.core.downstream_blocking import BlockingDownstream
from stackduel_servers.core.health import Health
from stackduel_servers.core.inference.blocking import BlockingInference
from stackduel_servers.core.inference.body import read_asgi
from stackduel_servers.core.settings import Settings, read_settings
from stackduel_servers.core.streams import blocking
from stackduel_servers.core.streams.wire import PLAIN
from stackduel_servers.core.waiting import wait_blocking


def create_app(settings: Settings) -> FastAPI:
    """Return the service; its downstream connections open with the first call and close with its lifespan."""
    health = Health("fastapi", settings)
    downstream = BlockingDownstream(settings)
    inference = BlockingInference(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with downstream, closing(inference):
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
        wait_blocking(delay_s)
        return respond(answers.slow_io(delay_s))

    @app.api_route("/benchmark/io-test", methods=READ)
    @app.api_route("/benchmark/fastapi-io-test", methods=READ)
    async def io_test(request: Request) -> Response:
        parameters = request.scope["query_string"]
        delay_s, concurrent = query.delay_s(parameters), query.concurrent(parameters)
        succeeded = downstream.call(delay_s, concurrent)
        return respond(answers.io_test(delay_s, concurrent, succeeded))

    @app.api_route("/json", methods=READ)
    async def items(request: Request) -> Response:
        return respond(answers.items(query.items(request.scope["query_string"])))

    @app.post("/infer/{model}")
    async def infer(model: str, request: Request) -> Response:
        ask = inference.ask(model, request.headers)
        return respond(inference.answer(ask, await read_asgi(request.stream())))

    @app.api_route("/stream", methods=READ)
    async def stream(request: Request) -> Response:
        made = blocking.generated(request.method, request.scope["query_string"], PLAIN)
        return EventResponse(made.fields, blocking_loop(made.events))

    @app.api_route("/relay", methods=READ)
    async def relay(request: Request) -> Response:
        passed_on = blocking.relayed(downstream, request.method, request.scope["query_string"])
        return EventResponse(passed_on.fields, blocking_loop(passed_on.events))

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:
        body, content_type = await read_asgi(request.stream()), request.headers.get("Content-Type")
        tokens = blocking.completed(downstream, request.scope["query_string"], content_type, body)
        return EventResponse(tokens.fields, blocking_loop(tokens.events))

    add_websockets(app)
    return app


async def blocking_loop(events: Generator[bytes, None, None]) -> AsyncGenerator[bytes, None]:
    """Yield the events from an ``async def`` that waits for each one without suspending."""
    with closing(events):
        for event in events:
            yield event


app = create_app(read_settings(os.environ))
