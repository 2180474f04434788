"""The raw client: many connections, what becomes of them when they fail, and the timeouts of all in one sweep."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections import deque
from collections.abc import Coroutine, Iterator
from math import inf
from typing import Self

from benchmarks.load.clock import clock, until
from benchmarks.load.connection import Connection
from benchmarks.load.job import Job, choose_driver
from benchmarks.load.recorder import Recorder
from benchmarks.load.request import IDEMPOTENT, request_bytes
from benchmarks.load.schedule import LONGEST_PAUSE_S, Share, opening_times
from benchmarks.measurement import Outcome

SWEEP_EVERY_S = 0.1
LEAVE_WITHIN_S = 1.0
FIRST_PAUSE_S = 0.01

# Limits of the generator, not refusals of the server: no measurement can come of them.
OWN_LIMITS = frozenset({errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.ENOMEM})


class RawClient:
    """The clients of one shard; the contract is that of ``benchmarks.load.contract.Client``.

    Raises ValueError for a job that only the other driver can carry out.
    """

    def __init__(self, job: Job, share: Share, recorder: Recorder) -> None:
        driver, why = choose_driver(job.address, [call.workload for call in job.calls])
        if driver != "raw":
            raise ValueError(f"the raw driver cannot send this: {why}")
        call = job.calls[0]
        self.request = request_bytes(job.address, call.workload)
        self.expectation = call.expectation
        self._idempotent = call.workload.method in IDEMPOTENT
        self.recorder = recorder
        self.tickets: Iterator[object] = iter(())
        self.resent = 0
        self._job = job
        self._share = share
        self._endpoint = (job.address.host, job.address.port)
        self._made = 0
        self._connections: set[Connection] = set()
        self._parked: list[Connection | None] = []
        self._leaving: deque[tuple[float, Connection]] = deque()
        self._idle = asyncio.Event()
        self._all_closed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._endpoint = await _reachable(*self._endpoint, within_s=self._job.timeout_s)
        self._spawn(self._sweep())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
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
    def reconnects(self) -> int:
        """How many connections were opened beyond the first of each."""
        return max(0, self._made - self._share.load.connections)

    async def open(self) -> None:
        """Open the connections at the share's times; return when each was tried once."""
        now_s = clock()
        await asyncio.gather(*(self._enter(now_s + moment_s) for moment_s in opening_times(self._share)))

    def admit(self, tickets: Iterator[object]) -> None:
        """Take these tickets from now on; connections that are idle begin at once."""
        self.tickets = tickets
        parked, self._parked = self._parked, []
        self._idle.clear()
        for connection in parked:
            if not next(tickets, None):
                self.park(connection)
            elif connection is not None and connection.established:
                connection.send(clock())
            else:
                self._launch(clock())

    async def idle(self) -> None:
        """Return when the tickets are used up and nothing is in flight."""
        await self._idle.wait()

    def in_flight_since(self) -> list[float]:
        """The moments at which the requests were sent that are still unanswered."""
        return [each.sent_s for each in self._connections if each.sent_s < inf]

    def made(self) -> None:
        """Count a connection that was established."""
        self._made += 1

    def park(self, connection: Connection | None) -> None:
        """Keep a connection, or the place of one that was closed, until there are new tickets."""
        self._parked.append(connection)
        if len(self._parked) == self._share.load.connections:
            self._idle.set()

    def replace(self, connection: Connection) -> None:  # noqa: ARG002  (which one it was makes no difference)
        """Go on with a new connection, if there is a ticket."""
        if next(self.tickets, None):
            self._launch(clock())
        else:
            self.park(None)

    def leave(self, connection: Connection) -> None:
        """Go on with a new connection, and leave it to the server to close the old one.

        Whoever closes first keeps the port for a minute: a client that did would soon have none left.
        """
        self._leaving.append((clock(), connection))
        self.replace(connection)

    def resend(self, sent_s: float) -> bool:
        """Send a request again on a new connection, unless doing it twice might not be the same as once."""
        if not self._idempotent:
            return False
        self.resent += 1
        self._launch(sent_s)
        return True

    def forget(self, connection: Connection) -> None:
        """Take note that a connection is closed."""
        self._connections.discard(connection)
        if not self._connections:
            self._all_closed.set()

    async def _enter(self, opens_s: float) -> None:
        """Open one of the first connections, and let whatever comes after a failure go on by itself."""
        await until(opens_s)
        if not await self._establish(self._new(clock() if next(self.tickets, None) else inf)):
            self._spawn(self._persist())

    def _launch(self, sent_s: float) -> None:
        self._spawn(self._carry(self._new(sent_s)))

    def _new(self, sent_s: float) -> Connection:
        """A connection yet to be opened, whose request counts as in flight from ``sent_s`` on; infinite for none."""
        connection = Connection(self, sent_s)
        self._connections.add(connection)
        return connection

    async def _carry(self, connection: Connection) -> None:
        if not await self._establish(connection):
            await self._persist()

    async def _persist(self) -> None:
        """After a refusal, try again ever more slowly, each time with a request of its own."""
        pause_s = FIRST_PAUSE_S
        while True:
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            if not next(self.tickets, None):
                self.park(None)
                return
            if await self._establish(self._new(clock())):
                return

    async def _establish(self, connection: Connection) -> bool:
        """Open a connection; False if it was refused, and with it the request that it was for.

        Raises OSError where the refusal is one of this machine.
        """
        sent_s = connection.sent_s
        left_s = self._job.timeout_s - max(0.0, clock() - sent_s)
        try:
            async with asyncio.timeout(left_s):
                await asyncio.get_running_loop().create_connection(lambda: connection, *self._endpoint)
        except OSError as error:
            if error.errno in OWN_LIMITS:
                raise
            if not connection.made and sent_s < inf:
                outcome = Outcome.TIMEOUT if isinstance(error, TimeoutError) else Outcome.REFUSED
                self.recorder.fail(outcome, sent_s, clock())
            # Made and yet too late: its close settles the request, and what comes after it.
            return connection.made
        finally:
            if not connection.established:
                self.forget(connection)
        return True

    async def _sweep(self) -> None:
        """Look for requests that took too long, all at once: a timer for each would cost more than the request."""
        timeout_s = self._job.timeout_s
        while True:
            await asyncio.sleep(min(SWEEP_EVERY_S, timeout_s / 10))
            latest_s = clock() - timeout_s
            for connection in [each for each in self._connections if each.sent_s < latest_s]:
                if connection.established:
                    connection.fail(Outcome.TIMEOUT)
            while self._leaving and self._leaving[0][0] < clock() - LEAVE_WITHIN_S:
                self._leaving.popleft()[1].abandon()

    def _spawn(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            context = {"message": "the client cannot go on", "exception": error, "task": task}
            asyncio.get_running_loop().call_exception_handler(context)


async def _reachable(host: str, port: int, *, within_s: float) -> tuple[str, int]:
    """The first of a host's addresses on which somebody listens, as text; the first of all if nobody does.

    Raises OSError where the name is not known.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys((str(info[4][0]), port) for info in found))
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
