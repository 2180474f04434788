"""Probes one more endpoint while a load runs: ten requests a second, sent by the first shard."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import takewhile
from math import inf

from stackduel.load.drivers.client_protocols import OpenLoopClient
from stackduel.load.drivers.clients import open_client
from stackduel.load.job import Job, choose_driver
from stackduel.load.recording.request_log import OpenRequestLog
from stackduel.load.schedule.arrivals import endless_arrivals_s
from stackduel.load.schedule.shares import Share
from stackduel.model.measurement import Outcome, Victim
from stackduel.model.suite import OpenLoop

PROBE_RPS = 10.0
MOST_CONNECTIONS = 16
# What was not answered in time is in the latencies.
_NOT_FAILED = frozenset({Outcome.OK, Outcome.TIMEOUT, Outcome.UNSENT})


class VictimProbe:
    """An open loop beside the load, which ends with the load's window; its requests are not counted in the load."""

    def __init__(self, label: str, load: OpenLoop, client: OpenLoopClient, log: OpenRequestLog) -> None:
        self._label = label
        self._load = load
        self._client = client
        self._log = log

    def open(self, opened_s: float) -> None:
        """Send from then on; the duration need not be known."""
        self._log.open(opened_s)
        moments = endless_arrivals_s(self._load, 0, 1, seed=0)
        within = takewhile(lambda moment_s: moment_s < self._load.duration_s, moments)
        self._client.follow(opened_s + moment_s for moment_s in within)

    def close(self, closed_s: float) -> None:
        """Send nothing from then on."""
        self._client.follow((), closed_s)

    async def result(self, closed_s: float, until_s: float) -> Victim:
        """Return the victim's result; requests unanswered at ``until_s`` count with their wait so far."""
        await self._client.drain(until_s)
        self._log.close(closed_s, ())
        tally = self._log.tally()
        failed = sum(count for outcome, count in tally.outcomes.items() if outcome not in _NOT_FAILED)
        return Victim(self._label, sum(tally.outcomes.values()), failed, tally.latency, self._client.resent)


@contextlib.asynccontextmanager
async def probing(job: Job, share: Share) -> AsyncIterator[VictimProbe | None]:
    """The probe of the job's victim; None where there is none, or where another shard sees to it."""
    if job.victim is None or share.shard != 0:
        yield None
        return
    load = OpenLoop(PROBE_RPS, duration_s=share.load.duration_s or inf, connections=MOST_CONNECTIONS)
    driver, _ = choose_driver(job.address, [job.victim.workload])
    alone = replace(job, calls=(job.victim,), load=load, driver=driver, victim=None)
    # A timeout of 0 makes no request slower than it was seen to be: the load ends long before a real timeout.
    log = OpenRequestLog(1.0, timeout_s=0.0)
    place = Share(load, shard=0, shards=1, first_opening_s=0.0, opening_every_s=0.0)
    async with open_client(alone, place, log) as client:
        yield VictimProbe(job.victim.workload.label, load, client, log)
