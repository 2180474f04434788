"""What an endpoint beside the load says while the load is on: asked ten times a second, by the first shard."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import takewhile
from math import inf

from stackduel.load.drivers.client_protocols import ArrivingClient
from stackduel.load.drivers.clients import arriving_client
from stackduel.load.job import Job, choose_driver
from stackduel.load.recording.request_log import OpenRequestLog
from stackduel.load.schedule.arrivals import endless_arrivals_s
from stackduel.load.schedule.shares import Share
from stackduel.model.measurement import Outcome, Victim
from stackduel.model.suite import OpenLoop

ASKED_RPS = 10.0
MOST_CONNECTIONS = 16
# What was not answered in time is in the latencies.
_NOT_FAILED = frozenset({Outcome.OK, Outcome.TIMEOUT, Outcome.UNSENT})


class VictimProbe:
    """An open loop of its own beside the load, which ends when the load's window closes; None of it is the load's."""

    def __init__(self, label: str, load: OpenLoop, client: ArrivingClient, ledger: OpenRequestLog) -> None:
        self._label = label
        self._load = load
        self._client = client
        self._ledger = ledger

    def open(self, opened_s: float) -> None:
        """Ask from then on; how long that will be needs not be known."""
        self._ledger.open(opened_s)
        moments = endless_arrivals_s(self._load, 0, 1, seed=0)
        within = takewhile(lambda moment_s: moment_s < self._load.duration_s, moments)
        self._client.follow(opened_s + moment_s for moment_s in within)

    def close(self, closed_s: float) -> None:
        """Ask nothing from then on."""
        self._client.follow((), closed_s)

    async def found(self, closed_s: float, until_s: float) -> Victim:
        """What the victim said in the window; what has not been said ``until_s`` counts as far as it had waited."""
        await self._client.drain(until_s)
        self._ledger.close(closed_s, ())
        tally = self._ledger.tally()
        failed = sum(count for outcome, count in tally.outcomes.items() if outcome not in _NOT_FAILED)
        return Victim(self._label, sum(tally.outcomes.values()), failed, tally.latency)


@contextlib.asynccontextmanager
async def probing(job: Job, share: Share) -> AsyncIterator[VictimProbe | None]:
    """The probe of the job's victim; None where there is none, or where another shard sees to it."""
    if job.victim is None or share.shard != 0:
        yield None
        return
    load = OpenLoop(ASKED_RPS, duration_s=share.load.duration_s or inf, connections=MOST_CONNECTIONS)
    driver, _ = choose_driver(job.address, [job.victim.workload])
    alone = replace(job, calls=(job.victim,), load=load, driver=driver, victim=None)
    # Nothing is taken for slower than it was seen to be: the load ends long before a timeout would tell.
    ledger = OpenRequestLog(1.0, timeout_s=0.0)
    place = Share(load, shard=0, shards=1, first_opening_s=0.0, opening_every_s=0.0)
    async with arriving_client(alone, place, ledger) as client:
        yield VictimProbe(job.victim.workload.label, load, client, ledger)
