"""The sending of a shard's share of a load, phase by phase, in a closed loop and in an open one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from itertools import repeat
from math import inf
from typing import Protocol

from stackduel.load.clock import clock, until
from stackduel.load.drivers.client_protocols import Client, ClosedLoopClient, OpenLoopClient
from stackduel.load.drivers.clients import closed_client, open_client
from stackduel.load.job import Job
from stackduel.load.recording.recorder import FOLD_EVERY_S, Recorder
from stackduel.load.recording.request_log import OpenRequestLog, RecordedDetails
from stackduel.load.recording.timeline import window_width_s
from stackduel.load.schedule.arrivals import arrivals_s, endless_arrivals_s
from stackduel.load.schedule.deadlines import longest_drain_s
from stackduel.load.schedule.shares import Share
from stackduel.load.shards.stability import Stability
from stackduel.model.measurement import Outcome
from stackduel.model.suite import ClosedLoop, OpenLoop


class Sender(Protocol):
    """Sends a load: first the warm-up, then the window. The phases are called in this order."""

    @property
    def client(self) -> Client:
        """The client that holds the connections."""

    @property
    def recorder(self) -> Recorder:
        """The recorder that counts its requests."""

    @property
    def scheduled(self) -> int | None:
        """The number of requests to send in the window, if it is known."""

    async def warm_up(self) -> bool | None:
        """Send the load's warm-up; a load with a duration then continues without a pause.

        Return whether the server was stable in the end; None if the load does not wait for that.
        """

    def open(self, opened_s: float) -> None:
        """Fix the moment at which the window opens, now or later."""

    async def send(self, opened_s: float) -> float:
        """Send the load from the opening of its window; return when the window has closed."""

    def stop(self, opened_s: float) -> float:
        """Send no more, although the window is not over; return when it closed instead."""

    async def close(self, closed_s: float) -> None:
        """Count the requests of the window; an open loop first waits for their answers."""

    async def leave(self) -> bool:
        """Wait for the answers that ``close`` did not wait for; return whether all came.

        They are not counted.
        """


@contextlib.asynccontextmanager
async def sending(job: Job, share: Share) -> AsyncIterator[Sender]:
    """Yield the sender of a share, with its clients.

    Raises OSError for an unknown host, and ValueError if the driver cannot send such a request.
    """
    load = share.load
    width_s = window_width_s(load)
    if isinstance(load, OpenLoop):
        log = OpenRequestLog(width_s, RecordedDetails.of(job, load), timeout_s=job.timeout_s)
        async with open_client(job, share, log) as open_loop_client:
            yield OpenSender(job, share, load, open_loop_client, log)
    else:
        recorder, client = closed_client(job, share, width_s)
        async with client:
            yield ClosedSender(job, load, client, recorder)


class ClosedSender:
    """Sends a closed loop, for a time or until a number of requests are done."""

    scheduled: int | None = None

    def __init__(self, job: Job, load: ClosedLoop, client: ClosedLoopClient, recorder: Recorder) -> None:
        self.client = client
        self.recorder = recorder
        self._load = load
        self._timeout_s = job.timeout_s

    async def warm_up(self) -> bool | None:
        """Send for a time, then until the number of requests is reached, then until the server is stable."""
        load, client = self._load, self.client
        begun_s = clock()
        endless = load.duration_s is not None
        client.admit(repeat(True) if endless or load.warmup_s else iter(()))
        await client.open()
        await until(begun_s + load.warmup_s)
        if endless:
            while self._warmed_with() < load.warmup_requests:  # noqa: ASYNC110  (the hot path sets no event)
                await asyncio.sleep(FOLD_EVERY_S)
            return await _stable(client, self.recorder, load.stable_within_s)
        client.admit(iter(()))
        await client.idle()
        client.admit(repeat(True, max(0, load.warmup_requests - self._warmed_with())))
        await client.idle()
        client.admit(repeat(True) if load.stable_within_s else iter(()))
        stable = await _stable(client, self.recorder, load.stable_within_s)
        client.admit(iter(()))
        await client.idle()
        return stable

    def open(self, opened_s: float) -> None:
        """Fix the window; its end is open for a number of requests."""
        duration_s = self._load.duration_s
        self.recorder.open(opened_s, inf if duration_s is None else opened_s + duration_s)

    async def send(self, opened_s: float) -> float:
        """Let the load run for its duration, or until its requests are done."""
        if self._load.duration_s is not None:
            closed_s = opened_s + self._load.duration_s
            await until(closed_s)
            return closed_s
        self.client.admit(repeat(True, self._load.requests or 0))
        await self.client.idle()
        self.recorder.fold()
        return self.recorder.last_done_s

    def stop(self, opened_s: float) -> float:  # noqa: ARG002  (an open loop counts its arrivals from it)
        """Close the window now."""
        return clock()

    async def close(self, closed_s: float) -> None:
        """Count the requests that are cut off."""
        self.client.admit(iter(()))
        self.recorder.close(closed_s, self.client.in_flight_since())

    async def leave(self) -> bool:
        """Wait a while for the answers that were cut off."""
        try:
            async with asyncio.timeout(longest_drain_s(self._load, self._timeout_s)):
                await self.client.idle()
        except TimeoutError:
            return False
        return True

    def _warmed_with(self) -> int:
        self.recorder.fold()
        return self.recorder.warmup_requests


class OpenSender:
    """Sends an open loop by its schedule, which is computed before anything is sent."""

    def __init__(self, job: Job, share: Share, load: OpenLoop, client: OpenLoopClient, log: OpenRequestLog) -> None:
        place = (load, share.shard, share.shards, job.seed)
        self.client = client
        self.recorder = log
        self._load = load
        self._timeout_s = job.timeout_s
        self._arrivals_s = arrivals_s(*place)
        self._warmup_s = endless_arrivals_s(*place)
        self.scheduled: int | None = self._arrivals_s.size

    async def warm_up(self) -> bool | None:
        """Send the same kind of arrivals for a time and until the server is stable, and on until the window opens."""
        if self._load.warmup_s or self._load.stable_within_s:
            begun_s = clock()
            self.client.follow(begun_s + moment_s for moment_s in self._warmup_s)
            await until(begun_s + self._load.warmup_s)
        return await _stable(self.client, self.recorder, self._load.stable_within_s)

    def open(self, opened_s: float) -> None:
        """Fix the window and its arrivals."""
        self.recorder.open(opened_s, opened_s + self._load.duration_s)
        self.client.follow((opened_s + float(moment_s) for moment_s in self._arrivals_s), opened_s)

    async def send(self, opened_s: float) -> float:
        """Wait until the schedule has passed."""
        closed_s = opened_s + self._load.duration_s
        await until(closed_s)
        return closed_s

    def stop(self, opened_s: float) -> float:
        """Let no more requests arrive, and close the window now."""
        self.client.follow(())
        closed_s = clock()
        self.scheduled = int((self._arrivals_s <= closed_s - opened_s).sum())
        return closed_s

    async def close(self, closed_s: float) -> None:
        """Wait for all requests scheduled in the window, and count them."""
        await self.client.drain(closed_s + longest_drain_s(self._load, self._timeout_s))
        self.recorder.close(closed_s, ())

    async def leave(self) -> bool:
        """Return whether all were answered; a request that was given up may still keep the server busy."""
        return not self.recorder.outcomes[Outcome.TIMEOUT]


async def _stable(client: Client, recorder: Recorder, within_s: float) -> bool | None:
    """Return True once the server is stable, False if it is not within the time, None if the load sets no time."""
    if not within_s:
        return None
    deadline_s = clock() + within_s
    recorder.fold()
    stability = Stability(clock(), recorder.warmup_answers, recorder.warmup_latency_s)
    while clock() < deadline_s:
        await asyncio.sleep(FOLD_EVERY_S)
        recorder.fold()
        in_flight = len(client.in_flight_since())
        if stability.reached(clock(), recorder.warmup_answers, recorder.warmup_latency_s, in_flight):
            return True
    return False
