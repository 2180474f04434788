"""The service in ASGI alone, without any framework: what frameworks on the same server can reach at most."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import TypeVar

from stackduel_servers.core import answers, async_service, errors
from stackduel_servers.core.asgi import AsgiEdge
from stackduel_servers.core.asgi_messages import Receive, Scope, Send, disconnected, live, send_answer, start
from stackduel_servers.core.downstream_async import AsyncDownstream
from stackduel_servers.core.health import Health
from stackduel_servers.core.inference.asynchronous import AsyncInference
from stackduel_servers.core.inference.body import read_asgi
from stackduel_servers.core.settings import Settings, read_settings
from stackduel_servers.core.streams import asynchronous
from stackduel_servers.core.streams.stream import AsyncStream, HeadFields
from stackduel_servers.core.streams.wire import CONTENT_TYPE
from stackduel_servers.core.target import CHAT, INFER, is_infer
from stackduel_servers.core.websockets.asgi import serve_asgi
from stackduel_servers.core.websockets.serving import endpoints

_Argument = TypeVar("_Argument")
_Returned = TypeVar("_Returned")


def create_app(settings: Settings) -> AsgiEdge:
    """Return the service; its downstream connections and its models' threads open and close with its lifespan."""
    health = Health("asgi", settings)
    downstream = AsyncDownstream(settings)
    inference = AsyncInference(settings, in_thread)

    gets, streams = async_service.gets(health, downstream), async_service.streams(downstream)
    websockets = endpoints()

    async def answered(scope: Scope, receive: Receive) -> answers.Answer:
        path = scope["path"]
        if is_infer(path) and scope["method"] == "POST":
            ask = inference.ask(path.removeprefix(INFER), RequestHeaders(scope))
            return await inference.answer(ask, await read_asgi(body_of(receive)))
        if path not in gets:
            raise errors.of_status(404)
        check_method(scope["method"])
        return await gets[path](scope["query_string"])

    async def begun(scope: Scope, receive: Receive) -> AsyncStream[bytes] | None:
        method, parameters = scope["method"], scope["query_string"]
        if scope["path"] == CHAT and method == "POST":
            body, content_type = await read_asgi(body_of(receive)), RequestHeaders(scope).get("Content-Type")
            return await asynchronous.completed(downstream, parameters, content_type, body)
        if begin := streams.get(scope["path"]):
            check_method(method)
            return await begin(method, parameters)
        return None

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await live((downstream, inference), receive, send)
            return
        if scope["type"] == "websocket":
            await serve_asgi(websockets, scope, receive, send)
            return
        try:
            if stream := await begun(scope, receive):
                await send_stream(stream, receive, send)
                return
            answer = await answered(scope, receive)
        except errors.HttpError as error:
            answer = answers.failure(error)
        await send_answer(answer, send)

    return AsgiEdge(app)


class RequestHeaders:
    """The headers of a request by their names in any case."""

    def __init__(self, scope: Scope) -> None:
        self._values = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}

    def get(self, name: str, /) -> str | None:
        """Return the value of a header."""
        value: str | None = self._values.get(name.lower().encode())
        return value


def check_method(method: str) -> None:
    """Refuse methods that do not read; raises HttpError 405."""
    if method not in {"GET", "HEAD"}:
        raise errors.of_status(405)


async def body_of(receive: Receive) -> AsyncIterator[bytes]:
    """Yield the parts of a body; raises HttpError 400 if the client leaves before its end."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise errors.unreadable()
        more = message.get("more_body", False)
        yield message.get("body", b"")


async def send_stream(stream: AsyncStream[bytes], receive: Receive, send: Send) -> None:
    """Send a stream until its end, or until the client has left."""
    async with aclosing(stream.events) as events:
        sending = asyncio.create_task(send_events(stream.fields, events, send))
        leaving = asyncio.create_task(disconnected(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            if not sending.done():
                sending.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
    if not sending.cancelled():
        sending.result()


async def send_events(fields: HeadFields, events: AsyncIterator[bytes], send: Send) -> None:
    """Send the head, and each event as it comes."""
    await send(start(200, (("Content-Type", CONTENT_TYPE), *fields)))
    async for event in events:
        await send({"type": "http.response.body", "body": event, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def in_thread(function: Callable[[_Argument], _Returned], argument: _Argument) -> _Returned:
    """Run the function on a thread of the event loop's pool."""
    return await asyncio.to_thread(function, argument)


app = create_app(read_settings(os.environ))
