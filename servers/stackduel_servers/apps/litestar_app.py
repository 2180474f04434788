"""The Litestar service: handlers that suspend their task, downstream calls all at once."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Response, post, route
from litestar.concurrency import sync_to_thread
from litestar.exceptions import HTTPException, InternalServerException
from litestar.params import FromPath
from litestar.response import Stream

from stackduel_servers.apps.litestar_websocket import websocket_handlers
from stackduel_servers.core import answers, errors, query
from stackduel_servers.core.asgi import AsgiEdge
from stackduel_servers.core.asgi_messages import App, Receive, Scope, Send
from stackduel_servers.core.downstream_async import AsyncDownstream
from stackduel_servers.core.health import Health
from stackduel_servers.core.inference.asynchronous import AsyncInference
from stackduel_servers.core.inference.body import read_asgi
from stackduel_servers.core.settings import Settings, read_settings
from stackduel_servers.core.streams import asynchronous
from stackduel_servers.core.streams.stream import AsyncStream
from stackduel_servers.core.streams.wire import MEDIA_TYPE, PLAIN
from stackduel_servers.core.waiting import wait
from stackduel_servers.core.websockets.serving import PATHS

READ: Any = ["GET", "HEAD", "OPTIONS"]
AnyRequest = Request[Any, Any, Any]


def create_app(settings: Settings) -> AsgiEdge:
    """Return the service; its downstream connections and its models' threads open and close with its lifespan."""
    health = Health("litestar", settings)
    downstream = AsyncDownstream(settings)
    inference = AsyncInference(settings, sync_to_thread)

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with downstream, inference:
            yield

    @route("/", http_method=READ)
    async def index() -> Response[bytes]:
        return respond(answers.index())

    @route("/health", http_method=READ)
    async def report_health() -> Response[bytes]:
        return respond(answers.health(health.report()))

    @route("/slow-io", http_method=READ)
    async def slow_io(request: AnyRequest) -> Response[bytes]:
        delay_s = query.delay_s(request.scope["query_string"])
        await wait(delay_s)
        return respond(answers.slow_io(delay_s))

    @route(["/benchmark/io-test", "/benchmark/litestar-io-test"], http_method=READ)
    async def io_test(request: AnyRequest) -> Response[bytes]:
        parameters = request.scope["query_string"]
        delay_s, concurrent = query.delay_s(parameters), query.concurrent(parameters)
        succeeded = await downstream.call(delay_s, concurrent)
        return respond(answers.io_test(delay_s, concurrent, succeeded))

    @route("/json", http_method=READ)
    async def items(request: AnyRequest) -> Response[bytes]:
        return respond(answers.items(query.items(request.scope["query_string"])))

    @post("/infer/{model:str}", status_code=200)
    async def infer(model: FromPath[str], request: AnyRequest) -> Response[bytes]:
        ask = inference.ask(model, request.headers)
        return respond(await inference.answer(ask, await body_of(request)))

    @route("/stream", http_method=READ)
    async def stream(request: AnyRequest) -> Stream:
        return respond_stream(asynchronous.generated(request.method, request.scope["query_string"], PLAIN))

    @route("/relay", http_method=READ)
    async def relay(request: AnyRequest) -> Stream:
        return respond_stream(await asynchronous.relayed(downstream, request.method, request.scope["query_string"]))

    @post("/v1/chat/completions", status_code=200)
    async def chat(request: AnyRequest) -> Stream:
        body, content_type = await body_of(request), request.headers.get("Content-Type")
        parameters = request.scope["query_string"]
        return respond_stream(await asynchronous.completed(downstream, parameters, content_type, body))

    app = Litestar(
        [
            *(index, report_health, slow_io, io_test, items, infer, stream, relay, chat, only_websocket),
            *websocket_handlers(),
        ],
        lifespan=[lifespan],
        before_request=refuse_options,
        openapi_config=None,
        request_max_body_size=None,
        exception_handlers={errors.HttpError: failed, HTTPException: refused, Exception: crashed},
    )
    return AsgiEdge(exact(app))


@route(list(PATHS), http_method=READ)
async def only_websocket() -> Response[bytes]:
    """Refuse what is no WebSocket; raises HttpError 426."""
    raise errors.only_websocket()


async def refuse_options(request: AnyRequest) -> None:
    """Refuse OPTIONS, which Litestar would answer by itself; raises HttpError 405."""
    if request.method == "OPTIONS":
        raise errors.of_status(405)


async def body_of(request: AnyRequest) -> bytes:
    """Return the request's body; raises HttpError 413, and 400 where Litestar has 500: the body is not whole."""
    try:
        return await read_asgi(request.stream())
    except InternalServerException as error:
        raise errors.unreadable() from error


def failed(_: AnyRequest, error: errors.HttpError) -> Response[bytes]:
    """Return the core's answer to an error of the core."""
    return respond(answers.failure(error))


def refused(_: AnyRequest, error: HTTPException) -> Response[bytes]:
    """Return the core's answer to an error of Litestar."""
    return respond(answers.failure(errors.of_status(error.status_code)))


def crashed(_: AnyRequest, error: Exception) -> Response[bytes]:
    """Leave a crash to the edge, which logs it and answers; raises the error."""
    raise error


def respond(answer: answers.Answer) -> Response[bytes]:
    """Return the core's answer as a Litestar response."""
    return Response(
        answer.body, status_code=answer.status, headers=dict(answer.headers), media_type=answer.content_type
    )


def respond_stream(stream: AsyncStream[bytes]) -> Stream:
    """Return a stream as a Litestar response, to whose type Litestar adds the charset."""
    return Stream(stream.events, headers=dict(stream.fields), media_type=MEDIA_TYPE)


def exact(app: App) -> App:
    """Return the application without Litestar's freedom in paths: it drops slashes at their end and doubled ones."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan" and (scope["path"].rstrip("/") != scope["path"] != "/" or "//" in scope["path"]):
            scope["path"] = "/nothing"
        await app(scope, receive, send)

    return served


app = create_app(read_settings(os.environ))
