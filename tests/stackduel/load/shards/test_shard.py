"""A shard's window: what it counts, when, and how true its times are."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from itertools import pairwise
from math import inf
from statistics import fmean

import numpy as np
import pytest

from stackduel.load.clock import clock, until
from stackduel.load.schedule.shares import Share, split
from stackduel.load.shards.shard import run_shard
from stackduel.model.driver import DriverName
from stackduel.model.measurement import Expectation, Measurement
from stackduel.model.suite import ClosedLoop, Workload
from stackduel.model.target import Address
from tests.stackduel.load.measuring import FakeCoordinator, job_for, measure
from tests.stackduel.load.scripted import ANSWER, ScriptedServer, Visit, answer_after, answer_all
from tests.stackduel.load.timed import Truth, serving_apart


def test_a_load_of_fixed_requests_sends_exactly_these(driver: DriverName) -> None:
    """Warm-up and window of a fixed load take as many requests as they say, not one more."""
    with ScriptedServer(answer_all) as server:
        coordinator = FakeCoordinator()
        found = measure(
            job_for(server.address, ClosedLoop(4, requests=25, warmup_requests=6), driver=driver), coordinator
        )
    assert server.requests == 31
    assert (found.requests, found.warmup.requests, found.cut_off) == (25, 6, 0)
    assert coordinator.heard == ["warm", "started", "stopped"]


def test_a_fixed_load_with_fewer_requests_than_connections(driver: DriverName) -> None:
    """Connections for which there is no request stay idle."""
    with ScriptedServer(answer_all) as server:
        found = measure(job_for(server.address, ClosedLoop(10, requests=3), driver=driver))
    assert (server.requests, found.requests) == (3, 3)


def test_a_fixed_load_may_warm_up_for_a_time(driver: DriverName) -> None:
    """A warm-up in seconds before a fixed load runs as a closed loop, and stops before the window."""
    with ScriptedServer(answer_after(lambda _: 0.02)) as server:
        found = measure(job_for(server.address, ClosedLoop(2, requests=4, warmup_s=0.3), driver=driver))
    assert found.requests == 4
    assert 20 <= found.warmup.requests <= 32
    assert server.requests == found.warmup.requests + 4


def test_a_window_counts_what_completes_in_it(driver: DriverName) -> None:
    """Requests are warm-up, in the window or cut off, by the moment of their answer, and each is one of these."""
    # The last on each connection is held past the end: else another could be sent before the end is noticed.
    with ScriptedServer(answer_after(lambda number: 0.1 if number < 10 else 3.0)) as server:
        load = ClosedLoop(8, duration_s=1.0, warmup_s=0.2, warmup_requests=40)
        found = measure(job_for(server.address, load, driver=driver))
    assert found.warmup.requests >= 40
    assert found.warmup.duration_s >= 0.2
    assert found.cut_off == 8
    assert server.requests == found.warmup.requests + found.requests + found.cut_off == 88
    assert found.duration_s == pytest.approx(1.0)


def test_a_window_goes_on_where_the_warm_up_ended() -> None:
    """There is no pause before the window of a closed loop: in its first instant, all connections are busy."""
    with ScriptedServer(answer_after(lambda _: 0.1)) as server:
        found = measure(job_for(server.address, ClosedLoop(16, duration_s=0.05, warmup_s=0.15)))
    assert found.in_flight_mean == pytest.approx(16, rel=0.01)


def test_little_s_law_holds(driver: DriverName) -> None:
    """In a closed loop the mean in flight is the number of connections, and so is the rate times the mean latency."""
    with ScriptedServer(answer_after(lambda number: 0.01 * (1 + number % 3))) as server:
        found = measure(job_for(server.address, ClosedLoop(6, duration_s=1.5, warmup_s=0.2), driver=driver))
    assert found.in_flight_mean == pytest.approx(6, rel=0.02)
    # An answer that completes in the window counts whole, whenever it was sent: at most one a connection, at each edge.
    edges = 6 * found.latency.max_ns / 1e9 / found.duration_s
    assert found.succeeded / found.duration_s * found.latency.mean_ns / 1e9 == pytest.approx(6, abs=0.12 + edges)


def test_the_rate_of_a_server_with_one_service_time(driver: DriverName) -> None:
    """Forty clients of a server that takes 400 ms get 40 / 400 ms answers a second within 2 %, as late as it says."""

    def is_true(found: Measurement, truth: Truth) -> bool:
        rate_rps = found.succeeded / found.duration_s
        return rate_rps == pytest.approx(40 / fmean(truth.served_s), rel=0.02) and close(found, truth, 0.5)

    come_true(is_true, [0.4], 40, ClosedLoop(40, duration_s=2.4, warmup_s=0.9), driver)


def test_quantiles_of_a_server_with_two_service_times() -> None:
    """With one answer in ten after 600 ms and the others after 200, each quantile is the one or the other."""

    def is_true(found: Measurement, truth: Truth) -> bool:
        assert truth.quantile_ms(0.95) - truth.quantile_ms(0.85) > 300
        return all(close(found, truth, q) for q in (0.25, 0.5, 0.85, 0.95))

    come_true(is_true, [0.2] * 9 + [0.6], 1, ClosedLoop(10, duration_s=2.5, warmup_s=0.1), "raw")


def close(found: Measurement, truth: Truth, q: float) -> bool:
    """Whether a quantile is the server's own, within 1 % or 1 ms."""
    return found.latency.quantile_ns(q) / 1e6 == pytest.approx(truth.quantile_ms(q), rel=0.01, abs=1)


def come_true(
    is_true: Callable[[Measurement, Truth], bool],
    delays_s: list[float],
    phases: int,
    load: ClosedLoop,
    driver: DriverName,
) -> None:
    """Measure until it is true, as a busy machine disturbs both sides, and fail when it never is."""
    seen = []
    for _ in range(8):
        with serving_apart(delays_s, phases) as truth:
            found = measure(job_for(truth.address, load, driver=driver))
        if is_true(found, truth):
            return
        seen.append((found.succeeded, found.latency.quantile_ns(0.5) / 1e6, truth.quantile_ms(0.5)))
    raise AssertionError(f"never true: {seen}")


def test_the_timeline_shows_when_a_server_froze() -> None:
    """A server that stops for half a second in mid-window leaves empty slices just there."""
    opened_s = inf

    def note_opening() -> None:
        nonlocal opened_s
        opened_s = clock()

    async def freezing(visit: Visit) -> None:
        async for _ in visit.requests():
            if 0.5 <= clock() - opened_s < 1.0:
                await until(opened_s + 1.0)
            await asyncio.sleep(0.005)
            await visit.send(ANSWER)

    with ScriptedServer(freezing) as server:
        found = measure(job_for(server.address, ClosedLoop(4, duration_s=1.5)), FakeCoordinator(note_opening))
    assert [round(window.t_s, 1) for window in found.timeline] == [round(0.1 * i, 1) for i in range(15)]
    assert all(window.requests == 0 for window in found.timeline if 0.59 < window.t_s < 0.89)
    assert all(window.requests > 0 for window in found.timeline if window.t_s < 0.39 or window.t_s > 1.09)
    assert sum(window.requests for window in found.timeline) == found.requests


def test_progress_is_reported_twice_a_second() -> None:
    """While the window is open, and only then, the requests so far are told, in numbers that only grow."""
    with ScriptedServer(answer_after(lambda _: 0.005)) as server:
        coordinator = FakeCoordinator()
        found = measure(job_for(server.address, ClosedLoop(2, duration_s=1.8, warmup_s=0.6)), coordinator)
    assert 2 <= len(coordinator.reports) <= 4
    assert all(before[0] <= after[0] and before[1] < after[1] for before, after in pairwise(coordinator.reports))
    assert coordinator.reports[-1][0] <= found.requests
    assert coordinator.reports[-1][1] <= 1.8
    assert all(recent_ms is not None and 5 <= recent_ms < 100 for recent_ms in coordinator.recent_ms)


def test_the_plain_asyncio_loop_works_too(driver: DriverName) -> None:
    """Where no faster loop is installed, asyncio's own carries the same load, and the result says so."""
    with ScriptedServer(answer_all) as server:
        job = job_for(server.address, ClosedLoop(4, requests=200, warmup_requests=5), driver=driver)
        found = measure(job, loop_factory=asyncio.new_event_loop)
    assert found.outcomes == {"ok": 200}
    assert found.generator.loop == "asyncio"


def test_the_generator_s_own_use_is_told() -> None:
    """CPU time, driver and loop of the generator stand beside what it measured."""
    with ScriptedServer(answer_all) as server:
        use = measure(job_for(server.address, ClosedLoop(4, duration_s=0.4))).generator
    assert (use.driver, use.shards, use.loop) == ("raw", 1, "uvloop")
    assert use.cpu_s > 0
    assert use.busiest == pytest.approx(use.cpu_s / 0.4)


def test_the_garbage_collector_is_off_in_the_window_only() -> None:
    """Collections do not disturb the window; afterwards the collector works as before."""
    seen: list[bool] = []
    with ScriptedServer(answer_all) as server:
        measure(
            job_for(server.address, ClosedLoop(1, requests=1)), FakeCoordinator(lambda: seen.append(gc.isenabled()))
        )
    assert seen == [False]
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_connections_leave_no_garbage_behind() -> None:
    """A server that closes each connection makes no cyclic garbage: memory stays flat without a collector."""

    async def close_each(visit: Visit) -> None:
        if await visit.request():
            await visit.send(ANSWER.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))

    kept: list[int] = []

    class Counting(FakeCoordinator):
        def started(self, opened_s: float) -> None:
            gc.collect()
            gc.freeze()

        def stopped(self) -> None:
            kept.append(sum(type(each).__module__.startswith("stackduel.load") for each in gc.get_objects()))

    with ScriptedServer(close_each) as server:
        measure(job_for(server.address, ClosedLoop(2, requests=1000, warmup_requests=10)), Counting())
    assert kept[0] < 1100


def test_an_error_in_a_callback_ends_the_load(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of our own in the hot path is raised, not swallowed and not waited out."""

    def broken(self: object, **_: object) -> None:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(Expectation, "judge", broken)
    with ScriptedServer(answer_all) as server:
        wrong = Expectation.of(500, b"", "body")
        with pytest.raises(Exception, match=r"callback|fault"):
            measure(job_for(server.address, ClosedLoop(2, duration_s=5.0), expectation=wrong))


def test_raw_cannot_speak_tls() -> None:
    """A job that its driver cannot carry out is refused before anything is sent."""
    with pytest.raises(ValueError, match="TLS"):
        measure(job_for(Address("127.0.0.1", 1, tls=True), ClosedLoop(1, requests=1)))
    with pytest.raises(ValueError, match="HEAD"):
        measure(job_for(Address("127.0.0.1", 1), ClosedLoop(1, requests=1), workload=Workload("/", "HEAD")))


def test_two_shards_in_one_process() -> None:
    """Shares of a load open the connections that the whole would have, and their requests add up."""
    shares: tuple[Share, ...] = split(ClosedLoop(5, requests=31), 2)

    async def both(address: Address) -> list[int]:
        job = job_for(address, ClosedLoop(5, requests=31))
        found = await asyncio.gather(*(run_shard(job, share, FakeCoordinator()) for share in shares))
        return [int(np.sum(part.tally.latency.counts)) for part in found]

    with ScriptedServer(answer_all) as server:
        assert asyncio.run(both(server.address)) == [16, 15]
        assert (server.requests, server.connections) == (31, 5)
