"""Streams of handlers that hold their thread (or greenlet)."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import ExitStack

from urllib3 import BaseHTTPResponse, Timeout
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as Urllib3TimeoutError

from stackduel_servers.core import downstream
from stackduel_servers.core.chat.chat_request import read_chat
from stackduel_servers.core.chat.completion import Completion
from stackduel_servers.core.downstream_blocking import BlockingDownstream
from stackduel_servers.core.errors import HttpError
from stackduel_servers.core.streams import early_end, relay, wire
from stackduel_servers.core.streams.relay import Relay, StreamPassage, UpstreamRequest
from stackduel_servers.core.streams.stream import BlockingStream, Encoding, HeadFields, Made
from stackduel_servers.core.streams.timetable import NS_PER_S, Timetable, asked, read_timetable
from stackduel_servers.core.timing import span


def generated(method: str, query: bytes, encoding: Encoding[Made]) -> BlockingStream[Made]:
    """Return a stream whose events are made here; raises HttpError 400. HEAD has no events."""
    timetable, zero_ns = asked(method, query), wire.clock_ns()
    return BlockingStream(wire.head_fields(str(zero_ns)), _made(timetable, zero_ns, encoding))


def _made(timetable: Timetable, zero_ns: int, encoding: Encoding[Made]) -> Generator[Made, None, None]:
    trail = early_end.handler_trail()
    try:
        for due_ns, number in timetable.moments():
            left_ns = zero_ns + due_ns - wire.clock_ns()
            # Without a wait, too: other greenlets get their turn then.
            time.sleep(left_ns / NS_PER_S if left_ns > 0 else 0)
            if number is None:
                yield encoding.heartbeat
            elif timetable.sends(number):
                if trail is not None:
                    trail.reach(number + 1)
                yield encoding.event(timetable, number, wire.clock_ns() - zero_ns)
    except GeneratorExit:
        if trail is not None:
            trail.note(zero_ns, wire.clock_ns())
        raise


def relayed(backend: BlockingDownstream, method: str, query: bytes) -> BlockingStream[bytes]:
    """Return the downstream's stream, to be passed on event by event; raises HttpError 400, 502 and 504."""
    return _passed_on(backend, Relay(method, read_timetable(query)))


def completed(
    backend: BlockingDownstream, query: bytes, content_type: str | None, body: bytes
) -> BlockingStream[bytes]:
    """Return the tokens of the downstream's model as a gateway passes them on; raises HttpError 4xx and 50x."""
    return _passed_on(backend, Completion(read_chat(query, content_type, body)))


def _passed_on(backend: BlockingDownstream, passage: StreamPassage) -> BlockingStream[bytes]:
    asked = passage.request(backend.allowance_s)
    with ExitStack() as opened:
        with span("io"):
            response = _ask(opened, backend, asked)
        fields = passage.fields(response.status, response.headers)
        if asked.method == "HEAD":
            return BlockingStream(fields, _nothing())
        return BlockingStream(fields, _events(opened.pop_all(), response, passage, backend.allowance_s, fields))


def _ask(opened: ExitStack, backend: BlockingDownstream, asked: UpstreamRequest) -> BaseHTTPResponse:
    pool = opened.enter_context(backend.pool())
    allowance_s = backend.allowance_s
    timeout = Timeout(connect=allowance_s, read=asked.patience_s)
    try:
        response = pool.urlopen(
            asked.method,
            asked.target,
            body=asked.body,
            headers=asked.headers,
            timeout=timeout,
            retries=False,
            redirect=False,
            preload_content=False,
        )
    except NewConnectionError as error:
        raise downstream.unreachable() from error
    except Urllib3TimeoutError as error:
        raise downstream.too_slow(allowance_s) from error
    except (HTTPError, OSError) as error:
        raise downstream.garbled() from error
    # Closed before its end, its connection is closed too; at its end it went back to the pool already.
    opened.callback(response.close)
    return response


def _events(
    opened: ExitStack, response: BaseHTTPResponse, passage: StreamPassage, allowance_s: float, fields: HeadFields
) -> Generator[bytes, None, None]:
    trail = early_end.handler_trail()
    with opened:
        try:
            for data in response.stream(relay.READ_BYTES):
                events = passage.feed(data)
                if trail is not None:
                    trail.reach(passage.events)
                yield from events
            passage.end()
        except Urllib3TimeoutError:
            yield wire.encoded_error(relay.stalled(allowance_s))
        except (HTTPError, OSError):
            yield wire.encoded_error(relay.ended_early())
        except HttpError as error:
            yield wire.encoded_error(error)
        except GeneratorExit:
            if trail is not None:
                trail.note(early_end.zero_of(fields), wire.clock_ns())
            raise


def _nothing() -> Generator[bytes, None, None]:
    yield from ()
