"""Raw connections to one address: how they are opened and left, and the timeouts of all in one sweep."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from math import inf
from typing import Generic, Self, TypeVar

from stackduel.load.clock import clock
from stackduel.load.drivers.background_tasks import Tasks
from stackduel.load.drivers.connection import Connection
from stackduel.load.drivers.port_reuse import can_close_first
from stackduel.load.drivers.request import prepare
from stackduel.load.job import Job, choose_driver
from stackduel.load.recording.recorder import Recorder
from stackduel.model.measurement import FailedAnswer, Outcome

SWEEP_EVERY_S = 0.1
LEAVE_WITHIN_S = 1.0

# Limits of the generator, not refusals of the server: no measurement can come of them.
OWN_LIMITS = frozenset({errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.ENOMEM})

AnyConnection = TypeVar("AnyConnection", bound=Connection)


class ConnectionPool(ABC, Generic[AnyConnection]):
    """The connections of one client; a subclass says what each does when it has nothing to do.

    A server that closes a connection after its answer may wait until the client has, too, and do nothing else meanwhile
    (Gunicorn's sync workers). So the client says at once that nothing more comes, if it ``closes_first``. But the
    side that does keeps the port for a minute: where that matters, a client would soon have none left, and waits for
    the server.

    Raises ValueError for a job that only the other driver can carry out.
    """

    def __init__(self, job: Job, recorder: Recorder) -> None:
        driver, why = choose_driver(job.address, [call.workload for call in job.calls])
        if driver != job.driver:
            raise ValueError(f"the {job.driver} driver cannot send this: {why}")
        self.calls = prepare(job)
        self.request = self.calls[0].request
        self.expectation = self.calls[0].expectation
        self.matcher = self.calls[0].matcher
        self.recorder = recorder
        self.permits: Iterator[object] = iter(())
        self.resent = 0
        self.resend_idle_s = job.resend_idle_s
        self._timeout_s = job.timeout_s
        self._endpoint = (job.address.host, job.address.port)
        self._socket = job.address.socket
        self.closes_first = False
        self._made = 0
        self._connections: set[AnyConnection] = set()
        self._leaving: deque[tuple[float, AnyConnection]] = deque()
        self._all_closed = asyncio.Event()
        self._tasks = Tasks()

    async def __aenter__(self) -> Self:
        if not self._socket:
            self._endpoint = await _reachable(*self._endpoint, within_s=self._timeout_s)
            self.closes_first = can_close_first(self._endpoint[0])
        self._tasks.spawn(self._sweep())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._tasks.cancel()
        for connection in list(self._connections):
            connection.abandon()
            if not connection.established:
                self.forget(connection)
        if self._connections:
            self._all_closed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVE_WITHIN_S):
                    await self._all_closed.wait()

    @property
    def failed_answer(self) -> FailedAnswer | None:
        """An answer of those that were not right; None if none came."""
        return self.recorder.failed_answer

    @abstractmethod
    def park(self, connection: AnyConnection) -> None:
        """Find something to do for an idle connection, or keep it until there is."""

    @abstractmethod
    def replace(self, connection: AnyConnection) -> None:
        """Go on without this connection, which can carry no further request."""

    @abstractmethod
    def resend(self, connection: AnyConnection) -> bool:
        """Send a connection's request again on a new one, unless doing it twice might not be the same as once."""

    def in_flight_since(self) -> list[float]:
        """The moments at which the requests were sent that are still unanswered."""
        return [each.sent_s for each in self._connections if each.sent_s < inf]

    def made(self) -> None:
        """Count a connection that was established."""
        self._made += 1

    def leave(self, connection: AnyConnection) -> None:
        """Go on with a new connection, and let the server close the old one."""
        self._leaving.append((clock(), connection))
        self.replace(connection)

    def forget(self, connection: AnyConnection) -> None:
        """Take note that a connection is closed."""
        self._connections.discard(connection)
        if not self._connections:
            self._all_closed.set()

    def _keep(self, connection: AnyConnection) -> AnyConnection:
        """Count a connection that is yet to be opened among this client's."""
        self._connections.add(connection)
        return connection

    async def _establish(self, connection: AnyConnection) -> bool:
        """Open a connection; False if it was refused, and with it the request that it was for.

        Raises OSError where the refusal is one of this machine.
        """
        left_s = self._timeout_s - max(0.0, clock() - connection.sent_s)
        try:
            async with asyncio.timeout(left_s):
                await self._connect(connection)
        except OSError as error:
            if error.errno in OWN_LIMITS:
                raise
            if not connection.made and connection.sent_s < inf:
                outcome = Outcome.TIMEOUT if isinstance(error, TimeoutError) else Outcome.REFUSED
                connection.record(outcome, connection.sent_s, clock())
            # Made and yet too late: its close settles the request, and what comes after it.
            return connection.made
        finally:
            if not connection.established:
                self.forget(connection)
        return True

    async def _connect(self, connection: AnyConnection) -> None:
        loop = asyncio.get_running_loop()
        if self._socket:
            await loop.create_unix_connection(lambda: connection, self._socket)
        else:
            await loop.create_connection(lambda: connection, *self._endpoint)

    async def _sweep(self) -> None:
        """Look for requests that took too long, all at once: a timer for each would cost more than the request."""
        while True:
            await asyncio.sleep(min(SWEEP_EVERY_S, self._timeout_s / 10))
            now_s = clock()
            self._give_up(now_s - self._timeout_s)
            while self._leaving and self._leaving[0][0] < now_s - LEAVE_WITHIN_S:
                self._leaving.popleft()[1].abandon()

    def _give_up(self, latest_s: float) -> None:
        """Give up the requests that were sent before then."""
        for connection in [each for each in self._connections if each.sent_s < latest_s]:
            if connection.established:
                connection.fail(Outcome.TIMEOUT)


async def _reachable(host: str, port: int, *, within_s: float) -> tuple[str, int]:
    """The first of a host's addresses on which somebody listens, as text; the first of all if nobody does.

    Raises OSError where the name is not known.
    """
    loop = asyncio.get_running_loop()
    infos = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys((str(info[4][0]), port) for info in infos))
    if len(addresses) > 1:
        for address in addresses:
            try:
                async with asyncio.timeout(within_s):
                    transport, _ = await loop.create_connection(asyncio.Protocol, *address)
            except OSError:
                continue
            transport.close()
            return address
    return addresses[0]
