"""The Starlette service: the framework that FastAPI is built on, by itself; handlers that suspend their task."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute

from stackduel_servers.apps.marking import MARKINGS
from stackduel_servers.apps.starlette_stream import EventResponse
from stackduel_servers.apps.starlette_websocket import serving
from stackduel_servers.core import answers, errors, query
from stackduel_servers.core.asgi import AsgiEdge
from stackduel_servers.core.downstream_async import AsyncDownstream
from stackduel_servers.core.health import Health
from stackduel_servers.core.inference.asynchronous import AsyncInference
from stackduel_servers.core.inference.body import read_asgi
from stackduel_servers.core.settings import Settings, read_settings
from stackduel_servers.core.streams import asynchronous
from stackduel_servers.core.streams.wire import PLAIN
from stackduel_servers.core.waiting import wait
from stackduel_servers.core.websockets.serving import PATHS, endpoints


def create_app(settings: Settings) -> Starlette:
    """Return the service; its downstream connections and its models' threads open and close with its lifespan."""
    marked = settings.middleware in MARKINGS
    health = Health("starlette", settings)
    downstream = AsyncDownstream(settings)
    inference = AsyncInference(settings, run_in_threadpool)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with downstream, inference:
            yield

    async def index(_: Request) -> Response:
        return respond(answers.index())

    async def report_health(_: Request) -> Response:
        return respond(answers.health(health.report()))

    async def slow_io(request: Request) -> Response:
        delay_s = query.delay_s(request.scope["query_string"])
        await wait(delay_s)
        return respond(answers.slow_io(delay_s))

    async def io_test(request: Request) -> Response:
        parameters = request.scope["query_string"]
        delay_s, concurrent = query.delay_s(parameters), query.concurrent(parameters)
        succeeded = await downstream.call(delay_s, concurrent)
        return respond(answers.io_test(delay_s, concurrent, succeeded))

    async def items(request: Request) -> Response:
        return respond(answers.items(query.items(request.scope["query_string"])))

    async def infer(request: Request) -> Response:
        ask = inference.ask(request.path_params["model"], request.headers)
        return respond(await inference.answer(ask, await read_asgi(request.stream())))

    async def stream(request: Request) -> Response:
        made = asynchronous.generated(request.method, request.scope["query_string"], PLAIN)
        return EventResponse(made.fields, made.events)

    async def relay(request: Request) -> Response:
        passed_on = await asynchronous.relayed(downstream, request.method, request.scope["query_string"])
        return EventResponse(passed_on.fields, passed_on.events)

    async def chat(request: Request) -> Response:
        body, content_type = await read_asgi(request.stream()), request.headers.get("Content-Type")
        tokens = await asynchronous.completed(downstream, request.scope["query_string"], content_type, body)
        return EventResponse(tokens.fields, tokens.events)

    async def only_websocket(_: Request) -> Response:
        raise errors.only_websocket()

    app = Starlette(
        routes=[
            Route("/", index),
            Route("/health", report_health),
            Route("/slow-io", slow_io),
            Route("/benchmark/io-test", io_test),
            Route("/benchmark/starlette-io-test", io_test),
            Route("/json", items),
            Route("/infer/{model}", infer, methods=["POST"]),
            Route("/stream", stream),
            Route("/relay", relay),
            Route("/v1/chat/completions", chat, methods=["POST"]),
            *(Route(path, only_websocket) for path in PATHS),
            *(WebSocketRoute(path, serving(endpoint)) for path, endpoint in endpoints().items()),
        ],
        middleware=[Middleware(AsgiEdge), *([Middleware(MARKINGS[settings.middleware])] if marked else ())],
        exception_handlers={errors.HttpError: failed, HTTPException: failed},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


async def failed(_: Request, error: Exception) -> Response:
    """Return the core's answer to an error of the core or of Starlette."""
    if isinstance(error, errors.HttpError):
        return respond(answers.failure(error))
    return respond(answers.failure(errors.of_status(error.status_code if isinstance(error, HTTPException) else 500)))


def respond(answer: answers.Answer) -> Response:
    """Return the core's answer as a Starlette response."""
    return Response(answer.body, answer.status, dict(answer.headers), media_type=answer.content_type)


app = create_app(read_settings(os.environ))
