"""The edge of an ASGI service: every request and every answer passes through it."""

from __future__ import annotations

import logging
import os

from stackduel_servers.core import granian
from stackduel_servers.core.admission import Admission
from stackduel_servers.core.answer_end import AnswerEnds
from stackduel_servers.core.answers import Answer, failure
from stackduel_servers.core.asgi_messages import App, Message, Receive, Scope, Send, encoded, field, send_answer
from stackduel_servers.core.compression import AsgiCompression
from stackduel_servers.core.draining import Draining
from stackduel_servers.core.edge_settings import EdgeSettings, edge_settings
from stackduel_servers.core.errors import HttpError, of_status, unreadable
from stackduel_servers.core.limits import Limits, limits
from stackduel_servers.core.metrics.edge import scraped_or_measured
from stackduel_servers.core.slow_requests import begin_timing, headers_of
from stackduel_servers.core.target import body_refusal, path_of, refusal
from stackduel_servers.core.timing import current_timing

# The server skips a body of these methods, as it does at every endpoint that takes none.
WITHOUT_BODY = ("GET", "HEAD")

log = logging.getLogger(__name__)


class AsgiEdge:
    """Wraps an ASGI application: normalises paths, times each answer, turns a crash into the same 500, keeps limits.

    A body that does not come to its end is 400, as from WSGI. If the client has left, no server sends it, but Granian
    calls it a disconnect, too, when a chunk is invalid, and then there is somebody to answer.
    The ``limits_of_worker`` and the ``settings`` are those of this process unless given.
    """

    def __init__(self, app: App, limits_of_worker: Limits | None = None, settings: EdgeSettings | None = None) -> None:
        self._settings = settings or edge_settings()
        self._app = app
        self._answering = AsgiCompression(app) if self._settings.gzip else app
        self.admission = Admission((limits_of_worker or limits()).concurrency)
        self._on_granian = os.environ.get("STACKDUEL_SERVER") == granian.NAME

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of the ASGI server; anything but HTTP is passed on unchanged."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        send = granian.ending_at_length(send) if self._on_granian else send
        timing = begin_timing(self._settings)
        token = current_timing.set(timing)
        without_body = scope["method"] == "HEAD"
        body = None if scope["method"] in WITHOUT_BODY else Draining(receive)
        started = False
        ends = AnswerEnds()

        async def send_on(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                added = headers_of(timing, self._settings, scope["method"], scope["path"])
                message["headers"] = [*message["headers"], *encoded(added)]
                if ends:
                    length = "0" if without_body else field(message["headers"], b"content-length")
                    ends.begin(message["status"], length)
                    ends.send(0)
                await send(message)
                return
            ends.send(len(message.get("body", b"")), is_last=not message.get("more_body"))
            if without_body:
                message["body"] = b""
            elif body and not body.ended and not message.get("more_body"):
                await send({**message, "more_body": True})
                await body.drain()
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        try:
            path = scope["path"] = path_of(scope["path"])
            answer = self._answer_of_edge(scope, path, ends, body)
            if answer:
                await send_answer(answer, send_on)
            else:
                await self._answering(scope, body.receive if body else receive, send_on)
                if body and body.left and not started:
                    await send_answer(failure(unreadable()), send_on)
        except Exception as error:
            if body and body.left:  # frameworks raise errors of their own for that
                return None if started else await send_answer(failure(unreadable()), send_on)
            # What wraps a framework that reads bodies by itself has HttpErrors of its own.
            if not isinstance(error, HttpError):
                log.exception("unhandled exception")
            if started:
                raise
            await send_answer(failure(error if isinstance(error, HttpError) else of_status(500)), send_on)
        finally:
            ends.leave()
            current_timing.reset(token)

    def _answer_of_edge(self, scope: Scope, path: str, ends: AnswerEnds, body: Draining | None) -> Answer | None:
        """Return the answer to a request that does not reach the application, else None: then ``ends`` hold it."""
        if self._settings.metrics:
            page = scraped_or_measured(scope["method"], path, field(scope["headers"], b"accept"), ends)
            if page:
                return page
        refused = refusal(scope["method"], path)
        if body and not refused:
            refused = body_refusal(path, field(scope["headers"], b"content-length"))
        if not refused:
            place, refused = self.admission.admit(path)
            ends.add(place)
        return failure(refused) if refused else None
