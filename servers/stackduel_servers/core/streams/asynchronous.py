"""Streams of handlers that suspend their task."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

from aiohttp import ClientConnectorError, ClientError, ClientResponse, ClientTimeout
from yarl import URL

from stackduel_servers.core import downstream
from stackduel_servers.core.chat.chat_request import read_chat
from stackduel_servers.core.chat.completion import Completion
from stackduel_servers.core.downstream_async import AsyncDownstream
from stackduel_servers.core.errors import HttpError
from stackduel_servers.core.streams import early_end, relay, wire
from stackduel_servers.core.streams.relay import Relay, StreamPassage, UpstreamRequest
from stackduel_servers.core.streams.stream import AsyncStream, Encoding, HeadFields, Made
from stackduel_servers.core.streams.timetable import NS_PER_S, Timetable, asked, read_timetable
from stackduel_servers.core.timing import span

NO_EVENTS: tuple[bytes, ...] = ()


def generated(method: str, query: bytes, encoding: Encoding[Made]) -> AsyncStream[Made]:
    """Return a stream whose events are made here; raises HttpError 400. HEAD has no events."""
    timetable, zero_ns = asked(method, query), wire.clock_ns()
    return AsyncStream(wire.head_fields(str(zero_ns)), _made(timetable, zero_ns, encoding))


async def _made(timetable: Timetable, zero_ns: int, encoding: Encoding[Made]) -> AsyncGenerator[Made, None]:
    trail = early_end.handler_trail()
    try:
        for due_ns, number in timetable.moments():
            left_ns = zero_ns + due_ns - wire.clock_ns()
            # One timer an event, which may fire early: a second one would cost as much as sending the event. Without a
            # wait the event loop still gets its turn, or one stream would hold up all others.
            await asyncio.sleep(left_ns / NS_PER_S if left_ns > 0 else 0)
            if number is None:
                yield encoding.heartbeat
            elif timetable.sends(number):
                if trail is not None:
                    trail.reach(number + 1)
                yield encoding.event(timetable, number, wire.clock_ns() - zero_ns)
    except (GeneratorExit, asyncio.CancelledError):
        if trail is not None:
            trail.note(zero_ns, wire.clock_ns())
        raise


async def relayed(backend: AsyncDownstream, method: str, query: bytes) -> AsyncStream[bytes]:
    """Return the downstream's stream, to be passed on event by event; raises HttpError 400, 502 and 504."""
    return await _passed_on(backend, Relay(method, read_timetable(query)))


async def completed(
    backend: AsyncDownstream, query: bytes, content_type: str | None, body: bytes
) -> AsyncStream[bytes]:
    """Return the tokens of the downstream's model as a gateway passes them on; raises HttpError 4xx and 50x."""
    return await _passed_on(backend, Completion(read_chat(query, content_type, body)))


async def _passed_on(backend: AsyncDownstream, passage: StreamPassage) -> AsyncStream[bytes]:
    asked = passage.request(backend.allowance_s)
    async with AsyncExitStack() as opened:
        with span("io"):
            response = await _ask(opened, backend, asked)
        fields = passage.fields(response.status, response.headers)
        if asked.method == "HEAD":
            return AsyncStream(fields, _nothing())
        return AsyncStream(fields, _events(opened.pop_all(), response, passage, backend.allowance_s, fields))


async def _ask(opened: AsyncExitStack, backend: AsyncDownstream, asked: UpstreamRequest) -> ClientResponse:
    session = await opened.enter_async_context(backend.session())
    # aiohttp would round longer timeouts up to the next second.
    allowance_s = backend.allowance_s
    timeout = ClientTimeout(total=None, sock_connect=allowance_s, sock_read=asked.patience_s, ceil_threshold=3600)
    url = URL(backend.url + asked.target, encoded=True)
    try:
        response = await session.request(
            asked.method, url, data=asked.body, headers=asked.headers, timeout=timeout, allow_redirects=False
        )
    except ClientConnectorError as error:
        raise downstream.unreachable() from error
    except TimeoutError as error:
        raise downstream.too_slow(allowance_s) from error
    except (ClientError, OSError, ValueError) as error:
        raise downstream.garbled() from error
    # Closed before its end, its connection is closed too; at its end it went back to the pool already.
    opened.callback(response.close)
    return response


async def _events(
    opened: AsyncExitStack, response: ClientResponse, passage: StreamPassage, allowance_s: float, fields: HeadFields
) -> AsyncGenerator[bytes, None]:
    trail = early_end.handler_trail()
    async with opened:
        try:
            async for data in response.content.iter_any():
                events = passage.feed(data)
                if trail is not None:
                    trail.reach(passage.events)
                for event in events:
                    yield event
            passage.end()
        except TimeoutError:
            yield wire.encoded_error(relay.stalled(allowance_s))
        except (ClientError, OSError):
            yield wire.encoded_error(relay.ended_early())
        except HttpError as error:
            yield wire.encoded_error(error)
        except (GeneratorExit, asyncio.CancelledError):
            if trail is not None:
                trail.note(early_end.zero_of(fields), wire.clock_ns())
            raise


async def _nothing() -> AsyncGenerator[bytes, None]:
    for event in NO_EVENTS:
        yield event
