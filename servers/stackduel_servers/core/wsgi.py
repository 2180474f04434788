"""The edge of a WSGI service: every request and every answer passes through it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote_to_bytes

from stackduel_servers.core.admission import Admission
from stackduel_servers.core.answer_end import AnswerEnds, EndingAnswer
from stackduel_servers.core.answers import Answer, failure
from stackduel_servers.core.compression import WsgiCompression
from stackduel_servers.core.draining import drained
from stackduel_servers.core.edge_settings import EdgeSettings, edge_settings
from stackduel_servers.core.errors import of_status
from stackduel_servers.core.limits import Limits, limits
from stackduel_servers.core.metrics.edge import scraped_or_measured
from stackduel_servers.core.slow_requests import begin_timing, headers_of
from stackduel_servers.core.target import body_refusal, path_of, refusal
from stackduel_servers.core.timing import current_timing

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    Write: TypeAlias = Callable[[bytes], object]
    ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]

# The server skips a body of these methods, as it does at every endpoint that takes none.
WITHOUT_BODY = ("GET", "HEAD")

log = logging.getLogger(__name__)


class WsgiEdge:
    """Wraps a WSGI application: normalises paths, times each answer, turns a crash into the same 500, keeps limits.

    The ``limits_of_worker`` and the ``settings`` are those of this process unless given.
    """

    def __init__(
        self, app: WSGIApplication, limits_of_worker: Limits | None = None, settings: EdgeSettings | None = None
    ) -> None:
        self._settings = settings or edge_settings()
        self._app = WsgiCompression(app) if self._settings.gzip else app
        self.admission = Admission((limits_of_worker or limits()).concurrency)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request of the WSGI server."""
        timing = begin_timing(self._settings)
        token = current_timing.set(timing)
        method = environ["REQUEST_METHOD"]
        ends = AnswerEnds()

        def start(status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None) -> Write:
            headers.extend(headers_of(timing, self._settings, method, environ["PATH_INFO"]))
            if ends:
                ends.begin(int(status[:3]), "0" if method == "HEAD" else _content_length(headers))
            return start_response(status, headers) if exc_info is None else start_response(status, headers, exc_info)

        try:
            path = environ["PATH_INFO"] = _path(environ)
            # A server may ignore an offer to change the protocol; Werkzeug would refuse the request.
            environ.pop("HTTP_UPGRADE", None)
            answer = self._answer_of_edge(environ, path, ends)
            chunks = _send(answer, environ, start) if answer else self._app(environ, start)
            if method in WITHOUT_BODY:
                chunks = _left_out(chunks) if method == "HEAD" else chunks
            else:
                chunks = drained(chunks, environ["wsgi.input"])
            return EndingAnswer(chunks, ends) if ends else chunks
        except Exception:
            log.exception("unhandled exception")
            try:
                return _send(failure(of_status(500)), environ, start, sys.exc_info())
            finally:
                ends.leave()
        except BaseException:  # the worker ends, or its greenlet
            ends.leave()
            raise
        finally:
            current_timing.reset(token)

    def _answer_of_edge(self, environ: WSGIEnvironment, path: str, ends: AnswerEnds) -> Answer | None:
        """Return the answer to a request that does not reach the application, else None: then ``ends`` hold it."""
        method = environ["REQUEST_METHOD"]
        if self._settings.metrics:
            page = scraped_or_measured(method, path, environ.get("HTTP_ACCEPT"), ends)
            if page:
                return page
        refused = refusal(method, path) or body_refusal(path, environ.get("CONTENT_LENGTH"))
        if not refused:
            place, refused = self.admission.admit(path)
            ends.add(place)
        return failure(refused) if refused else None


def _path(environ: WSGIEnvironment) -> str:
    # Servers change PATH_INFO in different ways (Waitress drops slashes); the raw target is unchanged.
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if target is None:
        return path_of(environ.get("PATH_INFO", ""))
    path = path_of(target.partition("?")[0])
    return unquote_to_bytes(path).decode("latin-1") if "%" in path else path


def _left_out(answer: Iterable[bytes]) -> Iterable[bytes]:
    # Django leaves the body of an answer to HEAD to its server, and servers differ.
    close = getattr(answer, "close", None)
    if close:
        close()
    return ()


def _send(
    answer: Answer, environ: WSGIEnvironment, start: StartResponse, exc_info: ExcInfo | None = None
) -> list[bytes]:
    length = ("Content-Length", str(len(answer.body)))
    headers = [("Content-Type", answer.content_type), length, *answer.headers]
    start(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers, exc_info)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]


def _content_length(headers: Iterable[tuple[str, str]]) -> str | None:
    return next((value for name, value in headers if name.lower() == "content-length"), None)
