"""Arrivals against simulated servers, in simulated time: hours of load in no time, exact to the millisecond."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from heapq import heapreplace
from math import nan
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stackduel.load.drivers import arrival_queue as arrivals_module
from stackduel.load.drivers import dispatcher as dispatcher_module
from stackduel.load.drivers import timer as timer_module
from stackduel.load.drivers.arrival_queue import ArrivalQueue
from stackduel.load.drivers.scheduled_connection import ScheduledRequest
from stackduel.load.job import Call, Job
from stackduel.load.recording.request_log import OpenRequestLog
from stackduel.load.recording.shard_result import Tally
from stackduel.load.schedule.arrivals import arrivals_s
from stackduel.load.schedule.shares import split
from stackduel.model.measurement import Expectation, Outcome
from stackduel.model.suite import OpenLoop, Workload
from stackduel.model.target import Address

TIMEOUT_S = 30.0
# A loop's timer may ring so much too late, as uvloop's does.
GRAIN_S = 0.001


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer whenever there is nothing else to do."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 1000.0
        self._ready: Any
        self._scheduled: Any

    def time(self) -> float:
        return self.now_s

    def _run_once(self) -> None:
        if not self._ready:
            upcoming_s = [timer.when() for timer in self._scheduled if not timer.cancelled()]
            self.now_s = max(self.now_s, min(upcoming_s, default=self.now_s))
        super()._run_once()  # type: ignore[misc]  # the base has it, and tells nobody


class SimulatedServer:
    """As many connections as it is given, each busy with a request for that request's service time.

    Of every request the time is known before, None for one that is never answered.
    """

    def __init__(self, connections: int, services_s: Sequence[float | None]) -> None:
        self.free = connections
        self.sent: list[tuple[float, float]] = []
        self.arrivals: ArrivalQueue
        self._services_s = services_s

    def begin(self, scheduled: ScheduledRequest) -> bool:
        if not self.free:
            return False
        self.free -= 1
        self._serve(scheduled)
        return True

    def _serve(self, scheduled: ScheduledRequest) -> None:
        loop = asyncio.get_running_loop()
        sent_s = loop.time()
        service_s = self._services_s[len(self.sent) % len(self._services_s)]
        self.sent.append((scheduled.intended_s, sent_s))
        outcome = Outcome.OK if service_s is not None and service_s <= TIMEOUT_S else Outcome.TIMEOUT
        loop.call_later(min(service_s or TIMEOUT_S, TIMEOUT_S), self._end, scheduled, outcome, sent_s)

    def _end(self, scheduled: ScheduledRequest, outcome: Outcome, sent_s: float) -> None:
        self.arrivals.record(scheduled, outcome, sent_s, nan, asyncio.get_running_loop().time(), b"")
        upcoming = self.arrivals.next()
        if upcoming is None:
            self.free += 1
        else:
            self._serve(upcoming)


def simulate(load: OpenLoop, services_s: Sequence[float | None], seed: int) -> tuple[Tally, SimulatedServer, float]:
    """Return a shard's counts of that load on such a server, what was sent when, and when the window opened."""
    loop = SimulatedLoop()
    (share,) = split(load, 1)
    job = Job(Address("simulated", 80), (Call(Workload("/"), Expectation(200)),), load, TIMEOUT_S)
    server = SimulatedServer(load.connections, services_s)

    async def run() -> tuple[Tally, float]:
        log = OpenRequestLog(1.0, timeout_s=TIMEOUT_S)
        server.arrivals = arrivals = ArrivalQueue(job, share, log, server.begin)
        opened_s = loop.time() + 1.0
        log.open(opened_s, opened_s + load.duration_s)
        arrivals.follow(opened_s + float(moment_s) for moment_s in arrivals_s(load, 0, 1, seed))
        await asyncio.sleep(1.0 + load.duration_s)
        await arrivals.settle(opened_s + load.duration_s + TIMEOUT_S)
        # What was sent and is not answered yet has timed out for the window; here it ends by itself, later.
        await asyncio.sleep(2 * TIMEOUT_S)
        log.close(opened_s + load.duration_s, ())
        return log.tally(), opened_s

    with pytest.MonkeyPatch.context() as patched:
        for module in (timer_module, arrivals_module, dispatcher_module):
            patched.setattr(module, "clock", loop.time)
        patched.setattr(dispatcher_module, "precise_timer", timer_module._LoopTimer)
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            tally, opened_s = runner.run(run())
    return tally, server, opened_s


LOADS = st.builds(
    OpenLoop,
    rate_rps=st.floats(0.1, 50),
    duration_s=st.floats(1, 60),
    arrivals=st.sampled_from(["constant", "poisson"]),
    connections=st.integers(1, 8),
)
SERVICES_S = st.lists(st.none() | st.floats(0.0001, 40), min_size=1, max_size=20)
RELAXED = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@RELAXED
@given(LOADS, SERVICES_S, st.integers(0, 2**32))
def test_every_arrival_is_counted_once_on_any_server(load: OpenLoop, services_s: list[float | None], seed: int) -> None:
    """Requests are the scheduled ones, in order, never early, and unsent only after the whole timeout."""
    tally, server, opened_s = simulate(load, services_s, seed)
    scheduled = arrivals_s(load, 0, 1, seed).size
    unsent = tally.outcomes.get(Outcome.UNSENT, 0)
    assert sum(tally.outcomes.values()) == scheduled
    assert len(server.sent) == scheduled - unsent
    assert server.sent == sorted(server.sent)
    assert all(intended_s <= sent_s <= intended_s + TIMEOUT_S + GRAIN_S for intended_s, sent_s in server.sent)
    assert tally.lateness is not None
    assert tally.lateness.count == len(server.sent)
    censored = unsent + tally.outcomes.get(Outcome.TIMEOUT, 0)
    assert tally.latency.count == tally.outcomes.get(Outcome.OK, 0) + censored == scheduled
    if censored == scheduled > 0:
        assert tally.latency.min_ns >= TIMEOUT_S * 1e9 * 0.999
    assert opened_s > 0


@RELAXED
@given(LOADS, st.floats(0.0001, 3), st.integers(0, 2**32))
def test_waits_are_those_of_the_queue(load: OpenLoop, service_s: float, seed: int) -> None:
    """With one service time the latencies are those of a queue with so many servers, computed one by one."""
    tally, _, _ = simulate(load, [service_s], seed)
    free_s = [0.0] * load.connections
    waits_s = []
    for moment_s in arrivals_s(load, 0, 1, seed).tolist():
        start_s = max(moment_s, free_s[0])
        if start_s - moment_s > TIMEOUT_S - 1:
            return  # some would be unsent, and that is not what this is about
        heapreplace(free_s, start_s + service_s)
        waits_s.append(start_s + service_s - moment_s)
    assert tally.outcomes == ({Outcome.OK: len(waits_s)} if waits_s else {})
    if waits_s:
        # Late by an timer's grain at most, and what follows in a busy period no more than that.
        assert sum(waits_s) <= tally.latency.total_ns / 1e9 + 1e-6
        assert tally.latency.mean_ns / 1e9 == pytest.approx(sum(waits_s) / len(waits_s), abs=2 * GRAIN_S)
        assert tally.latency.max_ns / 1e9 == pytest.approx(max(waits_s), abs=2 * GRAIN_S)
