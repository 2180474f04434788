"""One aiohttp client, with a connection and cookies of its own: what sends a scheduled request."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import aiohttp.connector
from aiohttp.http_exceptions import LineTooLong
from yarl import URL

from stackduel.load.clock import clock
from stackduel.load.drivers.connection import MAX_BODY_BYTES, MAX_HEAD_BYTES
from stackduel.load.drivers.connection_pool import OWN_LIMITS
from stackduel.load.drivers.request import PreparedRequest
from stackduel.load.drivers.request_head import request_headers
from stackduel.load.drivers.scheduled_connection import RecordRequest, ScheduledRequest
from stackduel.load.drivers.user import User
from stackduel.load.job import Job
from stackduel.load.recording.server_timing import add_timing_header
from stackduel.model.measurement import FailedAnswer, Outcome
from stackduel.model.suite import Workload
from stackduel.model.target import USUAL_TRUST, Address, Trust

# What aiohttp would add by itself: the request is the same as the raw client's.
_OWN_HEADERS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
_IDLE_WITHIN_S = 3600.0


class AiohttpUser(User):
    """Keeps a connection and cookies of its own.

    The first byte of an answer is recorded when its head is complete: aiohttp shows no earlier moment.
    """

    def __init__(self, job: Job, record: RecordRequest) -> None:
        super().__init__(job, record)
        self._connector = _kept_connector(job.address, self)
        self._session = aiohttp.ClientSession(**session_arguments(self._connector), middlewares=(_without_retries,))

    async def close(self) -> None:
        """Close the connection; a request in flight is not recorded."""
        self._connector.abort()
        await self._session.close()

    def _abort(self) -> None:
        self._connector.abort()

    async def _request(self, scheduled: ScheduledRequest) -> Outcome:
        """Send a request; once more if the server had closed the kept connection, which was idle for long."""
        rested = self.sent_s - self._idle_since_s >= self._job.resend_idle_s
        outcome = await self._exchange(scheduled)
        if outcome is Outcome.DROPPED and rested and scheduled.call.idempotent and self.scheduled is not None:
            self.resent += 1
            outcome = await self._exchange(scheduled)
        if outcome is Outcome.TIMEOUT:
            self._connector.abort()
        return outcome

    async def _exchange(self, scheduled: ScheduledRequest) -> Outcome:
        try:
            return await self._answer(scheduled, self.sent_s)
        except _LostError:
            return Outcome.DROPPED if self._connector.reused else Outcome.RESET
        except (aiohttp.ClientError, OSError) as error:
            if isinstance(error, aiohttp.ClientConnectorError) and error.os_error.errno in OWN_LIMITS:
                raise error.os_error from error
            return outcome_of(error)

    async def _answer(self, scheduled: ScheduledRequest, sent_s: float) -> Outcome:
        job, workload = self._job, self._job.calls[scheduled.call.number].workload
        async with self._session.request(
            **request_arguments(job.address, workload),
            timeout=aiohttp.ClientTimeout(total=max(sent_s + job.timeout_s - clock(), 0.001)),
        ) as response:
            self._first_s = clock()
            if job.load.server_timing:
                for name, value in response.raw_headers:
                    self._timings = add_timing_header(self._timings, name, value)
            outcome, beginning = await _judged(response, scheduled.call)
            if outcome is not Outcome.OK and self.failed_answer is None:
                self.failed_answer = _sample(response.status, beginning, scheduled.call)
            return outcome


def connector_to(address: Address) -> aiohttp.BaseConnector:
    """Return what opens one connection to an address, over TCP or a unix socket."""
    return aiohttp.UnixConnector(address.socket, limit=1) if address.socket else aiohttp.TCPConnector(limit=1)


@lru_cache(maxsize=64)
def tls_context(trust: Trust) -> ssl.SSLContext | bool:
    """Return whose certificates are believed, as aiohttp takes it: True for those that the system believes.

    Raises ssl.SSLError where the authorities are no certificates.
    """
    if trust == USUAL_TRUST:
        return True
    context = ssl.create_default_context(cadata=trust.authorities or None)
    if not trust.verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def session_arguments(connector: aiohttp.BaseConnector) -> dict[str, Any]:
    """Return what a session is made with: a client that adds nothing to a request and takes nothing from an answer."""
    return {
        "connector": connector,
        "cookie_jar": aiohttp.CookieJar(unsafe=True),
        "auto_decompress": False,
        "max_line_size": MAX_HEAD_BYTES,
        "max_field_size": MAX_HEAD_BYTES,
        "skip_auto_headers": _OWN_HEADERS,
    }


def request_arguments(address: Address, workload: Workload) -> dict[str, Any]:
    """Return a workload as aiohttp sends it; over TLS the server must be who the Host header says."""
    return {
        "method": workload.method,
        "url": URL(address.base + workload.target, encoded=True),
        "headers": [each for each in request_headers(address, workload) if each[0] != "Content-Length"],
        # As a file, or aiohttp would warn of bodies above a megabyte.
        "data": BytesIO(workload.body) if workload.body else None,
        "allow_redirects": False,
        "server_hostname": _named(address) if address.tls and address.authority else None,
        "ssl": tls_context(address.trust),
    }


def outcome_of(error: Exception) -> Outcome:
    """Return what a request counts as that ended in this error."""
    if isinstance(error, TimeoutError):
        return Outcome.TIMEOUT
    if isinstance(error, aiohttp.ClientConnectorError):
        return Outcome.REFUSED
    if isinstance(error, aiohttp.ClientResponseError):
        too_large = any(isinstance(cause, LineTooLong) for cause in _causes(error))
        return Outcome.TOO_LARGE if too_large else Outcome.PROTOCOL
    return Outcome.TRUNCATED


def _named(address: Address) -> str | None:
    """Return the name in the Host header, without its port."""
    return urlsplit(f"//{address.authority}").hostname


async def _judged(response: aiohttp.ClientResponse, call: PreparedRequest) -> tuple[Outcome, bytes]:
    """How an answer ended its request, read to its end, and the beginning of its body."""
    expectation, matcher, kept = call.expectation, call.matcher, list[bytes]()
    length, same, beginning = 0, True, b""
    async for piece in response.content.iter_any():
        beginning = beginning or piece
        if same and expectation.body is not None and not expectation.body.startswith(piece, length):
            same, beginning = False, expectation.body[:length] + piece  # what came before was the same
        length += len(piece)
        if length > MAX_BODY_BYTES:
            response.close()
            return Outcome.TOO_LARGE, beginning
        if matcher is not None:
            kept.append(piece)
    if matcher is not None and response.status == expectation.status:
        same = (same and length == len(expectation.body or b"")) or matcher.agrees(b"".join(kept))
    return expectation.judge(status=response.status, length=length, same=same), b"".join(kept) or beginning


def _sample(status: int, beginning: bytes, call: PreparedRequest) -> FailedAnswer:
    return FailedAnswer(status, beginning[: FailedAnswer.MOST_BYTES], call.number)


class _KeptConnector(aiohttp.BaseConnector):
    """Holds one connection, and tells a kept one from a new one (a trace would cost each request a quarter more)."""

    reused = False
    user: AiohttpUser
    _transport: asyncio.Transport | None = None

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
        self.user.made += not self.reused
        return connection

    def abort(self) -> None:
        """Close the connection, also where the server does not take what was written to it."""
        if self._transport is not None:
            self._transport.abort()


class _TcpConnector(_KeptConnector, aiohttp.TCPConnector):
    """Connects to a host and a port."""


class _UnixConnector(_KeptConnector, aiohttp.UnixConnector):
    """Connects to a unix socket."""


def _kept_connector(address: Address, user: AiohttpUser) -> _KeptConnector:
    connector: _KeptConnector
    if address.socket:
        connector = _UnixConnector(address.socket, limit=1, keepalive_timeout=_IDLE_WITHIN_S)
    else:
        connector = _TcpConnector(limit=1, keepalive_timeout=_IDLE_WITHIN_S)
    connector.user = user
    return connector


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
