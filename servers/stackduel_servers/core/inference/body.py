"""Reading the whole body of a request, unless it is over the limit."""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping
from typing import Any

from stackduel_servers.core.errors import too_large, unreadable
from stackduel_servers.core.limits import limits

READ_BYTES = 1_048_576


def read_wsgi(environ: Mapping[str, Any]) -> bytes:
    """Read the body of a WSGI request; raises HttpError 413, and 400 if the client left or its chunks are invalid."""
    length = environ.get("CONTENT_LENGTH")
    if not length:
        return _read_chunked(environ)
    if int(length) > limits().body_bytes:
        raise too_large()
    return _read(environ, int(length))


def _read_chunked(environ: Mapping[str, Any]) -> bytes:
    if not environ.get("wsgi.input_terminated"):
        return b""
    chunks, count, most = [], 0, limits().body_bytes
    while chunk := _read(environ, READ_BYTES):
        chunks.append(chunk)
        count += len(chunk)
        if count > most:
            raise too_large()
    return b"".join(chunks)


def _read(environ: Mapping[str, Any], size: int) -> bytes:
    # Each server has errors of its own here, and all of them are the client's.
    try:
        body: bytes = environ["wsgi.input"].read(size)
    except Exception as error:
        raise unreadable() from error
    return body


async def read_asgi(stream: AsyncIterable[bytes]) -> bytes:
    """Read the body of an ASGI request; raises HttpError 413."""
    chunks, count, most = [], 0, limits().body_bytes
    async for chunk in stream:
        chunks.append(chunk)
        count += len(chunk)
        if count > most:
            raise too_large()
    return b"".join(chunks)
