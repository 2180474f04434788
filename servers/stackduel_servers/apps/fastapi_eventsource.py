"""The FastAPI service with FastAPI's own EventSourceResponse for its streams: path operations that yield events."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from stackduel_servers.apps.fastapi_app import create_app
from stackduel_servers.apps.fastapi_shell import READ
from stackduel_servers.core.downstream_async import AsyncDownstream
from stackduel_servers.core.inference.body import read_asgi
from stackduel_servers.core.settings import read_settings
from stackduel_servers.core.streams import asynchronous, wire
from stackduel_servers.core.streams.stream import AsyncStream, Encoding, HeadFields
from stackduel_servers.core.streams.timetable import Timetable

router = APIRouter()


def add_streams(app: FastAPI, downstream: AsyncDownstream) -> None:
    """Add the streams."""
    app.state.downstream = downstream
    app.include_router(router)


def made_event(timetable: Timetable, number: int, made_ns: int) -> ServerSentEvent:
    """Return an event that is made here."""
    return ServerSentEvent(raw_data=wire.data(timetable, number, made_ns).decode(), id=str(number))


# FastAPI's own ping, a private constant of 15 s, never comes: no timetable has so long a gap.
ENCODING = Encoding(made_event, ServerSentEvent(comment=wire.HEARTBEAT_TEXT))


def passed_on_event(event: bytes) -> ServerSentEvent:
    """Return an event or a heartbeat of the downstream."""
    if wire.is_heartbeat(event):
        return ENCODING.heartbeat
    number, kind, data = wire.parsed(event)
    return ServerSentEvent(raw_data=data, id=number, event=kind)


# A path operation that yields is called when its head is sent already: what may be refused comes before it.
async def made_stream(request: Request, response: Response) -> AsyncStream[ServerSentEvent]:
    """Return the stream that is made here; raises HttpError 400."""
    stream = asynchronous.generated(request.method, request.scope["query_string"], ENCODING)
    set_fields(response, stream.fields)
    return stream


async def passed_on_stream(request: Request, response: Response) -> AsyncStream[bytes]:
    """Return the downstream's stream; raises HttpError 400, 502 and 504."""
    stream = await asynchronous.relayed(request.app.state.downstream, request.method, request.scope["query_string"])
    set_fields(response, stream.fields)
    return stream


async def token_stream(request: Request, response: Response) -> AsyncStream[bytes]:
    """Return the tokens of the downstream's model; raises HttpError 4xx and 50x."""
    body, content_type = await read_asgi(request.stream()), request.headers.get("Content-Type")
    query = request.scope["query_string"]
    stream = await asynchronous.completed(request.app.state.downstream, query, content_type, body)
    set_fields(response, stream.fields)
    return stream


def set_fields(response: Response, fields: HeadFields) -> None:
    """Set the fields of the head that FastAPI does not set itself."""
    for name, value in fields:
        if (name, value) not in wire.UNBUFFERED:
            response.headers[name] = value


@router.api_route("/stream", methods=READ, response_class=EventSourceResponse)
async def stream(
    made: Annotated[AsyncStream[ServerSentEvent], Depends(made_stream)],
) -> AsyncIterator[ServerSentEvent]:
    """Yield the events as they are made."""
    async with aclosing(made.events) as events:
        async for event in events:
            yield event


@router.api_route("/relay", methods=READ, response_class=EventSourceResponse)
async def relay(
    passed_on: Annotated[AsyncStream[bytes], Depends(passed_on_stream)],
) -> AsyncIterator[ServerSentEvent]:
    """Yield the events as they come."""
    async with aclosing(passed_on.events) as events:
        async for event in events:
            yield passed_on_event(event)


@router.post("/v1/chat/completions", response_class=EventSourceResponse)
async def chat(
    tokens: Annotated[AsyncStream[bytes], Depends(token_stream)],
) -> AsyncIterator[ServerSentEvent]:
    """Yield the tokens as they come."""
    async with aclosing(tokens.events) as events:
        async for event in events:
            yield passed_on_event(event)


app = create_app(read_settings(os.environ), add_streams=add_streams)
