"""The end of an ASGI answer on Granian, which sees it earlier than other servers do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

NAME = "granian"


def ending_at_length(
    send: Callable[[Any], Awaitable[None]],
) -> Callable[[Any], Awaitable[None]]:
    """Return a ``send`` that ends an answer with the last byte of its Content-Length, and drops what follows.

    Granian has then sent the answer. While it waits for the announced end, it may reset the connection of a client that
    still sends its body; after the end it can be drained.
    """
    unsent: int | None = None
    ended = False

    async def send_on(message: Any) -> None:
        nonlocal unsent, ended
        if message["type"] == "http.response.start":
            unsent = next((int(value) for name, value in message["headers"] if name.lower() == b"content-length"), None)
        elif unsent is not None:
            if ended:
                return
            unsent -= len(message.get("body", b""))
            ended = unsent <= 0 or not message.get("more_body")
            message = {**message, "more_body": not ended}
        await send(message)

    return send_on
