"""The raw client of open loops: arrivals that wait for no answer, on as few connections as they need."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Iterable
from math import inf

from benchmarks.load.backlog import Backlog
from benchmarks.load.clock import clock
from benchmarks.load.dispatcher import Dispatcher
from benchmarks.load.job import Job
from benchmarks.load.ledger import OpenLedger
from benchmarks.load.pool import Pool
from benchmarks.load.request import drawn_calls
from benchmarks.load.schedule import Share
from benchmarks.load.ticket import Ticket, TicketConnection, kind_of_connection
from benchmarks.measurement import Outcome


class OpenClient(Pool[TicketConnection]):
    """The arrivals of one shard; the contract is that of ``benchmarks.load.contract.ArrivingClient``.

    An arrival takes the connection that has been idle for longest, so that all of them share the work, as those of
    many users would: a server with several workers holds each connection in one of them, and with the latest first,
    a few connections and so a few workers would get nearly everything.
    """

    def __init__(self, job: Job, share: Share, ledger: OpenLedger) -> None:
        super().__init__(job, ledger)
        self._ledger = ledger
        self._dispatcher = Dispatcher(self._arrive)
        self._backlog = Backlog(job.timeout_s, self.note)
        self._drawn = drawn_calls(job, share)
        self._kind = kind_of_connection(share.load)
        self._idle: OrderedDict[TicketConnection, None] = OrderedDict()
        self._places = share.load.connections
        self._established = 0
        self._most = 0
        self._unsettled = 0
        self._settled = asyncio.Event()
        self._draining = False

    async def __aexit__(self, *exc_info: object) -> None:
        self._dispatcher.stop()
        await super().__aexit__(*exc_info)

    @property
    def reconnects(self) -> int:
        """How many connections were opened beyond those that were ever open at once."""
        return self._made - self._most

    def follow(self, moments: Iterable[float], from_s: float = 0.0) -> None:
        """Send a request at each of these moments; until ``from_s`` go on with the former ones."""
        self._dispatcher.follow(moments, from_s)

    async def drain(self, until_s: float) -> None:
        """Return when all that was to be sent has ended, and see that it does until then."""
        self._draining = True
        if self._unsettled or self._dispatcher.going:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, until_s - clock())):
                    await self._settled.wait()
        for intended_s in self._dispatcher.stop():
            self._backlog.put(self._arrived(intended_s))
        self._backlog.give_up(inf)
        for connection in [each for each in self._connections if each.ticket is not None]:
            connection.note(Outcome.TIMEOUT, connection.sent_s, clock())
            connection.abandon()

    def draw(self, now_s: float) -> Ticket:
        """The ticket of a request that is to be sent at this moment."""
        return Ticket(now_s, next(self._drawn))

    def note(self, ticket: Ticket, outcome: Outcome, sent_s: float, first_s: float, done_s: float) -> None:
        """Record how a request ended."""
        self._ledger.note(ticket, outcome, sent_s, first_s, done_s)
        self._unsettled -= 1
        if not self._unsettled and not self._dispatcher.going:
            self._settled.set()

    def made(self) -> None:
        """Count a connection that was established."""
        super().made()
        self._established += 1
        self._most = max(self._most, self._established)

    def park(self, connection: TicketConnection) -> None:
        """Send what waits first on a connection that is idle now, or keep it for what comes."""
        ticket = self._backlog.take()
        if ticket is None:
            self._idle[connection] = None
        else:
            connection.carry(ticket)

    def replace(self, connection: TicketConnection) -> None:  # noqa: ARG002  (which one it was makes no difference)
        """Open another connection for what waits first, or leave its place to what comes."""
        ticket = self._backlog.take()
        if ticket is None:
            self._places += 1
        else:
            self._launch(ticket, clock())

    def resend(self, connection: TicketConnection) -> bool:
        """Send a request again on a new connection, unless doing it twice might not be the same as once."""
        ticket = connection.ticket
        if ticket is None or not ticket.call.idempotent:
            return False
        self.resent += 1
        connection.ticket = None
        self._launch(ticket, connection.sent_s)
        return True

    def forget(self, connection: TicketConnection) -> None:
        """Take note that a connection is closed."""
        if connection in self._connections:
            self._established -= connection.made
        if connection in self._idle:
            del self._idle[connection]
            self._places += 1
        super().forget(connection)

    def _arrive(self, intended_s: float) -> None:
        """Send an arrival's request if there is a connection for it, or may be; else it waits for one."""
        ticket = self._arrived(intended_s)
        if self._idle:
            self._idle.popitem(last=False)[0].carry(ticket)
        elif self._places:
            self._places -= 1
            self._launch(ticket, clock())
        else:
            self._backlog.put(ticket)

    def _arrived(self, intended_s: float) -> Ticket:
        self._unsettled += 1
        return self.draw(intended_s)

    def _launch(self, ticket: Ticket, sent_s: float) -> None:
        self._spawn(self._carry(self._keep(self._kind(self, ticket, sent_s))))

    async def _carry(self, connection: TicketConnection) -> None:
        if not await self._establish(connection):
            self.replace(connection)

    def _give_up(self, latest_s: float) -> None:
        """Give up what was sent before then or could not be; at the end, all that was to be sent before then."""
        self._backlog.give_up(latest_s)
        super()._give_up(latest_s)
        if self._draining:
            for connection in list(self._connections):
                ticket = connection.ticket
                if ticket is not None and ticket.intended_s < latest_s and connection.established:
                    connection.fail(Outcome.TIMEOUT)
