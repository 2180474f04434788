"""The wrong migration: blocking calls inside ``async def``, so that one waiting request stops the whole event loop."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from fastapi import FastAPI, Request, Response

from stackduel_servers.apps.fastapi_shell import READ, create_shell, respond
from stackduel_servers.core import answers, query
from stackduel_servers.core.downstream_blocking import BlockingDownstream
from stackduel_servers.core.health import Health
from stackduel_servers.core.inference.blocking import BlockingInference
from stackduel_servers.core.inference.body import read_asgi
from stackduel_servers.core.settings import Settings, read_settings
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

    return app


app = create_app(read_settings(os.environ))
