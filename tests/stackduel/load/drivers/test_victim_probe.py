"""The victim: an endpoint asked ten times a second beside a load, and never a part of its figures."""

from __future__ import annotations

import asyncio
import os
import time

import pytest

from stackduel.load.engine import local_engine
from stackduel.load.job import Call
from stackduel.model.driver import DriverName
from stackduel.model.measurement import Measurement, Victim
from stackduel.model.suite import ClosedLoop, Load, OpenLoop, Workload
from tests.stackduel.load.measuring import RIGHT, job_for, measure
from tests.stackduel.load.scripted import ANSWER, Script, ScriptedServer, Visit

VICTIM = Call(Workload("/victim"), RIGHT)
LOADS: tuple[Load, ...] = (ClosedLoop(4, duration_s=1.05, warmup_s=0.2), OpenLoop(100, 1.05, warmup_s=0.2))


def beside(load_s: float, victim_s: float, victims: list[bytes]) -> Script:
    """A server that takes so long for the load and so long for the victim, whose requests it notes."""

    async def script(visit: Visit) -> None:
        async for request in visit.requests():
            if request.startswith(b"GET /victim "):
                victims.append(request)
                await asyncio.sleep(victim_s)
            else:
                await asyncio.sleep(load_s)
            await visit.send(ANSWER)

    return script


def victim_of(found: Measurement) -> Victim:
    """The victim, which must be there."""
    assert found.victim is not None
    return found.victim


@pytest.mark.parametrize("load", LOADS, ids=["closed", "open"])
def test_a_victim_is_asked_ten_times_a_second_while_the_window_is_open(load: Load, driver: DriverName) -> None:
    """Not in the warm-up, not afterwards; and nothing of it is in the load's figures."""
    victims: list[bytes] = []
    with ScriptedServer(beside(0.01, 0.03, victims)) as server:
        found = measure(job_for(server.address, load, driver=driver, victim=VICTIM))
    victim = victim_of(found)
    assert (victim.label, victim.requests, victim.failed) == ("GET /victim", 11, 0)
    assert len(victims) == 11
    assert victim.latency.count == 11
    assert victim.latency.min_ns >= 0.029e9
    assert found.requests == found.latency.count
    assert found.latency.quantile_ns(0.5) < 0.03e9
    assert found.calls == ()


def test_a_victim_of_a_load_whose_duration_nobody_knows(driver: DriverName) -> None:
    """It is asked from the opening of a load of fixed requests until the last of these is answered."""
    victims: list[bytes] = []
    with ScriptedServer(beside(0.1, 0.0, victims)) as server:
        found = measure(job_for(server.address, ClosedLoop(1, requests=8), driver=driver, victim=VICTIM))
    assert found.outcomes == {"ok": 8}
    assert victim_of(found).requests == pytest.approx(10 * found.duration_s, abs=1.01)


def test_no_victim_was_asked_for() -> None:
    """Without one there is none."""
    with ScriptedServer(beside(0.0, 0.0, [])) as server:
        assert measure(job_for(server.address, ClosedLoop(1, requests=8))).victim is None


def test_a_victim_suffers_from_what_blocks_the_server(driver: DriverName) -> None:
    """Where each request of the load holds up all others for 0.2 s, its victim waits, too, from when it was meant."""

    async def blocking(visit: Visit) -> None:
        async for request in visit.requests():
            if not request.startswith(b"GET /victim "):
                time.sleep(0.2)  # noqa: ASYNC251  (as a blocking call in an async handler does)
            await visit.send(ANSWER)

    with ScriptedServer(blocking) as server:
        found = measure(job_for(server.address, ClosedLoop(2, duration_s=1.5), driver=driver, victim=VICTIM))
    victim = victim_of(found)
    assert victim.requests == 15
    assert victim.latency.quantile_ns(0.5) > 0.09e9


def test_a_victim_that_never_answers(driver: DriverName) -> None:
    """Its requests count with the time that they had waited, and hold up neither the load nor its end."""
    with ScriptedServer(beside(0.01, 60.0, [])) as server:
        begun_s = time.perf_counter()
        job = job_for(server.address, ClosedLoop(2, duration_s=0.55), driver=driver, victim=VICTIM, timeout_s=0.4)
        found = measure(job)
        assert time.perf_counter() - begun_s < 3
    victim = victim_of(found)
    assert (victim.requests, victim.failed, victim.latency.count) == (6, 0, 6)
    assert victim.latency.min_ns >= 0.4e9
    assert found.failed == 0


def test_only_one_shard_asks() -> None:
    """A load on two shards has one victim, asked as often as on one."""
    victims: list[bytes] = []
    cores = tuple(sorted(os.sched_getaffinity(0)))[-2:]
    with ScriptedServer(beside(0.01, 0.0, victims)) as server, local_engine(cores, 2) as engine:
        found = engine.measure(job_for(server.address, ClosedLoop(4, duration_s=0.55), victim=VICTIM))
    assert found.generator.shards == 2
    assert victim_of(found).requests == len(victims) == 6
