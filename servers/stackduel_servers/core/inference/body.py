"""Reading the whole body of a request, unless it is over the limit."""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping
from typing import Any

from stackduel_servers.core.errors import MOST_BODY_BYTES, too_large

READ_BYTES = 1_048_576


def read_wsgi(environ: Mapping[str, Any]) -> bytes:
    """Read the body of a WSGI request; raises HttpError 413."""
    length = environ.get("CONTENT_LENGTH")
    if not length:
        return _read_chunked(environ)
    if int(length) > MOST_BODY_BYTES:
        raise too_large()
    body: bytes = environ["wsgi.input"].read(int(length))
    return body


def _read_chunked(environ: Mapping[str, Any]) -> bytes:
    if not environ.get("wsgi.input_terminated"):
        return b""
    chunks, count = [], 0
    while chunk := environ["wsgi.input"].read(READ_BYTES):
        chunks.append(chunk)
        count += len(chunk)
        if count > MOST_BODY_BYTES:
            raise too_large()
    return b"".join(chunks)


async def read_asgi(stream: AsyncIterable[bytes]) -> bytes:
    """Read the body of an ASGI request; raises HttpError 413."""
    chunks, count = [], 0
    async for chunk in stream:
        chunks.append(chunk)
        count += len(chunk)
        if count > MOST_BODY_BYTES:
            raise too_large()
    return b"".join(chunks)
