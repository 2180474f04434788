"""The open loop of full clients: arrivals that wait for no answer."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Self

from stackduel.load.clock import clock
from stackduel.load.drivers.arrival_queue import ArrivalQueue
from stackduel.load.drivers.background_tasks import Tasks
from stackduel.load.drivers.connection_pool import SWEEP_EVERY_S
from stackduel.load.drivers.scheduled_connection import ScheduledRequest
from stackduel.load.drivers.user import MakeUser, User, in_flight_since
from stackduel.load.job import Job
from stackduel.load.recording.request_log import OpenRequestLog
from stackduel.load.schedule.shares import Share
from stackduel.model.measurement import FailedAnswer


class OpenUsers:
    """The arrivals of one shard, as ``stackduel.load.drivers.client_protocols.OpenLoopClient`` describes them.

    As with the raw client, an arrival takes the user that has been idle for longest.
    """

    def __init__(self, job: Job, share: Share, log: OpenRequestLog, make: MakeUser) -> None:
        self._make = make
        self._job = job
        self._connections = share.load.connections
        self._arrivals = ArrivalQueue(job, share, log, self._begin)
        self._users: list[User] = []
        self._idle: deque[User] = deque()
        self._tasks = Tasks()

    async def __aenter__(self) -> Self:
        self._tasks.spawn(self._sweep())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._arrivals.close()
        await self._tasks.cancel()
        for user in self._users:
            await user.close()

    @property
    def reconnects(self) -> int:
        """How many connections were opened beyond the first of each user."""
        return sum(max(0, user.made - 1) for user in self._users)

    @property
    def resent(self) -> int:
        """How many requests were sent again, as the server had closed the connection in the meantime."""
        return sum(user.resent for user in self._users)

    @property
    def failed_answer(self) -> FailedAnswer | None:
        """An answer of those that were not right; None if none came."""
        return next((user.failed_answer for user in self._users if user.failed_answer), None)

    def in_flight_since(self) -> list[float]:
        """The moments at which the requests were sent that are still unanswered."""
        return in_flight_since(self._users)

    def follow(self, moments: Iterable[float], from_s: float = 0.0) -> None:
        """Send a request at each of these moments; until ``from_s`` go on with the former ones."""
        self._arrivals.follow(moments, from_s)

    async def drain(self, until_s: float) -> None:
        """Return when all that was to be sent has ended, and see that it does until then."""
        await self._arrivals.settle(until_s)
        for user in self._users:
            user.give_up()

    def _begin(self, scheduled: ScheduledRequest) -> bool:
        """Let an idle user or a new one send an arrival's request, if there is one or may be."""
        if self._idle:
            user = self._idle.popleft()
        elif len(self._users) < self._connections:
            user = self._make(self._job, self._arrivals.record)
            self._users.append(user)
        else:
            return False
        self._tasks.spawn(self._serve(user, scheduled))
        return True

    async def _serve(self, user: User, scheduled: ScheduledRequest) -> None:
        """Send a request, and then the waiting ones."""
        upcoming: ScheduledRequest | None = scheduled
        while upcoming is not None:
            await user.send(upcoming, clock())
            upcoming = self._arrivals.next()
        self._idle.append(user)

    async def _sweep(self) -> None:
        """Give up what waits for too long; at the end, also what was to be sent too long ago."""
        while True:
            await asyncio.sleep(min(SWEEP_EVERY_S, self._job.timeout_s / 10))
            latest_s = clock() - self._job.timeout_s
            self._arrivals.give_up(latest_s)
            if self._arrivals.draining:
                for user in self._users:
                    if user.scheduled is not None and user.scheduled.intended_s < latest_s:
                        user.give_up()
