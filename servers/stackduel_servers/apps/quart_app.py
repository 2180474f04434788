"""The Quart service: handlers that suspend their task, downstream calls all at once."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable
from typing import TypeVar

from quart import Quart, Response, request
from quart.utils import run_sync
from werkzeug.exceptions import HTTPException

from stackduel_servers.apps.quart_websocket import serving
from stackduel_servers.core import answers, errors, query
from stackduel_servers.core.asgi import AsgiEdge
from stackduel_servers.core.downstream_async import AsyncDownstream
from stackduel_servers.core.health import Health
from stackduel_servers.core.inference.asynchronous import AsyncInference
from stackduel_servers.core.inference.body import read_asgi
from stackduel_servers.core.limits import limits
from stackduel_servers.core.settings import Settings, read_settings
from stackduel_servers.core.streams import asynchronous
from stackduel_servers.core.streams.stream import AsyncStream
from stackduel_servers.core.streams.wire import CONTENT_TYPE, PLAIN
from stackduel_servers.core.waiting import wait
from stackduel_servers.core.websockets.serving import endpoints

_Argument = TypeVar("_Argument")
_Returned = TypeVar("_Returned")


def create_app(settings: Settings) -> Quart:
    """Return the service; its downstream connections and its models' threads open and close with its lifespan."""
    app = Quart("stackduel", static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.config["MAX_CONTENT_LENGTH"] = limits().body_bytes
    app.url_map.merge_slashes = False
    app.asgi_app = AsgiEdge(app.asgi_app)  # type: ignore[method-assign]
    health = Health("quart", settings)
    downstream = AsyncDownstream(settings)
    inference = AsyncInference(settings, in_thread)

    @app.while_serving
    async def lifespan() -> AsyncGenerator[None, None]:
        async with downstream, inference:
            yield

    @app.get("/")
    async def index() -> Response:
        return respond(answers.index())

    @app.get("/health")
    async def report_health() -> Response:
        return respond(answers.health(health.report()))

    @app.get("/slow-io")
    async def slow_io() -> Response:
        delay_s = query.delay_s(request.query_string)
        await wait(delay_s)
        return respond(answers.slow_io(delay_s))

    @app.get("/benchmark/io-test")
    @app.get("/benchmark/quart-io-test")
    async def io_test() -> Response:
        delay_s, concurrent = query.delay_s(request.query_string), query.concurrent(request.query_string)
        succeeded = await downstream.call(delay_s, concurrent)
        return respond(answers.io_test(delay_s, concurrent, succeeded))

    @app.get("/json")
    async def items() -> Response:
        return respond(answers.items(query.items(request.query_string)))

    @app.post("/infer/<model>")
    async def infer(model: str) -> Response:
        ask = inference.ask(model, request.headers)
        return respond(await inference.answer(ask, await read_asgi(request.body)))

    @app.get("/stream")
    async def stream() -> Response:
        return respond_stream(asynchronous.generated(request.method, request.query_string, PLAIN))

    @app.get("/relay")
    async def relay() -> Response:
        return respond_stream(await asynchronous.relayed(downstream, request.method, request.query_string))

    @app.post("/v1/chat/completions")
    async def chat() -> Response:
        body = await read_asgi(request.body)
        return respond_stream(
            await asynchronous.completed(downstream, request.query_string, request.content_type, body)
        )

    for path, endpoint in endpoints().items():
        app.websocket(path, endpoint=path)(serving(endpoint))
        app.get(path)(only_websocket)

    @app.errorhandler(errors.HttpError)
    async def failed(error: errors.HttpError) -> Response:
        return respond(answers.failure(error))

    @app.errorhandler(HTTPException)
    async def refused(error: HTTPException) -> Response:
        return respond(answers.failure(errors.of_status(error.code or 500)))

    return app


async def only_websocket() -> Response:
    """Refuse what is no WebSocket; raises HttpError 426."""
    raise errors.only_websocket()


def respond(answer: answers.Answer) -> Response:
    """Return the core's answer as a Quart response."""
    return Response(answer.body, answer.status, dict(answer.headers), content_type=answer.content_type)


def respond_stream(stream: AsyncStream[bytes]) -> Response:
    """Return a stream as a Quart response, without Quart's limit of a minute, as its documentation says."""
    response = Response(stream.events, headers=dict(stream.fields), content_type=CONTENT_TYPE)
    response.timeout = None
    return response


async def in_thread(function: Callable[[_Argument], _Returned], argument: _Argument) -> _Returned:
    """Run the function on one of Quart's threads."""
    returned: _Returned = await run_sync(function)(argument)
    return returned


app = create_app(read_settings(os.environ))
