"""The closed loop of full clients, for everything that the raw one does not support: TLS, cookies, gRPC."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Self

from stackduel.load.clock import clock, until
from stackduel.load.drivers.background_tasks import Tasks
from stackduel.load.drivers.closed_client import FIRST_PAUSE_S
from stackduel.load.drivers.request import drawn_calls
from stackduel.load.drivers.scheduled_connection import ScheduledRequest
from stackduel.load.drivers.user import MakeUser, User, in_flight_since
from stackduel.load.job import Job
from stackduel.load.recording.request_log import RequestLog
from stackduel.load.schedule.deadlines import LONGEST_PAUSE_S
from stackduel.load.schedule.shares import Share, opening_times
from stackduel.model.measurement import FailedAnswer, Outcome


class ClosedUsers:
    """The clients of one shard, as ``stackduel.load.drivers.client_protocols.ClosedLoopClient`` describes them."""

    def __init__(self, job: Job, share: Share, log: RequestLog, make: MakeUser) -> None:
        self._make = make
        self._job = job
        self._share = share
        self._log = log
        self._drawn = drawn_calls(job, share)
        self._permits: Iterator[object] = iter(())
        self._admitted = asyncio.Event()
        self._idle = asyncio.Event()
        self._parked = 0
        self._users: list[User] = []
        self._tasks = Tasks()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._tasks.cancel()
        for user in self._users:
            await user.close()

    @property
    def reconnects(self) -> int:
        """How many connections were opened beyond the first of each."""
        return max(0, sum(user.made for user in self._users) - self._share.load.connections)

    @property
    def resent(self) -> int:
        """How many requests were sent again, as the server had closed the connection in the meantime."""
        return sum(user.resent for user in self._users)

    @property
    def failed_answer(self) -> FailedAnswer | None:
        """An answer of those that were not right; None if none came."""
        return next((user.failed_answer for user in self._users if user.failed_answer), None)

    async def open(self) -> None:
        """Start the clients at the share's times; each opens its connection for its first request."""
        now_s = clock()
        for moment_s in opening_times(self._share):
            await until(now_s + moment_s)
            user = self._make(self._job, self._log.record)
            self._users.append(user)
            self._tasks.spawn(self._work(user))
        await asyncio.sleep(0)

    def admit(self, permits: Iterator[object]) -> None:
        """Take these permits from now on; clients that are idle begin at once."""
        self._permits = permits
        self._idle.clear()
        self._parked = 0
        self._admitted.set()
        self._admitted = asyncio.Event()

    async def idle(self) -> None:
        """Return when the permits are used up and nothing is in flight."""
        await self._idle.wait()

    def in_flight_since(self) -> list[float]:
        """The moments at which the requests were sent that are still unanswered."""
        return in_flight_since(self._users)

    async def _work(self, user: User) -> None:
        """Send one request after another, until cancelled; after a refusal wait, longer each time."""
        pause_s = FIRST_PAUSE_S
        while True:
            await self._permit()
            now_s = clock()
            if await user.send(ScheduledRequest(now_s, next(self._drawn), now_s), now_s) is Outcome.REFUSED:
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            else:
                pause_s = FIRST_PAUSE_S

    async def _permit(self) -> None:
        """Return once there is a permit, with it taken."""
        while not next(self._permits, None):
            self._parked += 1
            if self._parked == self._share.load.connections:
                self._idle.set()
            await self._admitted.wait()
