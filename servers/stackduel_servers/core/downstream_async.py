"""Calls to the IO backend that suspend their task, all at once, over pooled connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from aiohttp import ClientConnectorError, ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from yarl import URL

from stackduel_servers.core import downstream
from stackduel_servers.core.settings import Settings
from stackduel_servers.core.timing import span

IDLE_CONNECTION_S = 600


class AsyncDownstream:
    """The backend, called the way asynchronous code is usually written: every call at once.

    Enter it inside the running event loop; it keeps one session until it is left. Unless the settings pool, each call
    opens a session, and so a connection, of its own.
    """

    def __init__(self, settings: Settings) -> None:
        self.url = settings.downstream_url
        self.allowance_s = settings.downstream_timeout_s
        self._pools = settings.pools_downstream
        self._session: ClientSession

    async def __aenter__(self) -> Self:
        self._session = _opened()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._session.close()

    async def call(self, delay_s: float, concurrent: int) -> int:
        """Make ``concurrent`` calls of ``delay_s`` at once and return how many succeeded; raises HttpError 502, 504."""
        with span("io"):
            try:
                async with asyncio.TaskGroup() as calls:
                    for _ in range(concurrent):
                        calls.create_task(self._call_once(delay_s))
            except BaseExceptionGroup as failures:
                raise failures.exceptions[0] from None
        return concurrent

    @asynccontextmanager
    async def session(self) -> AsyncIterator[ClientSession]:
        """Enter the session of one call: the one that is kept, or one of the call's own."""
        if self._pools:
            yield self._session
        else:
            async with _opened() as own:
                yield own

    async def _call_once(self, delay_s: float) -> None:
        if self._pools:
            await self._call_over(self._session, delay_s)
        else:
            async with _opened() as own:
                await self._call_over(own, delay_s)

    async def _call_over(self, session: ClientSession, delay_s: float) -> None:
        url = URL(self.url + downstream.target(delay_s), encoded=True)
        # aiohttp would round longer timeouts up to the next second.
        timeout = ClientTimeout(total=delay_s + self.allowance_s, ceil_threshold=3600)
        try:
            async with session.get(url, timeout=timeout, allow_redirects=False) as response:
                await response.read()
        except ClientConnectorError as error:
            raise downstream.unreachable() from error
        except TimeoutError as error:
            raise downstream.too_slow(self.allowance_s) from error
        except (ClientError, OSError, ValueError) as error:
            raise downstream.garbled() from error
        if response.status != 200:
            raise downstream.refused(response.status)


def _opened() -> ClientSession:
    # aiohttp's default of 100 connections would throttle the fan-out.
    connector = TCPConnector(limit=0, keepalive_timeout=IDLE_CONNECTION_S, ttl_dns_cache=300)
    return ClientSession(connector=connector, cookie_jar=DummyCookieJar())
