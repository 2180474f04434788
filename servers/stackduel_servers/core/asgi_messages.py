"""The messages of ASGI that applications without a framework exchange with their server, and the edge with both."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any, TypeAlias

from stackduel_servers.core.answers import Answer

# Each framework and each server has its own types for the mappings that ASGI passes around.
Scope: TypeAlias = Any
Message: TypeAlias = Any
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


async def live(resources: Sequence[AbstractAsyncContextManager[object]], receive: Receive, send: Send) -> None:
    """Serve the lifespan of an application whose resources open and close with it."""
    async with AsyncExitStack() as opened:
        await receive()
        for resource in resources:
            await opened.enter_async_context(resource)
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def disconnected(receive: Receive) -> Message:
    """Return the message that says that the client has left, once it comes."""
    while (message := await receive())["type"] != "http.disconnect":
        pass
    return message


async def send_answer(answer: Answer, send: Send) -> None:
    """Send a whole answer."""
    length = ("Content-Length", str(len(answer.body)))
    await send(start(answer.status, (("Content-Type", answer.content_type), length, *answer.headers)))
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})


def start(status: int, fields: Iterable[tuple[str, str]]) -> dict[str, object]:
    """Return the message that starts an answer."""
    return {"type": "http.response.start", "status": status, "headers": encoded(fields)}


def encoded(fields: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Return the fields of a head as ASGI has them."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in fields]


def field(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> str | None:
    """Return the first of the headers with a name in lower case; None without one."""
    return next((value.decode("latin-1") for name, value in headers if name.lower() == wanted), None)
