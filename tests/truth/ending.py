"""A server whose losses are known: ``python -m tests.truth.ending --port PORT --log FILE drops|drains|recycles``.

``GET /health`` is answered at once, any other path after ``WAIT_S``. On SIGTERM both listen no more; one that ``drops``
ends at once, with all that it has accepted; one that ``drains`` announces the end of each connection in its last
answer, and ends with the last of them. One that ``recycles`` closes a connection without an answer at about every
tenth request, as a worker does that is replaced; it writes each request that it dropped so into the log, by its path.
The first request of a connection is always answered, so that no verification is dropped, which asks on new ones.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

WAIT_S = {"drops": 1.0, "drains": 1.0, "recycles": 0.02}
BODY = b'{"status":"ok"}'
DROPS_EVERY = 10


class EndingServer:
    """Answers until it is asked to end, and then does as its behaviour says."""

    def __init__(self, behaviour: str, log: Path) -> None:
        self._behaviour = behaviour
        self._log = log
        self._since_drop = 0
        self._open = 0
        self._ending, self._answered_all = asyncio.Event(), asyncio.Event()
        self._idle: set[asyncio.StreamWriter] = set()

    async def serve(self, port: int) -> None:
        """Listen until SIGTERM, and answer what was begun by then."""
        server = await asyncio.start_server(self._connection, "127.0.0.1", port)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._ending.set)
        await self._ending.wait()
        server.close()
        if self._behaviour == "drops":
            os._exit(0)
        for writer in self._idle:
            writer.close()
        if self._open:
            await self._answered_all.wait()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = True
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while not self._ending.is_set():
                self._idle.add(writer)
                head = await reader.readuntil(b"\r\n\r\n")
                self._idle.discard(writer)
                self._open += 1
                try:
                    if not await self._answered(head.split(b" ")[1].decode(), writer, first):
                        break
                    first = False
                finally:
                    self._open -= 1
                    if self._ending.is_set() and not self._open:
                        self._answered_all.set()
        self._idle.discard(writer)
        writer.close()

    async def _answered(self, path: str, writer: asyncio.StreamWriter, first: bool) -> bool:
        """Answer one request; return whether the connection goes on."""
        if path != "/health":
            await asyncio.sleep(WAIT_S[self._behaviour])
            self._since_drop += 1
            if self._behaviour == "recycles" and self._since_drop >= DROPS_EVERY and not first:
                self._since_drop = 0
                with self._log.open("a", encoding="ascii") as log:
                    log.write(f"{path}\n")
                return False
        last = b"Connection: close\r\n" if self._ending.is_set() else b""
        writer.write(b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s" % (last, len(BODY), BODY))
        await writer.drain()
        return not last


def main() -> None:
    """Serve as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.truth.ending", description=__doc__)
    parser.add_argument("behaviour", choices=WAIT_S)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", type=Path, required=True)
    given = parser.parse_args()
    asyncio.run(EndingServer(given.behaviour, given.log).serve(given.port))


if __name__ == "__main__":
    main()
