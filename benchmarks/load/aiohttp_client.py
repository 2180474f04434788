"""The aiohttp driver: a full client, for TLS, cookies and whatever else the raw one does not speak."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from io import BytesIO
from math import inf
from typing import Any, Self

import aiohttp
import aiohttp.connector
from aiohttp.http_exceptions import LineTooLong
from yarl import URL

from benchmarks.load.client import FIRST_PAUSE_S
from benchmarks.load.clock import clock, until
from benchmarks.load.connection import MAX_BODY_BYTES, MAX_HEAD_BYTES
from benchmarks.load.job import Job
from benchmarks.load.pool import OWN_LIMITS
from benchmarks.load.recorder import Recorder
from benchmarks.load.request import IDEMPOTENT, request_headers
from benchmarks.load.schedule import LONGEST_PAUSE_S, Share, opening_times
from benchmarks.measurement import Outcome

# What aiohttp would add by itself: the request is the same as the raw client's.
_OWN_HEADERS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
_IDLE_WITHIN_S = 3600.0


class AiohttpClient:
    """The clients of one shard; the contract is that of ``benchmarks.load.contract.Client``."""

    def __init__(self, job: Job, share: Share, recorder: Recorder) -> None:
        self.resent = 0
        self.made = 0
        self._job = job
        self._share = share
        self._recorder = recorder
        self._tickets: Iterator[object] = iter(())
        self._admitted = asyncio.Event()
        self._idle = asyncio.Event()
        self._parked = 0
        self._users: list[_User] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def reconnects(self) -> int:
        """How many connections were opened beyond the first of each."""
        return max(0, self.made - self._share.load.connections)

    async def open(self) -> None:
        """Start the clients at the share's times; each opens its connection for its first request."""
        now_s = clock()
        for moment_s in opening_times(self._share):
            await until(now_s + moment_s)
            user = _User(self, self._job, self._recorder)
            task = asyncio.get_running_loop().create_task(user.work())
            task.add_done_callback(_report)
            self._users.append(user)
            self._tasks.append(task)
        await asyncio.sleep(0)

    def admit(self, tickets: Iterator[object]) -> None:
        """Take these tickets from now on; clients that are idle begin at once."""
        self._tickets = tickets
        self._idle.clear()
        self._parked = 0
        self._admitted.set()
        self._admitted = asyncio.Event()

    async def ticket(self) -> None:
        """Return once there is a ticket, with it taken."""
        while not next(self._tickets, None):
            self._parked += 1
            if self._parked == self._share.load.connections:
                self._idle.set()
            await self._admitted.wait()

    async def idle(self) -> None:
        """Return when the tickets are used up and nothing is in flight."""
        await self._idle.wait()

    def in_flight_since(self) -> list[float]:
        """The moments at which the requests were sent that are still unanswered."""
        return [user.sent_s for user in self._users if user.sent_s < inf]


class _User:
    """One client, with a connection and cookies of its own.

    ``sent_s`` is the moment from which the request in flight counts, infinite when there is none.
    """

    def __init__(self, home: AiohttpClient, job: Job, recorder: Recorder) -> None:
        self.sent_s = inf
        self._home = home
        self._job = job
        self._recorder = recorder
        self._note_sent, self._note_done = recorder.appends
        self._connector = _Connector(home)
        self._pause_s = FIRST_PAUSE_S

    async def work(self) -> None:
        """Send one request after another, until cancelled."""
        async with self._session() as session:
            try:
                while True:
                    await self._home.ticket()
                    await self._send(session)
            finally:
                self._connector.abort()

    async def _send(self, session: aiohttp.ClientSession) -> None:
        """Send a request and record what became of it; after a refusal wait, longer each time."""
        self.sent_s = clock()
        outcome = await self._request(session)
        sent_s, self.sent_s = self.sent_s, inf
        if outcome is Outcome.OK:
            self._note_sent(sent_s)
            self._note_done(clock())
        else:
            self._recorder.fail(outcome, sent_s, clock())
        if outcome is Outcome.REFUSED:
            await asyncio.sleep(self._pause_s)
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
        else:
            self._pause_s = FIRST_PAUSE_S

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=self._connector,
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            auto_decompress=False,
            max_line_size=MAX_HEAD_BYTES,
            max_field_size=MAX_HEAD_BYTES,
            skip_auto_headers=_OWN_HEADERS,
            middlewares=(_without_retries,),
        )

    async def _request(self, session: aiohttp.ClientSession) -> Outcome:
        """Send a request; once more if the server had closed the connection that was kept."""
        outcome = await self._exchange(session)
        if outcome is Outcome.RESET and self._connector.reused and self._job.calls[0].workload.method in IDEMPOTENT:
            self._home.resent += 1
            outcome = await self._exchange(session)
        if outcome is Outcome.TIMEOUT:
            self._connector.abort()
        return outcome

    async def _exchange(self, session: aiohttp.ClientSession) -> Outcome:
        try:
            return await self._answer(session)
        except TimeoutError:
            return Outcome.TIMEOUT
        except aiohttp.ClientConnectorError as error:
            if error.os_error.errno in OWN_LIMITS:
                raise error.os_error from error
            return Outcome.REFUSED
        except _LostError:
            return Outcome.RESET
        except aiohttp.ClientResponseError as error:
            too_large = any(isinstance(cause, LineTooLong) for cause in _causes(error))
            return Outcome.TOO_LARGE if too_large else Outcome.PROTOCOL
        except (aiohttp.ClientError, OSError):
            return Outcome.TRUNCATED

    async def _answer(self, session: aiohttp.ClientSession) -> Outcome:
        job, call = self._job, self._job.calls[0]
        workload, expected = call.workload, call.expectation.body
        length, same = 0, True
        async with session.request(
            workload.method,
            URL(job.address.url + workload.target, encoded=True),
            headers=[each for each in request_headers(job.address, workload) if each[0] != "Content-Length"],
            # As a file, or aiohttp would warn of bodies above a megabyte.
            data=BytesIO(workload.body) if workload.body else None,
            timeout=aiohttp.ClientTimeout(total=max(self.sent_s + job.timeout_s - clock(), 0.001)),
            allow_redirects=False,
        ) as response:
            async for piece in response.content.iter_any():
                same = same and (expected is None or expected.startswith(piece, length))
                length += len(piece)
                if length > MAX_BODY_BYTES:
                    response.close()
                    return Outcome.TOO_LARGE
            return call.expectation.judge(status=response.status, length=length, same=same)


class _Connector(aiohttp.TCPConnector):
    """Holds one connection, and tells a kept one from a new one (a trace would cost each request a quarter more)."""

    def __init__(self, home: AiohttpClient) -> None:
        super().__init__(limit=1, keepalive_timeout=_IDLE_WITHIN_S)
        self.reused = False
        self._home = home
        self._transport: asyncio.Transport | None = None

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Any],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  (its base has it)
    ) -> aiohttp.connector.Connection:
        """The kept connection, or a new one."""
        connection = await super().connect(req, traces, timeout)
        self.reused = connection.transport is self._transport
        self._transport = connection.transport
        self._home.made += not self.reused
        return connection

    def abort(self) -> None:
        """Close the connection, also where the server does not take what was written to it."""
        if self._transport is not None:
            self._transport.abort()


class _LostError(Exception):
    """The connection was lost before an answer came."""


async def _without_retries(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending a request again without a word, by an error that it does not know."""
    try:
        return await handler(request)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise
    except aiohttp.ClientConnectionError as error:
        raise _LostError from error


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause = error.__cause__
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        context = {"message": "the client cannot go on", "exception": error, "task": task}
        asyncio.get_running_loop().call_exception_handler(context)
