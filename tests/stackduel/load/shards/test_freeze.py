"""The truth about a server that froze: an open loop tells it, and a closed one does not."""

from __future__ import annotations

import asyncio
import gc

import pytest
import uvloop

from stackduel.load.recording.merging import merge
from stackduel.load.schedule.arrivals import arrivals_s
from stackduel.load.schedule.shares import split
from stackduel.load.shards.shard import run_shard
from stackduel.model.measurement import Measurement
from stackduel.model.suite import ClosedLoop, OpenLoop, Workload
from stackduel.model.target import Address
from tests.stackduel.load.freezing import SLOW, freezing_apart
from tests.stackduel.load.measuring import FakeCoordinator, job_for

OPEN = OpenLoop(rate_rps=500, duration_s=10.7, connections=32)
# At 10 ms a request it sends nearly as much, in the same seconds.
CLOSED = ClosedLoop(connections=5, duration_s=10.7)
ATTEMPTS = 3


class Noting(FakeCoordinator):
    """Remembers when the window opened."""

    opened_s = 0.0

    def started(self, opened_s: float) -> None:
        self.opened_s = opened_s


def measure_both(address: Address) -> tuple[Measurement, Measurement, float]:
    """The open and the closed loop side by side, and when the open one's window opened."""
    coordinator = Noting()
    jobs = job_for(address, OPEN), job_for(address, CLOSED, workload=Workload(SLOW))

    async def run() -> tuple[Measurement, Measurement]:
        found = await asyncio.gather(
            *(
                run_shard(job, split(job.load, 1)[0], coordinator)
                for job, coordinator in zip(jobs, (coordinator, FakeCoordinator()), strict=True)
            )
        )
        return merge([found[0]]), merge([found[1]])

    gc.freeze()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return *runner.run(run()), coordinator.opened_s


def test_a_freeze_is_in_the_open_loop_s_percentiles_as_it_was() -> None:
    """Frozen for a second in eleven, a server's p99 is about 0.9 s: within 1 % or 1 ms of what schedule and freeze say.

    The closed loop beside it, whose clients all waited, reports the 10 ms of a server that never froze.
    """
    seen = []
    for _ in range(ATTEMPTS):
        with freezing_apart(after_s=5.0, for_s=1.0) as freeze:
            found, closed, opened_s = measure_both(freeze.address)
        assert found.outcomes == {"ok": 5350}
        arrivals = opened_s + arrivals_s(OPEN, 0, 1, seed=0)
        truth = {q: freeze.quantile_ms(arrivals, q) for q in (0.99, 0.999)}
        assert 880 < truth[0.99] < 920
        timings = {q: found.latency.quantile_ns(q) / 1e6 for q in truth}
        assert closed.latency.quantile_ns(0.99) / 1e6 < 50
        if all(timings[q] == pytest.approx(truth[q], rel=0.01, abs=1) for q in truth):
            return
        # Another process of this machine got in between: both are right, and the server was later than its freeze.
        seen.append((timings, truth))
    raise AssertionError(f"never true: {seen}")
