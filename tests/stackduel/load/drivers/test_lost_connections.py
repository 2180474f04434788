"""Both drivers against servers that drop, refuse, stall and die: nothing hangs, and nothing is lost."""

from __future__ import annotations

import asyncio
import resource
import socket
import threading
import time

import pytest

from stackduel.model.driver import DriverName
from stackduel.model.suite import ClosedLoop, Workload
from stackduel.model.target import Address
from tests.stackduel.load.measuring import FakeCoordinator, job_for, measure
from tests.stackduel.load.scripted import ANSWER, Script, ScriptedServer, Visit, answer, answer_after, answer_all

POST = Workload("/", "POST", body=b"x")


def closing_after(answers: int) -> Script:
    """A server that closes each connection after so many answers, as one does that found it idle."""

    async def script(visit: Visit) -> None:
        for _ in range(answers):
            if not await visit.request():
                return
            await visit.send(ANSWER)

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


def test_kept_connections_that_the_server_closed_are_replaced(driver: DriverName) -> None:
    """Requests that met a connection closed meanwhile are sent again on a new one, once each, and none is lost."""
    with ScriptedServer(closing_after(7)) as server:
        found = measure(job_for(server.address, ClosedLoop(4, requests=700), driver=driver))
    assert found.outcomes == {"ok": 700}
    assert 95 <= found.reconnects <= 100
    assert found.resent == found.reconnects
    assert server.requests <= 700 + found.resent


def test_dropped_requests_that_may_be_sent_twice(driver: DriverName) -> None:
    """One request in a hundred is dropped by the server, and each of them succeeds the second time."""
    with ScriptedServer(dropping_each(100)) as server:
        found = measure(job_for(server.address, ClosedLoop(4, requests=991), driver=driver))
    assert found.outcomes == {"ok": 991}
    assert found.resent == found.reconnects == 10
    assert server.requests == 1001


def test_dropped_requests_that_may_not_be_sent_twice(driver: DriverName) -> None:
    """A request that is not idempotent is never repeated: one in a hundred fails, exactly."""
    with ScriptedServer(dropping_each(100)) as server:
        found = measure(job_for(server.address, ClosedLoop(4, requests=1000), driver=driver, workload=POST))
    assert found.outcomes == {"ok": 990, "reset": 10}
    assert found.resent == 0
    assert server.requests == 1000


def test_a_request_is_sent_again_only_once(driver: DriverName) -> None:
    """A request that was sent twice and still got no answer has failed; the next one is a new request."""

    async def only_the_first(visit: Visit) -> None:
        if visit.number == 0 and await visit.request():
            await visit.send(ANSWER)
        await visit.request()

    with ScriptedServer(only_the_first) as server:
        found = measure(job_for(server.address, ClosedLoop(1, requests=3), driver=driver))
    assert found.outcomes == {"ok": 1, "reset": 2}
    assert found.resent == 1


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
    """What was in flight fails, what comes after is refused, and the window closes when it should."""
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
    """What a server says when nobody asked costs it the connection, and is no answer to the request after."""

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
