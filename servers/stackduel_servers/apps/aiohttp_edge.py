"""The edge of an aiohttp service: what core.asgi and core.wsgi are for the others, in aiohttp's own terms."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from urllib.parse import quote, unquote

from aiohttp import StreamReader, web
from aiohttp.http import HttpProcessingError
from yarl import URL

from stackduel_servers.apps.aiohttp_protocol import telling
from stackduel_servers.core.admission import Admission
from stackduel_servers.core.answer_end import AnswerEnds
from stackduel_servers.core.answers import Answer, failure
from stackduel_servers.core.compression import accepts_gzip, compressed
from stackduel_servers.core.draining import DRAIN_S
from stackduel_servers.core.edge_settings import EdgeSettings, edge_settings
from stackduel_servers.core.errors import HttpError, of_status
from stackduel_servers.core.limits import Limits, limits
from stackduel_servers.core.metrics.edge import scraped_or_measured
from stackduel_servers.core.slow_requests import begin_timing, headers_of
from stackduel_servers.core.target import body_refusal, path_of, refusal
from stackduel_servers.core.timing import current_timing
from stackduel_servers.options import GRACE_S, KEEP_ALIVE_S

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]

# No body of these is read, as at every endpoint that takes none.
WITHOUT_BODY = ("GET", "HEAD")

log = logging.getLogger(__name__)


class AiohttpEdge:
    """Wraps an aiohttp application: normalises paths, times each answer, turns a crash into the same 500, keeps limits.

    It sends the answer itself: a place is given back once the answer was sent, which a middleware would not know.
    The ``limits_of_worker`` and the ``settings`` are those of this process unless given.
    """

    def __init__(
        self, handle: Handle, limits_of_worker: Limits | None = None, settings: EdgeSettings | None = None
    ) -> None:
        self._settings = settings or edge_settings()
        self._handle = handle
        self.admission = Admission((limits_of_worker or limits()).concurrency)

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        """Serve one request, and read the rest of its body away."""
        timing = begin_timing(self._settings)
        token = current_timing.set(timing)
        measured, place = AnswerEnds(), AnswerEnds()
        try:
            path = unquote(path_of(request.raw_path.partition("?")[0]))
            answer = self._answer_of_edge(request, path, measured, place)
            response = respond(answer) if answer else await self._answered(request, path)
            response.headers.extend(headers_of(timing, self._settings, request.method, path))
            with suppress(ConnectionError):  # the client has left; aiohttp finds out by itself
                await response.prepare(request)
                # The next scrape may ask another worker, and it is to count this answer.
                measured.begin(response.status, None)
                measured.leave()
                await response.write_eof()
        finally:
            measured.leave()
            place.leave()
            current_timing.reset(token)
        if not request.content.at_eof():
            await _drain(request.content)
        return response

    def _answer_of_edge(
        self, request: web.Request, path: str, measured: AnswerEnds, place: AnswerEnds
    ) -> Answer | None:
        """Return the answer to a request that does not reach the application, else None: then ``place`` is taken."""
        if self._settings.metrics:
            page = scraped_or_measured(request.method, path, request.headers.get("Accept"), measured)
            if page:
                return page
        refused = refusal(request.method, path)
        if not refused and request.method not in WITHOUT_BODY:
            refused = body_refusal(path, request.headers.get("Content-Length"))
        if not refused:
            admitted, refused = self.admission.admit(path)
            place.add(admitted)
        return failure(refused) if refused else None

    async def _answered(self, request: web.Request, path: str) -> web.StreamResponse:
        try:
            response = await self._handle(_with_path(request, path))
        except HttpError as error:
            response = respond(failure(error))
        except web.HTTPException as error:
            response = respond(failure(of_status(error.status)))
        except Exception:
            log.exception("unhandled exception")
            return respond(failure(of_status(500)))
        if self._settings.gzip and isinstance(response, web.Response):
            return _compressed(response, request.headers.get("Accept-Encoding"))
        return response


class EdgeRunner(web.AppRunner):
    """Serves an application behind its edge, with the settings that all servers have here.

    The edge comes before aiohttp's router, which resolves a path before any middleware sees the request. Bodies come as
    they were sent: aiohttp would undo their Content-Encoding. It would also read the rest of a body away, but logs a
    chunk that is invalid as a fault of its own, so the edge does that. Its log is about its own faults alone.
    """

    def __init__(self, app: web.Application) -> None:
        faults = logging.getLogger("aiohttp.server")
        faults.addFilter(_is_own_fault)
        super().__init__(
            app,
            logger=faults,
            auto_decompress=False,
            keepalive_timeout=KEEP_ALIVE_S,
            shutdown_timeout=GRACE_S,
            lingering_time=0,
            access_log=logging.getLogger("gunicorn.access") if os.environ.get("ACCESS_LOG") == "on" else None,
        )

    async def _make_server(self) -> web.Server:
        """Open the application's resources, and put the edge before it."""
        server = telling(await super()._make_server())
        server.request_handler = AiohttpEdge(server.request_handler)  # type: ignore[assignment]
        return server


def respond(answer: Answer) -> web.Response:
    """Return the core's answer as an aiohttp response."""
    return web.Response(
        body=answer.body, status=answer.status, headers={"Content-Type": answer.content_type, **dict(answer.headers)}
    )


def _is_own_fault(record: logging.LogRecord) -> bool:
    """Return whether a line of the log is about anything but a request that aiohttp's parser refuses."""
    return not record.exc_info or not isinstance(record.exc_info[1], HttpProcessingError)


def _with_path(request: web.Request, path: str) -> web.Request:
    # aiohttp's router takes an encoded slash for a letter, other frameworks take it for a slash.
    if "%" not in request.raw_path:
        return request
    query = request.rel_url.raw_query_string
    return request.clone(rel_url=URL.build(path=quote(path, errors="replace"), query_string=query, encoded=True))


def _compressed(response: web.Response, accept_encoding: str | None) -> web.Response:
    body = response.body if isinstance(response.body, bytes) else b""
    headers, body = compressed(
        response.status, list(response.headers.items()), body, accepted=accepts_gzip(accept_encoding)
    )
    # aiohttp knows the length itself.
    kept = [(name, value) for name, value in headers if name != "Content-Length"]
    return web.Response(body=body, status=response.status, headers=kept)


async def _drain(body: StreamReader) -> None:
    # aiohttp raises errors of its own if the client has left, or if its chunks are invalid.
    with suppress(Exception):
        async with asyncio.timeout(DRAIN_S):
            while not body.at_eof():
                await body.readany()
