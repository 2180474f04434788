"""The FastAPI service with the EventSourceResponse of the sse-starlette package for its streams."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi import FastAPI, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from stackduel_servers.apps.fastapi_app import create_app
from stackduel_servers.apps.fastapi_shell import READ
from stackduel_servers.core.downstream_async import AsyncDownstream
from stackduel_servers.core.inference.body import read_asgi
from stackduel_servers.core.settings import read_settings
from stackduel_servers.core.streams import asynchronous, wire
from stackduel_servers.core.streams.stream import Encoding
from stackduel_servers.core.streams.timetable import Timetable


def add_streams(app: FastAPI, downstream: AsyncDownstream) -> None:
    """Add the streams."""

    @app.api_route("/stream", methods=READ)
    async def stream(request: Request) -> Response:
        made = asynchronous.generated(request.method, request.scope["query_string"], ENCODING)
        return EventSourceResponse(made.events, headers=dict(made.fields))

    @app.api_route("/relay", methods=READ)
    async def relay(request: Request) -> Response:
        passed_on = await asynchronous.relayed(downstream, request.method, request.scope["query_string"])
        return EventSourceResponse(passed_on_events(passed_on.events), headers=dict(passed_on.fields))

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:
        body, content_type = await read_asgi(request.stream()), request.headers.get("Content-Type")
        tokens = await asynchronous.completed(downstream, request.scope["query_string"], content_type, body)
        return EventSourceResponse(passed_on_events(tokens.events), headers=dict(tokens.fields))


def made_event(timetable: Timetable, number: int, made_ns: int) -> ServerSentEvent:
    """Return an event that is made here."""
    return ServerSentEvent(wire.data(timetable, number, made_ns).decode(), id=str(number))


# The package's own ping is none of these: it comes every 15 s, whether or not events do.
ENCODING = Encoding(made_event, ServerSentEvent(comment=wire.HEARTBEAT_TEXT))


async def passed_on_events(frames: AsyncGenerator[bytes, None]) -> AsyncGenerator[ServerSentEvent, None]:
    """Yield the events and heartbeats of the downstream as they come."""
    async with aclosing(frames):
        async for frame in frames:
            if wire.is_heartbeat(frame):
                yield ENCODING.heartbeat
                continue
            number, kind, data = wire.parsed(frame)
            yield ServerSentEvent(data, id=number, event=kind)


app = create_app(read_settings(os.environ), add_streams=add_streams)
