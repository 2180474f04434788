"""Both drivers against servers that drop, refuse, stall and die: nothing hangs, and nothing is lost."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
import threading
import time
from math import inf

import pytest

from stackduel.load.clock import clock
from stackduel.load.job import Call
from stackduel.model.driver import DriverName
from stackduel.model.suite import ClosedLoop, OpenLoop, Workload
from stackduel.model.target import Address
from tests.stackduel.load.measuring import RIGHT, FakeCoordinator, job_for, measure
from tests.stackduel.load.scripted import ANSWER, Script, ScriptedServer, Visit, answer, answer_after, answer_all

POST = Workload("/", "POST", body=b"x")


def closing_each(interval: int) -> Script:
    """A server that closes the connection right after every so manieth answer, without having said so."""

    async def script(visit: Visit) -> None:
        async for _ in visit.requests():
            last = visit.server.requests % interval == 0
            await visit.send(ANSWER)
            if last:
                return

    return script


def dropping_each(interval: int) -> Script:
    """A server that reads every so manieth request, counted over all connections, and resets instead of answering."""

    async def script(visit: Visit) -> None:
        async for _ in visit.requests():
            if visit.server.requests % interval == 0:
                visit.reset()
                return
            await visit.send(ANSWER)

    return script


def closing_idle(longest_s: float) -> Script:
    """A server whose close of an idle connection crosses with the next request: it resets on requests after a rest."""

    async def script(visit: Visit) -> None:
        answered_s = inf
        async for _ in visit.requests():
            if clock() - answered_s > longest_s:
                visit.reset()
                return
            await visit.send(ANSWER)
            answered_s = clock()

    return script


def test_connections_that_close_right_after_an_answer() -> None:
    """A request that meets a connection closed a moment ago is lost, and shown so: nothing waits in a closed loop."""
    with ScriptedServer(closing_each(100)) as server:
        found = measure(job_for(server.address, ClosedLoop(4, requests=1000)))
    assert found.outcomes["ok"] + found.outcomes["dropped"] == 1000
    assert 8 <= found.outcomes["dropped"] <= 10
    assert found.resent == 0


def test_connections_that_close_right_after_an_answer_in_a_full_client() -> None:
    """aiohttp may see the close in time, and then opens another connection; what it does not see is lost and shown."""
    with ScriptedServer(closing_each(100)) as server:
        found = measure(job_for(server.address, ClosedLoop(4, requests=1000), driver="aiohttp"))
    assert found.outcomes["ok"] + found.outcomes.get("dropped", 0) == 1000
    assert found.resent == 0
    assert 8 <= found.reconnects <= 10


@pytest.mark.parametrize("workload", [Workload("/"), POST])
def test_dropped_requests_are_failures(driver: DriverName, workload: Workload) -> None:
    """One request in a hundred is dropped by a server that was busy all the time: one in a hundred fails, exactly."""
    with ScriptedServer(dropping_each(100)) as server:
        found = measure(job_for(server.address, ClosedLoop(4, requests=1000), driver=driver, workload=workload))
    assert found.outcomes == {"ok": 990, "dropped": 10}
    assert found.resent == 0
    assert 9 <= found.reconnects <= 10  # after the very last request nothing is opened
    assert server.requests == 1000


def test_dropped_requests_of_a_mix_are_failures() -> None:
    """Requests that are drawn, and timed by their first byte, are no more sent again than all others."""
    calls = (Call(Workload("/"), RIGHT), Call(Workload("/other"), RIGHT))
    with ScriptedServer(dropping_each(100)) as server:
        found = measure(job_for(server.address, ClosedLoop(4, requests=1000, first_byte=True), calls=calls))
    assert found.outcomes == {"ok": 990, "dropped": 10}
    assert found.resent == 0


def test_dropped_requests_of_a_busy_open_loop_are_failures(driver: DriverName) -> None:
    """An arrival that takes a connection used a few milliseconds ago is not sent again either."""
    with ScriptedServer(dropping_each(50)) as server:
        load = OpenLoop(rate_rps=200, duration_s=1.0, connections=1)
        found = measure(job_for(server.address, load, driver=driver, resend_idle_s=10.0))
    assert found.outcomes == {"ok": 196, "dropped": 4}
    assert found.resent == 0


def test_requests_on_connections_that_were_idle_are_sent_again(driver: DriverName) -> None:
    """Where the server may have closed the connection for being idle, the request goes out again, and is counted."""
    with ScriptedServer(closing_idle(0.1)) as server:
        load = OpenLoop(rate_rps=4, duration_s=1.5, connections=1)
        found = measure(job_for(server.address, load, driver=driver))
    assert found.outcomes == {"ok": 6}
    assert found.resent == 5
    assert server.requests == 11


def test_the_idle_time_is_a_setting(driver: DriverName) -> None:
    """Connections that were idle for less than the setting were closed for another reason: the requests failed."""
    with ScriptedServer(closing_idle(0.1)) as server:
        load = OpenLoop(rate_rps=4, duration_s=1.5, connections=1)
        found = measure(job_for(server.address, load, driver=driver, resend_idle_s=60.0))
    assert found.outcomes == {"ok": 3, "dropped": 3}
    assert found.resent == 0


def test_requests_that_may_not_be_repeated_fail_on_idle_connections_too(driver: DriverName) -> None:
    """A POST is never sent twice (RFC 9110, 9.2.2)."""
    with ScriptedServer(closing_idle(0.1)) as server:
        load = OpenLoop(rate_rps=4, duration_s=1.5, connections=1)
        found = measure(job_for(server.address, load, driver=driver, workload=POST))
    assert found.outcomes == {"ok": 3, "dropped": 3}
    assert found.resent == 0


def test_a_server_that_closes_idle_connections_in_time_costs_nothing(driver: DriverName) -> None:
    """A close that arrives before the next request costs a new connection, and nothing is sent twice."""

    async def impatient(visit: Visit) -> None:
        with contextlib.suppress(TimeoutError):
            while await asyncio.wait_for(visit.request(), 0.05):
                await visit.send(ANSWER)

    with ScriptedServer(impatient) as server:
        load = OpenLoop(rate_rps=2, duration_s=1.5, connections=1)
        found = measure(job_for(server.address, load, driver=driver))
    assert found.outcomes == {"ok": 3}
    assert found.resent == 0
    assert server.connections == 3


def test_a_request_is_sent_again_only_once(driver: DriverName) -> None:
    """A request that was sent twice and still got no answer has failed; the next one is a new request."""

    async def only_the_first(visit: Visit) -> None:
        if visit.number == 0 and await visit.request():
            await visit.send(ANSWER)
        await visit.request()

    with ScriptedServer(only_the_first) as server:
        found = measure(job_for(server.address, OpenLoop(rate_rps=4, duration_s=0.75, connections=1), driver=driver))
    assert found.outcomes == {"ok": 1, "reset": 2}
    assert found.resent == 1


def test_a_victim_s_requests_that_were_sent_again_are_counted() -> None:
    """The endpoint beside the load loses its requests as any other: those sent again are told, those lost failed."""
    victim = Call(Workload("/victim"), RIGHT)

    async def moody(visit: Visit) -> None:
        answered_s = inf
        async for request in visit.requests():
            if b"/victim" in request and clock() - answered_s > 0.05:
                visit.reset()
                return
            await visit.send(ANSWER)
            answered_s = clock()

    load = ClosedLoop(1, duration_s=1.0)
    with ScriptedServer(moody) as server:
        again = measure(job_for(server.address, load, victim=victim, resend_idle_s=0.05)).victim
        lost = measure(job_for(server.address, load, victim=victim, resend_idle_s=60.0)).victim
    assert again is not None
    assert again.failed == 0
    assert (again.resent or 0) >= 3
    assert lost is not None
    assert lost.failed >= 3
    assert lost.resent == 0


def test_new_connections_that_are_closed_without_an_answer(driver: DriverName) -> None:
    """A server that accepts and closes fails each request at once; there is no second try on a new connection."""

    async def slam(visit: Visit) -> None:
        await visit.request()

    with ScriptedServer(slam) as server:
        found = measure(job_for(server.address, ClosedLoop(2, requests=20), driver=driver))
    assert found.outcomes == {"reset": 20}
    assert found.resent == 0


@pytest.mark.parametrize("bytes_sent", [1, 30, len(ANSWER) - 1])
@pytest.mark.parametrize("hard", [False, True])
def test_answers_that_break_off(bytes_sent: int, hard: bool) -> None:
    """An answer that is cut anywhere is truncated, whether its connection was closed or reset."""

    async def break_off(visit: Visit) -> None:
        if await visit.request():
            await visit.send(ANSWER[:bytes_sent])
            await asyncio.sleep(0.01)
            if hard:
                visit.reset()

    with ScriptedServer(break_off) as server:
        found = measure(job_for(server.address, ClosedLoop(2, requests=10)))
    assert found.outcomes == {"truncated": 10}
    assert found.reconnects == 8


def test_bodies_that_break_off(driver: DriverName) -> None:
    """To both drivers a body that ends too early is truncated."""

    async def break_off(visit: Visit) -> None:
        if await visit.request():
            await visit.send(ANSWER[:-1])

    with ScriptedServer(break_off) as server:
        found = measure(job_for(server.address, ClosedLoop(2, requests=10), driver=driver))
    assert found.outcomes == {"truncated": 10}


def test_a_server_that_never_answers(driver: DriverName) -> None:
    """Each request times out when it should, and the load ends with the last of them."""
    with ScriptedServer(answer()) as server:
        begun_s = time.perf_counter()
        found = measure(job_for(server.address, ClosedLoop(3, requests=6), driver=driver, timeout_s=0.3))
    assert found.outcomes == {"timeout": 6}
    assert 0.6 <= found.duration_s < 0.9
    assert time.perf_counter() - begun_s < 3
    assert found.in_flight_mean == pytest.approx(3, rel=0.1)


def test_a_server_that_trickles(driver: DriverName) -> None:
    """A byte now and then does not keep a request alive beyond its timeout."""
    with ScriptedServer(answer(b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 1000, pause_s=0.02)) as server:
        found = measure(job_for(server.address, ClosedLoop(2, requests=2), driver=driver, timeout_s=0.3))
    assert found.outcomes == {"timeout": 2}


def test_a_server_that_stops_reading(driver: DriverName) -> None:
    """A large upload that the server does not take times out like any other request."""

    async def deaf(visit: Visit) -> None:
        visit.stop_reading()
        await asyncio.sleep(3600)

    upload = Workload("/", "POST", body=bytes(16 * 2**20))
    with ScriptedServer(deaf) as server:
        job = job_for(server.address, ClosedLoop(2, requests=2), driver=driver, workload=upload, timeout_s=0.3)
        assert measure(job).outcomes == {"timeout": 2}


def test_nobody_listens(driver: DriverName) -> None:
    """Refused connections are failures, tried again ever more slowly: a few a connection, not thousands."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = Address(*closed.getsockname())
    found = measure(job_for(address, ClosedLoop(4, duration_s=0.5), driver=driver))
    assert set(found.outcomes) == {"refused"}
    assert 4 <= found.failed <= 4 * 8
    assert found.duration_s == pytest.approx(0.5)


def test_refusals_use_up_a_fixed_load(driver: DriverName) -> None:
    """A load of fixed requests ends, too, when all are refused."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = Address(*closed.getsockname())
    found = measure(job_for(address, ClosedLoop(4, requests=10, warmup_requests=2), driver=driver))
    assert found.outcomes == {"refused": 10}
    assert found.warmup.requests == 2


def test_a_full_listen_queue_times_out() -> None:
    """Connections that are neither accepted nor refused end with their requests' timeouts."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = Address(*full.getsockname())
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex((address.host, address.port))
        found = measure(job_for(address, ClosedLoop(2, requests=4), timeout_s=0.3))
        for filler in fillers:
            filler.close()
    assert found.outcomes == {"timeout": 4}
    assert found.duration_s == pytest.approx(0.6, abs=0.3)


def test_a_server_that_dies_in_the_middle(driver: DriverName) -> None:
    """Requests in flight fail, those that come after are refused, and the window closes when it should."""
    with ScriptedServer(answer_after(lambda _: 0.01)) as server:
        killer = FakeCoordinator(when_started=lambda: threading.Timer(0.3, server.die).start())
        found = measure(job_for(server.address, ClosedLoop(8, duration_s=1.0), driver=driver), killer)
    assert found.outcomes["ok"] > 8 * 10
    assert found.outcomes["refused"] >= 8
    assert found.duration_s == pytest.approx(1.0)
    assert sum(found.outcomes.values()) == found.requests == found.succeeded + found.failed
    assert sum(window.requests for window in found.timeline) == found.requests
    assert sum(window.failed for window in found.timeline) == found.failed


def test_a_server_that_comes_back(driver: DriverName) -> None:
    """A server that was away during the warm-up is measured as soon as it is there."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with ScriptedServer(answer_all, port=port, listens_after_s=0.3) as server:
        found = measure(job_for(server.address, ClosedLoop(2, duration_s=0.5, warmup_s=1.0), driver=driver))
    assert set(found.outcomes) == {"ok"}
    assert found.warmup.requests > 2


def test_a_message_on_an_idle_connection() -> None:
    """An answer that nobody asked for costs the server the connection, and is none to the request after."""

    async def impatient(visit: Visit) -> None:
        if visit.number == 0:
            await asyncio.sleep(0.05)
            await visit.send(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
        async for _ in visit.requests():
            await visit.send(ANSWER)

    class Later(FakeCoordinator):
        async def start(self) -> float | None:
            await asyncio.sleep(0.2)
            return None

    with ScriptedServer(impatient) as server:
        found = measure(job_for(server.address, ClosedLoop(1, requests=1)), Later())
        assert found.outcomes == {"ok": 1}
        assert server.connections == 2


def test_the_generator_s_own_limits_are_not_the_server_s(driver: DriverName) -> None:
    """Where this machine runs out of files the load fails as a whole: no outcome of the server's could say that."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as listening:
        address = Address(*listening.getsockname())
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
        try:
            with pytest.raises(OSError, match="Too many open files"):
                measure(
                    job_for(address, ClosedLoop(200, duration_s=1.0), driver=driver),
                    loop_factory=asyncio.new_event_loop,
                )
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_an_unknown_host() -> None:
    """A name that nobody knows is an error of the load, not a refusal."""
    with pytest.raises(OSError, match=r"resolve|known|service|address"):
        measure(job_for(Address("no-such-host.invalid", 80), ClosedLoop(1, duration_s=1.0)))
