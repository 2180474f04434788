"""One aiohttp client, with a connection and cookies of its own: what sends a scheduled request."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import aiohttp
import aiohttp.connector
from aiohttp.http_exceptions import LineTooLong
from yarl import URL

from stackduel.load.clock import clock
from stackduel.load.drivers.connection import MAX_BODY_BYTES, MAX_HEAD_BYTES
from stackduel.load.drivers.connection_pool import OWN_LIMITS
from stackduel.load.drivers.request import PreparedRequest, request_headers
from stackduel.load.drivers.scheduled_connection import RecordRequest, ScheduledRequest
from stackduel.load.drivers.user import User
from stackduel.load.job import Job
from stackduel.load.recording.server_timing import add_timing_header
from stackduel.model.measurement import Outcome

# What aiohttp would add by itself: the request is the same as the raw client's.
_OWN_HEADERS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
_IDLE_WITHIN_S = 3600.0


class AiohttpUser(User):
    """Keeps a connection and cookies of its own.

    The first byte of an answer is recorded when its head is complete: aiohttp shows no earlier moment.
    """

    def __init__(self, job: Job, record: RecordRequest) -> None:
        super().__init__(job, record)
        self._connector = _Connector(self)
        self._session = aiohttp.ClientSession(
            connector=self._connector,
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            auto_decompress=False,
            max_line_size=MAX_HEAD_BYTES,
            max_field_size=MAX_HEAD_BYTES,
            skip_auto_headers=_OWN_HEADERS,
            middlewares=(_without_retries,),
        )

    async def close(self) -> None:
        """Close the connection; a request in flight is not recorded."""
        self._connector.abort()
        await self._session.close()

    def _abort(self) -> None:
        self._connector.abort()

    async def _request(self, scheduled: ScheduledRequest) -> Outcome:
        """Send a request; once more if the server had closed the connection that was kept."""
        outcome = await self._exchange(scheduled)
        if (
            outcome is Outcome.RESET
            and self._connector.reused
            and scheduled.call.idempotent
            and self.scheduled is not None
        ):
            self.resent += 1
            outcome = await self._exchange(scheduled)
        if outcome is Outcome.TIMEOUT:
            self._connector.abort()
        return outcome

    async def _exchange(self, scheduled: ScheduledRequest) -> Outcome:
        try:
            return await self._answer(scheduled, self.sent_s)
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

    async def _answer(self, scheduled: ScheduledRequest, sent_s: float) -> Outcome:
        job, workload = self._job, self._job.calls[scheduled.call.number].workload
        async with self._session.request(
            workload.method,
            URL(job.address.url + workload.target, encoded=True),
            headers=[each for each in request_headers(job.address, workload) if each[0] != "Content-Length"],
            # As a file, or aiohttp would warn of bodies above a megabyte.
            data=BytesIO(workload.body) if workload.body else None,
            timeout=aiohttp.ClientTimeout(total=max(sent_s + job.timeout_s - clock(), 0.001)),
            allow_redirects=False,
        ) as response:
            self._first_s = clock()
            if job.load.server_timing:
                for name, value in response.raw_headers:
                    self._timings = add_timing_header(self._timings, name, value)
            return await _judged(response, scheduled.call)


async def _judged(response: aiohttp.ClientResponse, call: PreparedRequest) -> Outcome:
    """How an answer ended its request, read to its end."""
    expectation, matcher, kept = call.expectation, call.matcher, list[bytes]()
    length, same = 0, True
    async for piece in response.content.iter_any():
        same = same and (expectation.body is None or expectation.body.startswith(piece, length))
        length += len(piece)
        if length > MAX_BODY_BYTES:
            response.close()
            return Outcome.TOO_LARGE
        if matcher is not None:
            kept.append(piece)
    if matcher is not None and response.status == expectation.status:
        same = (same and length == len(expectation.body or b"")) or matcher.agrees(b"".join(kept))
    return expectation.judge(status=response.status, length=length, same=same)


class _Connector(aiohttp.TCPConnector):
    """Holds one connection, and tells a kept one from a new one (a trace would cost each request a quarter more)."""

    def __init__(self, user: AiohttpUser) -> None:
        super().__init__(limit=1, keepalive_timeout=_IDLE_WITHIN_S)
        self.reused = False
        self._user = user
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
        self._user.made += not self.reused
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
