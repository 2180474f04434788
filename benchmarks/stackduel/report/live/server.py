"""Serves the live page from a thread of the runner's process, on its core: a few messages a second, on 127.0.0.1."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web
from aiohttp.typedefs import Handler

from stackduel.process.cores import kept_on
from stackduel.report.live.board import Board, Texts

HOST = "127.0.0.1"
INTERVAL_S = 0.5
# A silent connection is asked so often whether anybody is still there.
HEARTBEAT_S = 10.0
# How long a page that is open is given to fetch the report before the run's process ends.
LINGER_S = 5.0


class LiveServer:
    """A context manager: serves ``page`` and the board's state as server-sent events, in the end the report.

    ``cores`` are those of the runner: the thread keeps to them. Leaving it waits until every page that is open has the
    report, at most ``LINGER_S``.
    """

    def __init__(self, board: Board, page: str, report: Path, cores: Iterable[int], port: int = 0) -> None:
        self._board = board
        self._page = page
        self._report = report
        self._cores = tuple(cores)
        self._port = port
        self._watching = 0
        self._started = threading.Event()
        self._stop = threading.Event()
        self._failed: OSError | None = None
        self._thread = threading.Thread(target=self._serve, name="live", daemon=True)
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        if self._failed is not None:
            self._thread.join()
            raise self._failed
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _serve(self) -> None:
        with kept_on(self._cores):
            asyncio.run(self._run())

    async def _run(self) -> None:
        app = web.Application(middlewares=[_for_this_machine_only])
        app.add_routes(
            [web.get("/", self._index), web.get("/events", self._events), web.get("/report.html", self._reported)]
        )
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, HOST, self._port)
            await site.start()
            self.url = f"http://{HOST}:{runner.addresses[0][1]}/"
            self._started.set()
            await asyncio.to_thread(self._stop.wait)
            await self._linger()
        except OSError as error:
            self._failed = error
        finally:
            self._started.set()
            await runner.cleanup()

    async def _linger(self) -> None:
        """Wait until the open pages have fetched the report."""
        waited_s = 0.0
        while self._watching and waited_s < LINGER_S:
            await asyncio.sleep(INTERVAL_S / 5)
            waited_s += INTERVAL_S / 5

    async def _index(self, _request: web.Request) -> web.Response:
        return web.Response(text=self._page, content_type="text/html", headers={"Cache-Control": "no-store"})

    async def _reported(self, _request: web.Request) -> web.StreamResponse:
        if not self._board.texts.ended or not self._report.is_file():
            raise web.HTTPNotFound(text="The run has no report yet.")
        text = await asyncio.to_thread(self._report.read_bytes)
        self._watching = max(0, self._watching - 1)
        return web.Response(body=text, content_type="text/html", charset="utf-8")

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Send the whole state, then each change, until the page is closed or the run has ended."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        self._watching += 1
        ended = False
        try:
            ended = await self._follow(response)
        except ConnectionError:
            # The tab was closed.
            pass
        finally:
            # A page that received the end is counted until it has the report.
            self._watching -= not ended
        return response

    async def _follow(self, response: web.StreamResponse) -> bool:
        seen = Texts("", "", 0, 0, ended=False)
        silent_s = 0.0
        while True:
            texts = self._board.texts
            message = _message(texts, seen)
            if message:
                await response.write(message.encode())
                silent_s = 0.0
            elif silent_s >= HEARTBEAT_S:
                await response.write(b": still here\n\n")
                silent_s = 0.0
            seen = texts
            if texts.ended:
                return True
            await asyncio.sleep(INTERVAL_S)
            silent_s += INTERVAL_S


def _message(texts: Texts, seen: Texts) -> str:
    """Return the events since the state last sent; JSON has no line breaks, so each is one line."""
    message = ""
    if texts.trials_number != seen.trials_number:
        message += f"event: trials\ndata: {texts.trials}\n\n"
    if texts.now_number != seen.now_number:
        message += f"event: now\ndata: {texts.now}\n\n"
    return message


@web.middleware
async def _for_this_machine_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests for another host: a foreign page could otherwise read along under a name of this machine."""
    name = request.host.rpartition(":")[0] or request.host
    if name not in {HOST, "localhost"}:
        raise web.HTTPForbidden(text="Only 127.0.0.1 is served.")
    return await handler(request)
