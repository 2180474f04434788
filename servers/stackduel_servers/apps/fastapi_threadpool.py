"""The FastAPI service with plain ``def`` endpoints: Starlette runs each on a thread of its pool, 40 by default."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Annotated

from anyio.to_thread import current_default_thread_limiter
from fastapi import Depends, FastAPI, Request, Response

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


async def whole_body(request: Request) -> bytes:
    """Return the request's body, read on the event loop before a thread is taken."""
    return await read_asgi(request.stream())


Body = Annotated[bytes, Depends(whole_body)]


def create_app(settings: Settings) -> FastAPI:
    """Return the service; its downstream connections open with the first call and close with its lifespan."""
    health = Health("fastapi", settings)
    downstream = BlockingDownstream(settings)
    inference = BlockingInference(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if settings.threads:
            current_default_thread_limiter().total_tokens = settings.threads
        with downstream, closing(inference):
            yield

    app = create_shell(lifespan)

    @app.api_route("/", methods=READ)
    def index() -> Response:
        return respond(answers.index())

    @app.api_route("/health", methods=READ)
    def report_health() -> Response:
        return respond(answers.health(health.report()))

    @app.api_route("/slow-io", methods=READ)
    def slow_io(request: Request) -> Response:
        delay_s = query.delay_s(request.scope["query_string"])
        wait_blocking(delay_s)
        return respond(answers.slow_io(delay_s))

    @app.api_route("/benchmark/io-test", methods=READ)
    @app.api_route("/benchmark/fastapi-io-test", methods=READ)
    def io_test(request: Request) -> Response:
        parameters = request.scope["query_string"]
        delay_s, concurrent = query.delay_s(parameters), query.concurrent(parameters)
        succeeded = downstream.call(delay_s, concurrent)
        return respond(answers.io_test(delay_s, concurrent, succeeded))

    @app.api_route("/json", methods=READ)
    def items(request: Request) -> Response:
        return respond(answers.items(query.items(request.scope["query_string"])))

    @app.post("/infer/{model}")
    def infer(model: str, request: Request, body: Body) -> Response:
        return respond(inference.answer(inference.ask(model, request.headers), body))

    @app.api_route("/stream", methods=READ)
    def stream(request: Request) -> Response:
        made = blocking.generated(request.method, request.scope["query_string"], PLAIN)
        return EventResponse(made.fields, made.events)

    @app.api_route("/relay", methods=READ)
    def relay(request: Request) -> Response:
        passed_on = blocking.relayed(downstream, request.method, request.scope["query_string"])
        return EventResponse(passed_on.fields, passed_on.events)

    @app.post("/v1/chat/completions")
    def chat(request: Request, body: Body) -> Response:
        content_type = request.headers.get("Content-Type")
        tokens = blocking.completed(downstream, request.scope["query_string"], content_type, body)
        return EventResponse(tokens.fields, tokens.events)

    add_websockets(app)
    return app


app = create_app(read_settings(os.environ))
