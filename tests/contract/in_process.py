"""The applications called without a server of their own: one request in, one answer out."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote, unquote_to_bytes

from aiohttp import web

from stackduel_servers.apps import (
    aiohttp_app,
    asgi_app,
    django_app,
    django_async,
    fastapi_app,
    fastapi_blocking,
    fastapi_eventsource,
    fastapi_idiomatic,
    fastapi_sse,
    fastapi_threadpool,
    flask_app,
    flask_fanout,
    litestar_app,
    quart_app,
    starlette_app,
)
from stackduel_servers.core.wsgi import WsgiEdge

MODULES = (
    *(flask_app, flask_fanout, quart_app, django_app, django_async, litestar_app, aiohttp_app),
    *(fastapi_app, fastapi_threadpool, fastapi_blocking, fastapi_idiomatic, starlette_app),
    *(fastapi_eventsource, fastapi_sse, asgi_app),
)


@dataclass(frozen=True, slots=True)
class Called:
    """The answer of an application."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


Headers = tuple[tuple[str, str], ...]


class Call(Protocol):
    """Sends one request to an application."""

    def __call__(self, method: str, target: str, headers: Headers = (), body: bytes = b"", /) -> Called:
        """Return its answer."""
        ...


@contextmanager
def applications() -> Iterator[Mapping[str, Call]]:
    """Every application by its module's name, each to be called with a method and a target."""
    with asyncio.Runner() as runner:
        served = listening(aiohttp_app.app)
        port = runner.run(served.__aenter__())
        yield {module.__name__.rpartition(".")[2]: _caller(module.app, runner, port) for module in MODULES}
        runner.run(served.__aexit__(None, None, None))


def _caller(app: Any, runner: asyncio.Runner, port: int) -> Call:
    if app is aiohttp_app.app:
        return lambda method, target, *sent: runner.run(call_listening(port, method, target, *sent))
    if hasattr(app, "wsgi_app") or isinstance(app, WsgiEdge):
        return lambda method, target, *sent: call_wsgi(app, method, target, *sent)
    return lambda method, target, *sent: runner.run(call_asgi(app, method, target, *sent))


def call_wsgi(app: Any, method: str, target: str, fields: Headers = (), content: bytes = b"") -> Called:
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
        "wsgi.input": io.BytesIO(content),
        "wsgi.errors": io.StringIO(),
        **{name.upper().replace("-", "_"): value for name, value in fields},
    }
    body = b"".join(app(environ, start_response))
    return Called(started[0], started[1], body)


async def call_asgi(
    app: Callable[..., Awaitable[None]], method: str, target: str, fields: Headers = (), content: bytes = b""
) -> Called:
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
        "headers": [(b"host", b"stackduel.test"), *((name.lower().encode(), value.encode()) for name, value in fields)],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 80),
    }
    requests = iter([{"type": "http.request", "body": content, "more_body": False}])
    sent: list[Any] = []
    answered = asyncio.Event()

    async def receive() -> Any:
        if (message := next(requests, None)) is not None:
            return message
        await answered.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(dict(message))
        if message["type"] == "http.response.body" and not message.get("more_body"):
            answered.set()

    await app(scope, receive, send)
    headers = tuple((name.decode(), value.decode()) for name, value in sent[0]["headers"])
    return Called(sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]))


@asynccontextmanager
async def listening(make: Callable[[], Awaitable[web.AppRunner]]) -> AsyncIterator[int]:
    """The port of an aiohttp application, which has no interface to a server: it is always its own."""
    runner = await make()
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def call_listening(port: int, method: str, target: str, fields: Headers = (), content: bytes = b"") -> Called:
    """Ask an application that listens on this port."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = [("Host", "stackduel.test"), ("Connection", "close"), *fields]
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in head), "", ""]
    writer.write("\r\n".join(lines).encode() + content)
    answered, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    status, *others = answered.decode().split("\r\n")
    headers = tuple((name, value) for name, _, value in (field.partition(": ") for field in others))
    return Called(int(status.split(" ")[1]), headers, body)
