"""The edge of a WSGI service: every request and every answer passes through it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote_to_bytes

from stackduel_servers.core.answers import Answer, failure
from stackduel_servers.core.draining import drained
from stackduel_servers.core.errors import of_status
from stackduel_servers.core.target import body_refusal, path_of, refusal
from stackduel_servers.core.timing import Timing, current_timing

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    Write: TypeAlias = Callable[[bytes], object]
    ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]

# The server skips a body of these methods, as it does at every endpoint that takes none.
WITHOUT_BODY = ("GET", "HEAD")

log = logging.getLogger(__name__)


class WsgiEdge:
    """Wraps a WSGI application: normalises paths, times each answer, and turns a crash into the same 500."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request of the WSGI server."""
        timing = Timing()
        token = current_timing.set(timing)

        def start(status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None) -> Write:
            headers.extend(timing.headers())
            return start_response(status, headers) if exc_info is None else start_response(status, headers, exc_info)

        try:
            path = environ["PATH_INFO"] = _path(environ)
            # A server may ignore an offer to change the protocol; Werkzeug would refuse the request.
            environ.pop("HTTP_UPGRADE", None)
            method = environ["REQUEST_METHOD"]
            refused = refusal(method, path) or body_refusal(path, environ.get("CONTENT_LENGTH"))
            answer = _send(failure(refused), environ, start) if refused else self._app(environ, start)
            return answer if method in WITHOUT_BODY else drained(answer, environ["wsgi.input"])
        except Exception:
            log.exception("unhandled exception")
            return _send(failure(of_status(500)), environ, start, sys.exc_info())
        finally:
            current_timing.reset(token)


def _path(environ: WSGIEnvironment) -> str:
    # Servers change PATH_INFO in different ways (Waitress drops slashes); the raw target is unchanged.
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if target is None:
        return path_of(environ.get("PATH_INFO", ""))
    path = path_of(target.partition("?")[0])
    return unquote_to_bytes(path).decode("latin-1") if "%" in path else path


def _send(
    answer: Answer, environ: WSGIEnvironment, start: StartResponse, exc_info: ExcInfo | None = None
) -> list[bytes]:
    length = ("Content-Length", str(len(answer.body)))
    headers = [("Content-Type", answer.content_type), length, *answer.headers]
    start(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers, exc_info)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]
