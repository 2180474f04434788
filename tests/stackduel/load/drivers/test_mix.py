"""Several calls in one load: drawn by weight, each with its own request, right answer and rules."""

from __future__ import annotations

import pytest

from stackduel.load.job import Call
from stackduel.model.driver import DriverName
from stackduel.model.measurement import Expectation
from stackduel.model.suite import ClosedLoop, Load, OpenLoop, Workload
from tests.stackduel.load.measuring import RIGHT, job_for, measure
from tests.stackduel.load.scripted import ANSWER, BODY, Script, ScriptedServer, Visit

OTHER = b'{"other": 1}'
READ = Call(Workload("/read", weight=3), RIGHT)
WRITE = Call(Workload("/write", "POST", body=b"what to write"), Expectation.of(201, OTHER, "body"))
WROTE = b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%s" % (len(OTHER), OTHER)

CLOSED = ClosedLoop(4, requests=2000)
LOADS: tuple[Load, ...] = (CLOSED, OpenLoop(400, 2.0))


def telling(details: list[bytes]) -> Script:
    """A server that answers each call rightly and notes the requests."""

    async def script(visit: Visit) -> None:
        async for request in visit.requests():
            details.append(request)
            await visit.send(WROTE if request.startswith(b"POST") else ANSWER)

    return script


@pytest.mark.parametrize("load", LOADS, ids=["closed", "open"])
def test_calls_are_sent_by_weight_and_judged_by_their_own_answers(load: Load, driver: DriverName) -> None:
    """Three reads for each write, each as its workload says, right by its own expectation, and counted by itself."""
    details: list[bytes] = []
    with ScriptedServer(telling(details)) as server:
        found = measure(job_for(server.address, load, driver=driver, calls=(READ, WRITE)))
    assert found.outcomes == {"ok": found.requests}
    read, write = found.calls
    assert (read.label, write.label) == ("GET /read", "POST /write")
    assert (read.failed, write.failed) == (0, 0)
    assert read.requests + write.requests == found.requests == len(details)
    assert read.requests / found.requests == pytest.approx(0.75, abs=0.06)
    assert read.latency + write.latency == found.latency
    assert sum(request.startswith(b"GET /read ") for request in details) == read.requests
    assert sum(request.startswith(b"POST /write ") and request.endswith(b"to write") for request in details) == (
        write.requests
    )


def test_the_order_is_that_of_the_seed(driver: DriverName) -> None:
    """On one connection, a load sends the same calls in the same order again, and others with another seed."""
    orders = []
    for seed in (1, 1, 2):
        details: list[bytes] = []
        with ScriptedServer(telling(details)) as server:
            job = job_for(server.address, ClosedLoop(1, requests=60), driver=driver, calls=(READ, WRITE), seed=seed)
            measure(job)
        orders.append([request[:4] for request in details])
    assert orders[0] == orders[1] != orders[2]


@pytest.mark.parametrize("load", LOADS, ids=["closed", "open"])
def test_each_call_fails_for_itself(load: Load, driver: DriverName) -> None:
    """A server that gives every call the same answer is right for the one and wrong for the other."""

    async def script(visit: Visit) -> None:
        async for _ in visit.requests():
            await visit.send(ANSWER)

    same = Call(Workload("/read"), Expectation.of(200, BODY[::-1], "body"))
    with ScriptedServer(script) as server:
        found = measure(job_for(server.address, load, driver=driver, calls=(READ, WRITE, same)))
    read, write, again = found.calls
    assert again.label == "GET /read #2"
    assert read.failed == 0
    assert (write.failed, again.failed) == (write.requests, again.requests)
    assert found.outcomes == {"ok": read.requests, "status": write.requests, "wrong-body": again.requests}
    assert (write.latency.count, again.latency.count) == (0, 0)


@pytest.mark.parametrize("load", LOADS, ids=["closed", "open"])
def test_only_what_may_be_sent_twice_is(load: Load, driver: DriverName) -> None:
    """Of the requests that meet the end of an idle connection, the reads are sent again and the writes have failed."""

    async def dropping(visit: Visit) -> None:
        async for request in visit.requests():
            if visit.server.requests % 20 == 0:
                visit.reset()
                return
            await visit.send(WROTE if request.startswith(b"POST") else ANSWER)

    with ScriptedServer(dropping) as server:
        # Between two requests of the open loop lie milliseconds: here they are a long rest. A closed loop rests never,
        # and on a busy machine for less than the usual time.
        rest_s = 0.0005 if isinstance(load, OpenLoop) else 0.1
        found = measure(job_for(server.address, load, driver=driver, calls=(READ, WRITE), resend_idle_s=rest_s))
        dropped = server.requests // 20
    read, write = found.calls
    assert write.failed > 0
    assert read.failed + write.failed == found.failed == dropped - found.resent
    assert (found.resent > 0) == isinstance(load, OpenLoop)


def test_first_answers_that_never_come(driver: DriverName) -> None:
    """Refused and timed out requests are counted with the calls that they were of."""

    async def deaf(visit: Visit) -> None:
        async for request in visit.requests():
            if request.startswith(b"GET"):
                await visit.send(ANSWER)

    with ScriptedServer(deaf) as server:
        job = job_for(server.address, ClosedLoop(8, requests=40), driver=driver, calls=(READ, WRITE), timeout_s=0.2)
        found = measure(job)
    read, write = found.calls
    assert found.outcomes == {"ok": read.requests, "timeout": write.requests}
    assert (read.failed, write.failed) == (0, write.requests)
