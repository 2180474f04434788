"""Answers compressed with gzip, for clients that accept it."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from stackduel_servers.core.asgi_messages import App, encoded, field

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

AnswerFields: TypeAlias = Sequence[tuple[str, str]]

# zlib's own default. Below this size the compressed answer and its headers are no shorter.
LEVEL = 6
SMALLEST_BYTES = 500
WITH_CONTENT = frozenset({200, 201, 203})
TEXTS = ("application/json", "text/")
QUALITY = re.compile(r"\s*q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*")


def accepts_gzip(accept_encoding: str | None) -> bool:
    """Return whether a client with this ``Accept-Encoding`` takes gzip, by name or by ``*``, with a quality over 0."""
    qualities: dict[str, float] = {}
    for each in (accept_encoding or "").split(","):
        name, _, parameter = each.partition(";")
        quality = QUALITY.fullmatch(parameter)
        qualities[name.strip().lower()] = float(quality.group(1)) if quality else 1.0
    return qualities.get("gzip", qualities.get("*", 0.0)) > 0


def compressed(
    status: int, headers: AnswerFields, body: bytes, *, accepted: bool
) -> tuple[list[tuple[str, str]], bytes]:
    """Return the headers and the body of a whole answer, compressed if the client accepts it and it is worth it.

    Every answer that would be compressed for another client says that it varies.
    """
    fields = {name.lower(): value for name, value in headers}
    is_text = fields.get("content-type", "").startswith(TEXTS)
    if status not in WITH_CONTENT or not is_text or len(body) < SMALLEST_BYTES or "content-encoding" in fields:
        return list(headers), body
    varying = ("Vary", "Accept-Encoding")
    if not accepted:
        return [*headers, varying], body
    body = gzip.compress(body, LEVEL, mtime=0)
    kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
    return [*kept, ("Content-Length", str(len(body))), ("Content-Encoding", "gzip"), varying], body


class AsgiCompression:
    """Compresses the answers of an ASGI application that have a length; streams pass as they are."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request, whose whole answer is sent at its end."""
        accepted = accepts_gzip(field(scope["headers"], b"accept-encoding"))
        start: Any = None
        parts: list[bytes] = []

        async def send_compressed(message: Any) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                if field(message["headers"], b"content-length") is None:
                    await send(message)
                else:
                    start = message
                return
            if start is None:
                await send(message)
                return
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
                headers, body = compressed(start["status"], headers, b"".join(parts), accepted=accepted)
                await send({**start, "headers": encoded(headers)})
                await send({"type": "http.response.body", "body": body, "more_body": False})

        await self._app(scope, receive, send_compressed)


class WsgiCompression:
    """Compresses the answers of a WSGI application that have a length; streams pass as they are."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request; HEAD is answered like GET, because the length is that of the compressed body."""
        accepted = accepts_gzip(environ.get("HTTP_ACCEPT_ENCODING"))
        method = environ["REQUEST_METHOD"]
        if method == "HEAD":
            environ["REQUEST_METHOD"] = "GET"
        started: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            if all(name.lower() != "content-length" for name, _value in headers):
                return start_response(status, headers, exc_info)
            started[:] = [status, headers, exc_info]
            return _unwritten

        try:
            answer = self._app(environ, start)
        finally:
            environ["REQUEST_METHOD"] = method
        if not started:
            return answer
        status, headers, exc_info = started
        headers, body = compressed(int(status[:3]), headers, _whole(answer), accepted=accepted)
        start_response(status, headers, exc_info)
        return [] if method == "HEAD" else [body]


def _whole(answer: Iterable[bytes]) -> bytes:
    try:
        return b"".join(answer)
    finally:
        close = getattr(answer, "close", None)
        if close:
            close()


def _unwritten(_body: bytes) -> object:
    raise RuntimeError("no framework here writes its answer instead of returning it")
