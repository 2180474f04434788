"""Warm-up until stable: three windows in a row whose mean latencies agree, bounded in time."""

from __future__ import annotations

import os

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.load.clock import clock, until
from stackduel.load.engine import local_engine
from stackduel.load.shards.stability import FEWEST_ANSWERS, SHORTEST_WINDOW_S, Stability
from stackduel.model.driver import DriverName
from stackduel.model.suite import ClosedLoop, Load, OpenLoop
from tests.stackduel.load.measuring import job_for, measure
from tests.stackduel.load.scripted import ANSWER, Script, ScriptedServer, Visit, answer, answer_after

LOADS: tuple[Load, ...] = (
    ClosedLoop(4, duration_s=0.3, stable_within_s=10.0),
    ClosedLoop(4, requests=30, stable_within_s=10.0),
    OpenLoop(100, 0.3, stable_within_s=10.0),
)
IDS = ["closed", "fixed", "open"]


def windows_until_stable(means_s: list[float], per_window: int, in_flight: int) -> int | None:
    """After how many windows with these mean latencies stability is told; None if never."""
    stability = Stability(0.0, 0, 0.0)
    answers, latency_s = 0, 0.0
    for number, mean_s in enumerate(means_s, 1):
        answers += per_window
        latency_s += mean_s * per_window
        if stability.reached(number * SHORTEST_WINDOW_S * 1.01, answers, latency_s, in_flight):
            return number
    return None


@given(st.lists(st.floats(0.001, 10), max_size=12), st.integers(FEWEST_ANSWERS, 500))
def test_stable_is_when_three_windows_in_a_row_agree(means_s: list[float], per_window: int) -> None:
    """At the first three windows of which the largest mean is at most 5 % above the smallest, and never before."""
    agree = [
        number
        for number in range(3, len(means_s) + 1)
        if max(means_s[number - 3 : number]) <= 1.05 * min(means_s[number - 3 : number]) * (1 + 1e-9)
    ]
    near = [n for n in agree if max(means_s[n - 3 : n]) > 1.05 * min(means_s[n - 3 : n]) * (1 - 1e-9)]
    if not near:
        assert windows_until_stable(means_s, per_window, in_flight=1) == (agree[0] if agree else None)


def test_a_window_holds_an_answer_for_each_request_in_flight() -> None:
    """Windows that hold fewer answers than are in flight, or than twenty, go on until they do."""
    assert windows_until_stable([1.0] * 3, per_window=100, in_flight=100) == 3
    assert windows_until_stable([1.0] * 5, per_window=100, in_flight=101) is None
    assert windows_until_stable([1.0] * 6, per_window=100, in_flight=101) == 6
    assert windows_until_stable([1.0] * 6, per_window=FEWEST_ANSWERS // 2, in_flight=1) == 6


def test_a_window_lasts_a_fifth_of_a_second() -> None:
    """However many answers come, stability takes three windows of at least that time."""
    stability = Stability(0.0, 0, 0.0)
    moments_s = [0.05 * i for i in range(1, 20)]
    reached = [at for at in moments_s if stability.reached(at, round(at * 10_000), at * 100, in_flight=4)]
    assert reached[0] == pytest.approx(0.6)


@pytest.mark.parametrize("load", LOADS, ids=IDS)
def test_a_steady_server_is_soon_stable(load: Load, driver: DriverName) -> None:
    """A server that always takes 50 ms is stable after three windows, long before the bound."""
    with ScriptedServer(answer_after(lambda _: 0.05)) as server:
        found = measure(job_for(server.address, load, driver=driver))
    assert found.warmup.stable is True
    assert 0.6 <= found.warmup.duration_s < 6
    assert found.warmup.requests >= 3 * FEWEST_ANSWERS
    assert found.outcomes == {"ok": found.requests}


@pytest.mark.parametrize("load", LOADS, ids=IDS)
def test_a_server_that_gets_quicker_is_not_stable_before_it_has(load: Load, driver: DriverName) -> None:
    """A server whose answers get quicker for 1.5 seconds, as one with a cold cache, is warmed up until that is over."""
    with ScriptedServer(warming(1.5)) as server:
        found = measure(job_for(server.address, load, driver=driver))
    assert found.warmup.stable is True
    assert found.warmup.duration_s > 1.5
    assert found.latency.quantile_ns(0.5) < 0.06e9


def warming(for_s: float) -> Script:
    """A server whose first answer takes 250 ms, and each after that time 30."""
    first_s: list[float] = []

    async def script(visit: Visit) -> None:
        async for _ in visit.requests():
            now_s = clock()
            first_s.append(now_s)
            await until(now_s + 0.03 + 0.22 * max(0.0, 1 - (now_s - first_s[0]) / for_s))
            await visit.send(ANSWER)

    return script


@pytest.mark.parametrize("load", LOADS, ids=IDS)
def test_a_server_that_never_settles_is_told(load: Load, driver: DriverName) -> None:
    """The bound ends the warm-up of a server that gets slower and slower, and the measurement says that it did."""
    with ScriptedServer(answer_after(lambda number: 0.01 * 1.05**number)) as server:
        found = measure(job_for(server.address, msgspec.structs.replace(load, stable_within_s=1.0), driver=driver))
    assert found.warmup.stable is False
    assert 1.0 <= found.warmup.duration_s < 3.0
    assert found.requests > 0


@pytest.mark.parametrize("load", LOADS, ids=IDS)
def test_a_server_without_answers_is_not_stable(load: Load, driver: DriverName) -> None:
    """Where no right answer comes there is nothing to agree, and the bound holds."""
    with ScriptedServer(answer(ANSWER.replace(b"200 OK", b"503 No"))) as server:
        found = measure(job_for(server.address, msgspec.structs.replace(load, stable_within_s=0.7), driver=driver))
    assert found.warmup.stable is False
    assert found.succeeded == 0


def test_stability_of_several_shards() -> None:
    """Each shard decides for itself, and the windows open together when all are warm."""
    cores = tuple(sorted(os.sched_getaffinity(0)))[-2:]
    with ScriptedServer(answer_after(lambda _: 0.02)) as server, local_engine(cores, 2) as engine:
        found = engine.measure(job_for(server.address, ClosedLoop(8, duration_s=0.4, stable_within_s=8.0)))
    assert found.warmup.stable is True
    assert found.generator.shards == 2
    assert found.in_flight_mean == pytest.approx(8, rel=0.05)


def test_nobody_asked() -> None:
    """A warm-up by time alone says nothing about stability."""
    with ScriptedServer(answer_after(lambda _: 0.02)) as server:
        found = measure(job_for(server.address, ClosedLoop(2, duration_s=0.2, warmup_s=0.2)))
    assert found.warmup.stable is None
