"""A server that answers every request with "here", over TLS on a port or in plain on a unix socket.

``python transport_server.py PORT CERTIFICATE KEY`` or ``python transport_server.py PATH``
"""

from __future__ import annotations

import asyncio
import ssl
import sys

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere"


async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer each request of a connection."""
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(ANSWER)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main(where: str, files: list[str]) -> None:
    """Serve until the process ends."""
    if files:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(*files)
        server = await asyncio.start_server(visit, "127.0.0.1", int(where), ssl=tls)
    else:
        server = await asyncio.start_unix_server(visit, where)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
