"""The applications called without a server: one request in, one answer out."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from stackduel_servers.apps import (
    fastapi_app,
    fastapi_blocking,
    fastapi_idiomatic,
    fastapi_threadpool,
    flask_app,
    flask_fanout,
    quart_app,
    starlette_app,
)

MODULES = (
    *(flask_app, flask_fanout, quart_app),
    *(fastapi_app, fastapi_threadpool, fastapi_blocking, fastapi_idiomatic, starlette_app),
)


@dataclass(frozen=True, slots=True)
class Called:
    """What an application answered."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


Call = Callable[[str, str], Called]


@contextmanager
def applications() -> Iterator[Mapping[str, Call]]:
    """Every application by its module's name, each to be called with a method and a target."""
    with asyncio.Runner() as runner:
        yield {module.__name__.rpartition(".")[2]: _caller(module.app, runner) for module in MODULES}


def _caller(app: Any, runner: asyncio.Runner) -> Call:
    if hasattr(app, "wsgi_app"):
        return lambda method, target: call_wsgi(app, method, target)
    return lambda method, target: runner.run(call_asgi(app, method, target))


def call_wsgi(app: Any, method: str, target: str) -> Called:
    """Call a WSGI application as Gunicorn would."""
    path, _, query = target.partition("?")
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
        started[:] = [int(status.split(" ", maxsplit=1)[0]), tuple(headers)]

    environ = {
        "REQUEST_METHOD": method,
        "RAW_URI": target,
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "SCRIPT_NAME": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "stackduel.test",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
    }
    body = b"".join(app(environ, start_response))
    return Called(started[0], started[1], body)


async def call_asgi(app: Callable[..., Awaitable[None]], method: str, target: str) -> Called:
    """Call an ASGI application as Uvicorn would."""
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"stackduel.test")],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 80),
    }
    requests = iter([{"type": "http.request", "body": b"", "more_body": False}])
    sent: list[Any] = []

    async def receive() -> Any:
        if (message := next(requests, None)) is not None:
            return message
        return await asyncio.get_running_loop().create_future()

    async def send(message: Any) -> None:
        sent.append(dict(message))

    await app(scope, receive, send)
    headers = tuple((name.decode(), value.decode()) for name, value in sent[0]["headers"])
    return Called(sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]))
