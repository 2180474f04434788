"""The raw client of open loops: arrivals that wait for no answer, on as few connections as they need."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from stackduel.load.clock import clock
from stackduel.load.drivers.arrival_queue import ArrivalQueue
from stackduel.load.drivers.connection_kinds import kind_of_connection
from stackduel.load.drivers.connection_pool import ConnectionPool
from stackduel.load.drivers.scheduled_connection import ScheduledConnection, ScheduledRequest
from stackduel.load.job import Job
from stackduel.load.recording.request_log import OpenRequestLog
from stackduel.load.schedule.shares import Share
from stackduel.model.measurement import Outcome


class OpenClient(ConnectionPool[ScheduledConnection]):
    """The arrivals of one shard, as ``stackduel.load.drivers.client_protocols.OpenLoopClient`` describes them.

    An arrival takes the connection that has been idle for longest, so that all of them share the work, as those of
    many users would: a server with several workers holds each connection in one of them, and with the latest first,
    a few connections and so a few workers would get nearly everything.
    """

    def __init__(self, job: Job, share: Share, log: OpenRequestLog) -> None:
        super().__init__(job, log)
        self._arrivals = ArrivalQueue(job, share, log, self._begin)
        self.draw = self._arrivals.draw
        self.record = self._arrivals.record
        self._kind = kind_of_connection(job, share.load)
        self._idle: OrderedDict[ScheduledConnection, None] = OrderedDict()
        self._places = share.load.connections
        self._established = 0
        self._most = 0

    async def __aexit__(self, *exc_info: object) -> None:
        self._arrivals.close()
        await super().__aexit__(*exc_info)

    @property
    def reconnects(self) -> int:
        """How many connections were opened beyond those that were ever open at once."""
        return self._made - self._most

    def follow(self, moments: Iterable[float], from_s: float = 0.0) -> None:
        """Send a request at each of these moments; until ``from_s`` go on with the former ones."""
        self._arrivals.follow(moments, from_s)

    async def drain(self, until_s: float) -> None:
        """Return when all that was to be sent has ended, and see that it does until then."""
        await self._arrivals.settle(until_s)
        for connection in [each for each in self._connections if each.scheduled is not None]:
            connection.fail(Outcome.TIMEOUT)

    def made(self) -> None:
        """Count a connection that was established."""
        super().made()
        self._established += 1
        self._most = max(self._most, self._established)

    def park(self, connection: ScheduledConnection) -> None:
        """Send what waits first on a connection that is idle now, or keep it for what comes."""
        scheduled = self._arrivals.next()
        if scheduled is None:
            self._idle[connection] = None
        else:
            connection.carry(scheduled)

    def replace(self, connection: ScheduledConnection) -> None:  # noqa: ARG002  (which one it was makes no difference)
        """Open another connection for what waits first, or leave its place to what comes."""
        scheduled = self._arrivals.next()
        if scheduled is None:
            self._places += 1
        else:
            self._launch(scheduled, clock())

    def resend(self, connection: ScheduledConnection) -> bool:
        """Send a request again on a new connection, unless doing it twice might not be the same as once."""
        scheduled = connection.scheduled
        if scheduled is None or not scheduled.call.idempotent:
            return False
        self.resent += 1
        connection.scheduled = None
        self._launch(scheduled, connection.sent_s)
        return True

    def forget(self, connection: ScheduledConnection) -> None:
        """Take note that a connection is closed."""
        if connection in self._connections:
            self._established -= connection.made
        if connection in self._idle:
            del self._idle[connection]
            self._places += 1
        super().forget(connection)

    def _begin(self, scheduled: ScheduledRequest) -> bool:
        """Send an arrival's request, if there is a connection for it or may be."""
        if self._idle:
            self._idle.popitem(last=False)[0].carry(scheduled)
            return True
        if self._places:
            self._places -= 1
            self._launch(scheduled, clock())
            return True
        return False

    def _launch(self, scheduled: ScheduledRequest, sent_s: float) -> None:
        self._tasks.spawn(self._carry(self._keep(self._kind(self, scheduled, sent_s))))

    async def _carry(self, connection: ScheduledConnection) -> None:
        if not await self._establish(connection):
            self.replace(connection)

    def _give_up(self, latest_s: float) -> None:
        """Give up what was sent before then or could not be; at the end, all that was to be sent before then."""
        self._arrivals.give_up(latest_s)
        super()._give_up(latest_s)
        if self._arrivals.draining:
            for connection in list(self._connections):
                scheduled = connection.scheduled
                if scheduled is not None and scheduled.intended_s < latest_s and connection.established:
                    connection.fail(Outcome.TIMEOUT)
