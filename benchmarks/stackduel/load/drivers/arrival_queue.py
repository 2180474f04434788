"""The arrivals of an open loop: dispatched at their times, queued for a connection, each recorded once."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable
from math import inf, nan

from stackduel.load.clock import clock
from stackduel.load.drivers.dispatcher import Dispatcher
from stackduel.load.drivers.request import drawn_calls
from stackduel.load.drivers.scheduled_connection import Kept, ScheduledRequest
from stackduel.load.job import Job
from stackduel.load.recording.request_log import OpenRequestLog
from stackduel.load.schedule.shares import Share
from stackduel.model.measurement import Outcome


class ArrivalQueue:
    """One shard's arrivals; ``begin`` sends one at once, or says that there is no connection for it.

    What cannot be sent waits, first come first served. Nothing is dropped: each arrival ends in the request log, and
    what waits for longer than the timeout does so as unsent. ``draining`` is true once no more of them are to come.
    """

    def __init__(self, job: Job, share: Share, log: OpenRequestLog, begin: Callable[[ScheduledRequest], bool]) -> None:
        self.draining = False
        self._timeout_s = job.timeout_s
        self._log = log
        self._begin = begin
        self._drawn = drawn_calls(job, share)
        self._dispatcher = Dispatcher(self._arrive)
        self._waiting: deque[ScheduledRequest] = deque()
        self._unsettled = 0
        self._settled = asyncio.Event()

    def follow(self, moments: Iterable[float], from_s: float = 0.0) -> None:
        """Let them come at these moments; until ``from_s`` at the former ones."""
        self._dispatcher.follow(moments, from_s)

    def draw(self, now_s: float) -> ScheduledRequest:
        """Schedule the next request of the load for now."""
        return ScheduledRequest(now_s, next(self._drawn), now_s)

    def record(
        self,
        scheduled: ScheduledRequest,
        outcome: Outcome,
        sent_s: float,
        first_s: float,
        done_s: float,
        kept: Kept,
    ) -> None:
        """Record how an arrival ended."""
        self._log.record(scheduled, outcome, sent_s, first_s, done_s, kept)
        self._unsettled -= 1
        if not self._unsettled and not self._dispatcher.going:
            self._settled.set()

    def next(self) -> ScheduledRequest | None:
        """The first of those waiting that can still be sent in time, for a connection that is free now."""
        if not self._waiting:
            return None
        self.give_up(clock() - self._timeout_s)
        return self._waiting.popleft() if self._waiting else None

    def give_up(self, latest_s: float) -> None:
        """Record as unsent what waits and was to be sent before then."""
        while self._waiting and self._waiting[0].intended_s < latest_s:
            now_s = clock()
            self.record(self._waiting.popleft(), Outcome.UNSENT, now_s, nan, now_s, None)

    async def settle(self, until_s: float) -> None:
        """Return when all have ended; when that is not so by then, only those that were sent are left."""
        self.draining = True
        if self._unsettled or self._dispatcher.going:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, until_s - clock())):
                    await self._settled.wait()
        self._waiting += [self._arrived(intended_s) for intended_s in self._dispatcher.stop()]
        self.give_up(inf)

    def close(self) -> None:
        """Let no more of them come."""
        self._dispatcher.stop()

    def _arrive(self, intended_s: float) -> None:
        scheduled = self._arrived(intended_s)
        if not self._begin(scheduled):
            self._waiting.append(scheduled)

    def _arrived(self, intended_s: float) -> ScheduledRequest:
        self._unsettled += 1
        return ScheduledRequest(intended_s, next(self._drawn), clock())
