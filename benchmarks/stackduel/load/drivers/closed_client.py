"""The raw clients of closed loops: each connection sends its next request when the last was answered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from math import inf

from stackduel.load.clock import clock, until
from stackduel.load.drivers.connection import Connection
from stackduel.load.drivers.connection_kinds import kind_of_connection
from stackduel.load.drivers.connection_pool import ConnectionPool
from stackduel.load.drivers.request import drawn_calls
from stackduel.load.drivers.scheduled_connection import ScheduledConnection, ScheduledRequest
from stackduel.load.job import Job
from stackduel.load.recording.recorder import Recorder
from stackduel.load.recording.request_log import RequestLog
from stackduel.load.schedule.deadlines import LONGEST_PAUSE_S
from stackduel.load.schedule.shares import Share, drawn_openings, opening_times

FIRST_PAUSE_S = 0.01


class RawClient(ConnectionPool[Connection]):
    """The clients of one shard, as ``stackduel.load.drivers.client_protocols.ClosedLoopClient`` describes them."""

    def __init__(self, job: Job, share: Share, recorder: Recorder) -> None:
        super().__init__(job, recorder)
        self._share = share
        self._parked: list[Connection | None] = []
        self._idle = asyncio.Event()

    @property
    def reconnects(self) -> int:
        """How many connections were opened beyond the first of each."""
        return max(0, self._made - self._share.load.connections)

    async def open(self) -> None:
        """Open the connections at the share's times; return when each was tried once."""
        now_s = clock()
        await asyncio.gather(*(self._enter(now_s + moment_s) for moment_s in self._openings()))

    def _openings(self) -> tuple[float, ...]:
        """Return when each connection opens, in seconds after now."""
        return opening_times(self._share)

    def admit(self, permits: Iterator[object]) -> None:
        """Take these permits from now on; connections that are idle begin at once."""
        self.permits = permits
        parked, self._parked = self._parked, []
        self._idle.clear()
        for connection in parked:
            if not next(permits, None):
                self.park(connection)
            elif connection is not None and connection.established:
                connection.send(clock())
            else:
                self._launch(clock())

    async def idle(self) -> None:
        """Return when the permits are used up and nothing is in flight."""
        await self._idle.wait()

    def park(self, connection: Connection | None) -> None:
        """Keep a connection, or the place of one that was closed, until there are new permits."""
        self._parked.append(connection)
        if len(self._parked) == self._share.load.connections:
            self._idle.set()

    def replace(self, connection: Connection) -> None:  # noqa: ARG002  (which one it was makes no difference)
        """Go on with a new connection, if there is a permit."""
        if next(self.permits, None):
            self._launch(clock())
        else:
            self.park(None)

    def resend(self, connection: Connection) -> bool:
        """Send a request again on a new connection, unless doing it twice might not be the same as once."""
        if not self.calls[0].idempotent:
            return False
        self.resent += 1
        self._launch(connection.sent_s)
        return True

    async def _enter(self, opens_s: float) -> None:
        """Open one of the first connections; after a failure a task of its own continues."""
        await until(opens_s)
        if not await self._establish(self._new(clock() if next(self.permits, None) else inf)):
            self._tasks.spawn(self._persist())

    def _launch(self, sent_s: float) -> None:
        self._tasks.spawn(self._carry(self._new(sent_s)))

    def _new(self, sent_s: float) -> Connection:
        """A connection yet to be opened, whose request counts as in flight from ``sent_s`` on; infinite for none."""
        return self._keep(Connection(self, sent_s))

    async def _carry(self, connection: Connection) -> None:
        if not await self._establish(connection):
            await self._persist()

    async def _persist(self) -> None:
        """After a refusal, try again ever more slowly, each time with a request of its own."""
        pause_s = FIRST_PAUSE_S
        while True:
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            if not next(self.permits, None):
                self.park(None)
                return
            if await self._establish(self._new(clock())):
                return


class ScheduledClient(RawClient):
    """The clients of a shard whose requests are not all the same, or whose first bytes are asked for."""

    def __init__(self, job: Job, share: Share, log: RequestLog) -> None:
        super().__init__(job, share, log)
        self.record = log.record
        self._drawn = drawn_calls(job, share)
        self._kind = kind_of_connection(job, share.load)
        # The clients of a broadcast come together, or each would have a room of its own.
        is_spread = job.streams and job.driver != "websocket"
        self._phases = drawn_openings(share, job.seed) if is_spread else None

    def _openings(self) -> tuple[float, ...]:
        return super()._openings() if self._phases is None else self._phases

    def draw(self, now_s: float) -> ScheduledRequest:
        """Schedule the next request of the load for now."""
        return ScheduledRequest(now_s, next(self._drawn), now_s)

    def resend(self, connection: Connection) -> bool:
        """Send a request again on a new connection, unless doing it twice might not be the same as once."""
        scheduled = connection.scheduled if isinstance(connection, ScheduledConnection) else None
        if scheduled is None or not scheduled.call.idempotent:
            return False
        self.resent += 1
        self._tasks.spawn(self._carry(self._keep(self._kind(self, scheduled, connection.sent_s))))
        return True

    def _new(self, sent_s: float) -> Connection:
        scheduled = self.draw(sent_s) if sent_s < inf else None
        return self._keep(self._kind(self, scheduled, sent_s))
