"""The moment at which an answer begins: told where it is asked for, from the same moment as its latency."""

from __future__ import annotations

import msgspec
import pytest

from stackduel.load.job import Call
from stackduel.model.driver import DriverName
from stackduel.model.suite import ClosedLoop, Load, OpenLoop, Workload
from tests.stackduel.load.measuring import RIGHT, job_for, measure
from tests.stackduel.load.scripted import ANSWER, BODY, ScriptedServer, Visit, answer

HEAD, REST = ANSWER[: -len(BODY)], BODY
LOADS: tuple[Load, ...] = (
    ClosedLoop(4, requests=40, warmup_requests=4, first_byte=True),
    OpenLoop(80, 0.5, first_byte=True),
)


@pytest.mark.parametrize("load", LOADS, ids=["closed", "open"])
def test_the_first_byte_comes_before_the_last(load: Load, driver: DriverName) -> None:
    """A server that sends its body 60 ms after its head is as quick as the one and as slow as the other."""
    with ScriptedServer(answer(HEAD, REST, pause_s=0.06)) as server:
        found = measure(job_for(server.address, load, driver=driver))
    assert found.outcomes == {"ok": 40}
    assert found.first_byte is not None
    assert found.first_byte.count == found.latency.count == 40
    assert found.latency.min_ns >= 0.058e9
    assert found.latency.mean_ns - found.first_byte.mean_ns == pytest.approx(0.06e9, abs=0.015e9)


@pytest.mark.parametrize("load", LOADS, ids=["closed", "open"])
def test_no_first_byte_unless_asked_for(load: Load, driver: DriverName) -> None:
    """Where a load does not ask for it, there is none."""
    with ScriptedServer(answer(ANSWER)) as server:
        found = measure(job_for(server.address, msgspec.structs.replace(load, first_byte=False), driver=driver))
    assert found.first_byte is None


def test_an_answer_in_one_piece_begins_as_it_ends(driver: DriverName) -> None:
    """The first byte is never later than the last, nor earlier than the request: here all come at once."""
    with ScriptedServer(answer(ANSWER)) as server:
        found = measure(job_for(server.address, LOADS[0], driver=driver))
    assert found.first_byte is not None
    assert 0 < found.first_byte.min_ns <= found.latency.min_ns
    assert found.first_byte.max_ns <= found.latency.max_ns


def test_in_an_open_loop_it_counts_from_the_intended_time(driver: DriverName) -> None:
    """On a single connection that is always late, the first bytes are as late as the requests were, and more."""
    with ScriptedServer(answer(b"", ANSWER, pause_s=0.025)) as server:
        load = OpenLoop(40, 0.5, connections=1, first_byte=True)
        found = measure(job_for(server.address, load, driver=driver))
    assert found.first_byte is not None
    assert found.lateness is not None
    assert found.first_byte.max_ns > found.lateness.max_ns > 0.2e9


def test_wrong_answers_have_no_first_byte(driver: DriverName) -> None:
    """Only right answers are in it."""

    async def every_other(visit: Visit) -> None:
        async for _ in visit.requests():
            await visit.send(ANSWER if visit.server.requests % 2 else ANSWER.replace(b"200 OK", b"500 No"))

    with ScriptedServer(every_other) as server:
        found = measure(job_for(server.address, ClosedLoop(1, requests=20, first_byte=True), driver=driver))
    assert found.outcomes == {"ok": 10, "status": 10}
    assert found.first_byte is not None
    assert found.first_byte.count == 10


def test_first_bytes_of_a_mix(driver: DriverName) -> None:
    """With several calls, too, each right answer has its first byte."""
    calls = (Call(Workload("/a"), RIGHT), Call(Workload("/b", weight=2), RIGHT))
    with ScriptedServer(answer(HEAD, REST, pause_s=0.02)) as server:
        found = measure(job_for(server.address, LOADS[0], driver=driver, calls=calls))
    assert found.first_byte is not None
    assert found.first_byte.count == sum(call.requests for call in found.calls) == 40


def test_an_answer_byte_by_byte_begins_with_the_first() -> None:
    """The raw client sees the very first byte, long before the head is complete."""
    pieces = (ANSWER[:1], ANSWER[1:5], ANSWER[5:])
    with ScriptedServer(answer(*pieces, pause_s=0.03)) as server:
        found = measure(job_for(server.address, ClosedLoop(2, requests=10, first_byte=True)))
    assert found.outcomes == {"ok": 10}
    assert found.first_byte is not None
    assert found.latency.mean_ns - found.first_byte.mean_ns == pytest.approx(0.06e9, abs=0.015e9)
