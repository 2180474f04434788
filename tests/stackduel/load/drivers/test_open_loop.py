"""Open loops: every arrival is sent at its time, counted once, and measured from when it was to be sent."""

from __future__ import annotations

import asyncio
import gc
import socket
import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackduel.load.drivers.scheduled_connection import ScheduledConnection
from stackduel.load.schedule.arrivals import arrivals_s
from stackduel.model.driver import DriverName
from stackduel.model.measurement import Measurement, Outcome
from stackduel.model.suite import ArrivalProcess, OpenLoop, Workload
from stackduel.model.target import Address
from tests.stackduel.load.measuring import HTTP_DRIVERS, FakeCoordinator, job_for, measure
from tests.stackduel.load.scripted import ANSWER, Script, ScriptedServer, Visit, answer, answer_after, answer_all

POST = Workload("/", "POST", body=b"x")


def holds_together(found: Measurement) -> None:
    """Assert what is true of every open loop, whatever its server does."""
    assert found.requests == found.scheduled == sum(found.outcomes.values()) == found.succeeded + found.failed
    assert (found.cut_off, found.cut_off_s) == (0, 0.0)
    assert found.completed <= found.succeeded
    censored = found.outcomes.get(Outcome.TIMEOUT, 0) + found.outcomes.get(Outcome.UNSENT, 0)
    assert found.latency.count == found.succeeded + censored
    assert found.service is not None
    assert found.lateness is not None
    assert found.service.count == found.succeeded
    assert found.lateness.count == found.requests - found.outcomes.get(Outcome.UNSENT, 0)
    assert sum(window.requests for window in found.timeline) == found.requests
    assert sum(window.failed for window in found.timeline) == found.failed


@pytest.mark.parametrize("arrivals", ["constant", "poisson"])
def test_all_that_is_scheduled_is_sent(arrivals: ArrivalProcess, driver: DriverName) -> None:
    """A quick server gets every arrival of the schedule, after a warm-up at the same rate, and answers all in time."""
    load = OpenLoop(200, 1.0, arrivals, warmup_s=0.5)
    with ScriptedServer(answer_all) as server:
        found = measure(job_for(server.address, load, driver=driver))
    holds_together(found)
    assert found.outcomes == {"ok": arrivals_s(load, 0, 1, seed=0).size}
    assert found.warmup.requests == pytest.approx(100, rel=0.4)
    assert server.requests == pytest.approx(found.warmup.requests + found.requests, abs=2)
    assert found.duration_s == pytest.approx(1.0)


def test_a_window_without_a_warm_up(driver: DriverName) -> None:
    """Where nobody asked for a warm-up, nothing is sent before the window."""
    with ScriptedServer(answer_all) as server:
        found = measure(job_for(server.address, OpenLoop(100, 0.5), driver=driver))
    assert (server.requests, found.requests, found.warmup.requests) == (50, 50, 0)


def test_there_is_no_pause_between_warm_up_and_window() -> None:
    """However long the others take to get warm, arrivals go on until the window opens, and go over into its own."""
    came_s: list[float] = []

    async def script(visit: Visit) -> None:
        async for _ in visit.requests():
            came_s.append(asyncio.get_running_loop().time())
            await visit.send(ANSWER)

    class Late(FakeCoordinator):
        async def start(self) -> float | None:
            await asyncio.sleep(0.4)
            return None

    with ScriptedServer(script) as server:
        found = measure(job_for(server.address, OpenLoop(50, 0.4, warmup_s=0.1)), Late())
    assert found.warmup.requests >= 20
    assert found.requests == 20
    assert max(after - before for before, after in pairwise(came_s)) < 0.15


def test_arrivals_do_not_wait_for_answers(driver: DriverName) -> None:
    """A server that takes long is sent as much as a quick one, on as many connections as that needs."""
    with ScriptedServer(answer_after(lambda _: 0.3)) as server:
        found = measure(job_for(server.address, OpenLoop(100, 0.5), driver=driver))
    holds_together(found)
    assert found.outcomes == {"ok": 50}
    assert 0 < found.completed < 35
    assert 28 <= server.connections <= 50
    assert found.latency.min_ns >= 0.3e9
    assert found.reconnects == 0


def test_connections_are_used_again(driver: DriverName) -> None:
    """A quick server sees no more connections than there are requests at once."""
    with ScriptedServer(answer_all) as server:
        measure(job_for(server.address, OpenLoop(100, 0.6), driver=driver))
    assert server.connections <= 12


def test_idle_connections_take_turns() -> None:
    """The connection that has been idle for longest is used first: all that were opened share the work."""
    details: list[int] = []

    async def script(visit: Visit) -> None:
        async for _ in visit.requests():
            details.append(visit.number)
            # The first four take so long that four connections are opened.
            await asyncio.sleep(0.2 if visit.server.requests <= 4 else 0.0)
            await visit.send(ANSWER)

    with ScriptedServer(script) as server:
        measure(job_for(server.address, OpenLoop(40, 1.0, connections=4)))
    assert sorted(details[-4:]) == [0, 1, 2, 3]
    assert details[-8:-4] == details[-4:]


def test_what_finds_no_connection_waits_its_turn(driver: DriverName) -> None:
    """On one connection, forty requests a second of 50 ms each wait ever longer: it is latency, and told apart."""
    with ScriptedServer(answer_after(lambda _: 0.05)) as server:
        found = measure(job_for(server.address, OpenLoop(40, 0.5, connections=1), driver=driver))
    holds_together(found)
    assert found.outcomes == {"ok": 20}
    assert server.connections == 1
    assert found.service is not None
    assert found.lateness is not None
    assert found.service.quantile_ns(0.5) / 1e6 == pytest.approx(51, abs=15)
    # The last of 20 begins after 19 services, 0.475 s after the first was to be sent.
    assert found.lateness.max_ns / 1e6 >= 19 * 50 - 475
    assert found.latency.max_ns / 1e6 >= 20 * 50 - 475
    assert found.in_flight_mean == pytest.approx(1, abs=0.1)


def test_what_waits_too_long_is_unsent(driver: DriverName) -> None:
    """Where a request hangs on the only connection, some behind it are never sent; all count at the timeout."""
    with ScriptedServer(answer()) as server:
        found = measure(job_for(server.address, OpenLoop(50, 0.4, connections=1), driver=driver, timeout_s=0.3))
    holds_together(found)
    assert set(found.outcomes) == {"timeout", "unsent"}
    assert found.latency.count == 20
    assert found.latency.min_ns >= 0.3e9
    assert found.service is not None
    assert found.service.count == 0


def test_a_server_that_never_answers_ends_in_time(driver: DriverName) -> None:
    """Every arrival times out, the last one timeout after it was to be sent, and the shard waits no longer."""
    with ScriptedServer(answer()) as server:
        coordinator = FakeCoordinator()
        found = measure(job_for(server.address, OpenLoop(50, 0.3), driver=driver, timeout_s=0.5), coordinator)
    holds_together(found)
    assert found.outcomes == {"timeout": 15}
    assert found.completed == 0
    assert 0.5e9 <= found.latency.min_ns <= found.latency.max_ns < 0.75e9
    assert coordinator.heard == ["warm", "started", "stopped"]


def test_answers_after_the_window_count(driver: DriverName) -> None:
    """A request of the window belongs to it, be it answered later: in its last slice, as not completed."""
    with ScriptedServer(answer_after(lambda _: 0.4)) as server:
        found = measure(job_for(server.address, OpenLoop(50, 0.3), driver=driver))
    holds_together(found)
    assert found.outcomes == {"ok": 15}
    assert found.completed == 0
    assert [window.requests for window in found.timeline] == [0, 0, 15]
    assert found.in_flight_mean == pytest.approx(7.5, rel=0.1)


def test_nobody_listens(driver: DriverName) -> None:
    """Refused arrivals fail one by one at once: nothing is held back, and nothing tried again."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = Address(*closed.getsockname())
    found = measure(job_for(address, OpenLoop(100, 0.3, connections=4), driver=driver))
    holds_together(found)
    assert found.outcomes == {"refused": 30}
    assert found.latency.count == 0


def test_a_connection_for_each_request(driver: DriverName) -> None:
    """A server that closes each connection after its answer gets a new one for each arrival."""

    async def close_each(visit: Visit) -> None:
        if await visit.request():
            await visit.send(ANSWER.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))

    with ScriptedServer(close_each) as server:
        found = measure(job_for(server.address, OpenLoop(50, 1.0, connections=4), driver=driver))
    holds_together(found)
    assert found.outcomes == {"ok": 50}
    assert server.connections == 50
    assert found.reconnects >= 45
    assert found.resent == 0


def test_a_kept_connection_that_is_closed_meanwhile(driver: DriverName) -> None:
    """A request that met the end of its connection is sent again, and its latency still counts from the first time."""

    async def every_third(visit: Visit) -> None:
        for _ in range(3):
            if not await visit.request():
                return
            await visit.send(ANSWER)
        await visit.request()

    with ScriptedServer(every_third) as server:
        load = OpenLoop(10, 1.2, connections=1)
        found = measure(job_for(server.address, load, driver=driver, resend_idle_s=0.01))
        again = measure(job_for(server.address, load, driver=driver, workload=POST, resend_idle_s=0.01))
    holds_together(found)
    holds_together(again)
    assert found.outcomes == {"ok": 12}
    assert found.resent == 3
    assert again.resent == 0
    assert again.outcomes == {"ok": 9, "dropped": 3}


def test_a_busy_generator_drops_nothing(driver: DriverName) -> None:
    """Arrivals that fell due while the process was held up are all sent afterwards, and their lateness is told."""

    class Holding(FakeCoordinator):
        def started(self, opened_s: float) -> None:
            time.sleep(0.3)

    with ScriptedServer(answer_all) as server:
        found = measure(job_for(server.address, OpenLoop(100, 0.5), driver=driver), Holding())
    holds_together(found)
    assert found.outcomes == {"ok": 50}
    assert found.lateness is not None
    assert found.lateness.max_ns >= 0.28e9
    assert found.latency.max_ns >= found.lateness.max_ns


SCRIPTS: dict[str, Callable[[float], Script]] = {
    "answers": lambda delay_s: answer_after(lambda _: delay_s),
    "silent": lambda _: answer(),
    "garbage": lambda _: answer(b"\x00\xff"),
    "half": lambda delay_s: answer(ANSWER[:20], ANSWER[20:], pause_s=delay_s),
    "moody": lambda delay_s: moody(delay_s),  # noqa: PLW0108  (it is defined below)
}


def moody(delay_s: float) -> Script:
    """A server that answers, stalls, resets and closes in turn."""

    async def script(visit: Visit) -> None:
        async for _ in visit.requests():
            mood = visit.server.requests % 5
            await asyncio.sleep(delay_s)
            if mood == 0:
                visit.reset()
                return
            if mood == 1:
                await visit.send(ANSWER[:10])
                return
            await visit.send(ANSWER if mood > 2 else ANSWER.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))

    return script


@settings(max_examples=12, deadline=None)
@given(
    kind=st.sampled_from(sorted(SCRIPTS)),
    delay_s=st.floats(0, 0.1),
    rate_rps=st.integers(20, 300),
    arrivals=st.sampled_from(["constant", "poisson"]),
    connections=st.integers(1, 20),
    driver=st.sampled_from(HTTP_DRIVERS),
)
def test_whatever_a_server_does_every_arrival_is_counted_once(
    kind: str, delay_s: float, rate_rps: int, arrivals: ArrivalProcess, connections: int, driver: DriverName
) -> None:
    """The requests are the scheduled ones, each with one outcome, on any server."""
    load = OpenLoop(rate_rps, 0.2, arrivals, connections, warmup_s=0.05)
    with ScriptedServer(SCRIPTS[kind](delay_s)) as server:
        holds_together(measure(job_for(server.address, load, driver=driver, timeout_s=0.15)))


def test_the_plain_asyncio_loop_works_too(driver: DriverName) -> None:
    """Where no faster loop is installed, arrivals are sent all the same, and never too early."""
    with ScriptedServer(answer_all) as server:
        job = job_for(server.address, OpenLoop(100, 0.5, warmup_s=0.1), driver=driver)
        found = measure(job, loop_factory=asyncio.new_event_loop)
    holds_together(found)
    assert found.outcomes == {"ok": 50}


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
            kept.append(sum(isinstance(each, ScheduledConnection) for each in gc.get_objects()))

    with ScriptedServer(close_each) as server:
        found = measure(job_for(server.address, OpenLoop(300, 2.0, first_byte=True, warmup_s=0.1)), Counting())
    assert found.outcomes == {"ok": 600}
    # Those of the last second are still held, for the server to close first.
    assert kept[0] < 450
