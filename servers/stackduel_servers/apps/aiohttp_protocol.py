"""aiohttp's protocol, which also tells the reader of a body that a later part of it is invalid.

When a chunk is invalid after a request's head was handed over, aiohttp 3.14 forgets the body, and its reader waits for
ever. No public name reaches it, so this uses private ones of the pinned version; the contract's uploads test them.
"""

from __future__ import annotations

from aiohttp import web
from aiohttp.web_protocol import RequestHandler, _ErrInfo


class TellingServer(web.Server):
    """A server whose connections speak ``TellingProtocol``."""

    def __call__(self) -> RequestHandler:
        """Return the protocol of a new connection."""
        return TellingProtocol(self, loop=self._loop, **self._kwargs)


class TellingProtocol(RequestHandler):
    """Raises RequestPayloadError where a body is read whose later part is invalid."""

    __slots__ = ()

    def data_received(self, data: bytes) -> None:
        """Take what the client sent; an invalid rest belongs to the body of the request before it."""
        super().data_received(data)
        if not self._messages or not isinstance(self._messages[-1][0], _ErrInfo):
            return
        request = self._current_request
        bodies = [body for message, body in self._messages if not isinstance(message, _ErrInfo)]
        body = bodies[-1] if bodies else request.content if request else None
        if body is not None and not body.is_eof():
            body.set_exception(web.RequestPayloadError(self._messages[-1][0].message))


def telling(server: web.Server) -> TellingServer:
    """Return a server with the same settings whose connections speak ``TellingProtocol``."""
    return TellingServer(
        server.request_handler,
        request_factory=server.request_factory,
        handler_cancellation=server.handler_cancellation,
        **server._kwargs,  # noqa: SLF001 - no other name has them
    )
