"""A server that answers one visitor rightly, and fails under load: all requests, every second one, or none.

``python failing_server.py PORT all|half|none``
"""

from __future__ import annotations

import asyncio
import sys
from itertools import count

RIGHT = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nright"
WRONG = b"HTTP/1.1 500 No\r\nContent-Length: 14\r\n\r\npool exhausted"
# What a right answer takes, except on the server that fails every second request: that one answers all at once.
WORK_S = 0.05


class Server:
    """Counts its visitors: one alone is a check, several are a load."""

    def __init__(self, fails: str) -> None:
        self._fails = fails
        self._visitors = 0
        self._numbers = count()

    async def visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer each request of a connection."""
        self._visitors += 1
        try:
            while (await reader.readuntil(b"\r\n\r\n")) and not writer.is_closing():
                wrong = self._visitors > 1 and self._is_wrong()
                if not wrong and self._fails != "half":
                    await asyncio.sleep(WORK_S)
                writer.write(WRONG if wrong else RIGHT)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._visitors -= 1
            writer.close()

    def _is_wrong(self) -> bool:
        return self._fails == "all" or (self._fails == "half" and next(self._numbers) % 2 == 1)


async def main(port: int, fails: str) -> None:
    """Serve until the process ends."""
    server = await asyncio.start_server(Server(fails).visit, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
