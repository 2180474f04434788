"""Bodies too large for a socket's buffers: sent whole, and refused without a word of the answer being lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import uvloop

from stackduel.model.driver import DriverName
from stackduel.model.suite import ClosedLoop, Load
from tests.stackduel.load.drivers.refusals import LOADS, SIZES, refusal, refusing, upload
from tests.stackduel.load.measuring import job_for, measure
from tests.stackduel.load.scripted import ANSWER, ScriptedServer, Visit

LOOPS: tuple[Callable[[], asyncio.AbstractEventLoop], ...] = (uvloop.new_event_loop, asyncio.new_event_loop)


@pytest.mark.parametrize("size", SIZES[:2])
@pytest.mark.parametrize("load", LOADS, ids=["closed", "open"])
def test_large_bodies_are_sent_whole(load: Load, size: int, driver: DriverName) -> None:
    """Each request arrives to its last byte, and its connection is used again."""
    lengths: list[int] = []

    async def script(visit: Visit) -> None:
        async for request in visit.requests():
            lengths.append(len(request.partition(b"\r\n\r\n")[2]))
            await visit.send(ANSWER)

    with ScriptedServer(script) as server:
        found = measure(job_for(server.address, load, driver=driver, workload=upload(size)))
    assert found.outcomes == {"ok": 60}
    assert set(lengths) == {size}
    assert (found.reconnects, found.resent) == (0, 0)


@pytest.mark.parametrize("loop_factory", LOOPS, ids=["uvloop", "asyncio"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("status", [b"413", b"503"])
@pytest.mark.parametrize("load", LOADS, ids=["closed", "open"])
def test_an_early_refusal_is_an_answer(
    load: Load, status: bytes, size: int, loop_factory: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    """A server that refuses a body by its head, says so, and closes: each request ends in its status, not a reset."""
    for headers in ((b"Connection: close",), ()):
        with ScriptedServer(refusing(refusal(status, *headers), after_bytes=64)) as server:
            job = job_for(server.address, load, workload=upload(size))
            found = measure(job, loop_factory=loop_factory)
        if headers or size > 4_000_000:
            assert found.outcomes == {"status": 60}, headers
        else:
            # Unannounced, and with all of the body in the sockets' buffers: the next request may meet the close.
            assert set(found.outcomes) <= {"status", "dropped"}, headers


@pytest.mark.parametrize("loop_factory", LOOPS, ids=["uvloop", "asyncio"])
def test_a_refusal_in_the_middle_of_the_body_is_an_answer(
    loop_factory: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    """It does not matter how much the server has read by then."""
    for after_bytes in (100_000, 1_000_000, 5_000_000):
        said = refusal(b"413", b"Connection: close")
        with ScriptedServer(refusing(said, after_bytes=after_bytes)) as server:
            job = job_for(server.address, LOADS[0], workload=upload(8_000_000))
            assert measure(job, loop_factory=loop_factory).outcomes == {"status": 60}


def test_a_server_that_answers_early_and_goes_on_reading_gets_another_connection() -> None:
    """Half a body is no place for the next request: a connection that was answered too early is not used again."""

    async def script(visit: Visit) -> None:
        await visit.read(64)
        await visit.send(refusal(b"413"))
        await visit.read(2**30)

    with ScriptedServer(script) as server:
        found = measure(job_for(server.address, ClosedLoop(2, requests=20), workload=upload(8_000_000)))
    assert found.outcomes == {"status": 20}
    assert found.reconnects == 18


def test_a_close_without_a_word_is_a_reset(driver: DriverName) -> None:
    """Where there was no answer, none is made up."""
    with ScriptedServer(refusing(b"", after_bytes=64)) as server:
        found = measure(job_for(server.address, LOADS[0], driver=driver, workload=upload(8_000_000)))
    assert found.outcomes == {"reset": 60}


def test_half_an_answer_is_a_truncated_one() -> None:
    """A refusal that the close cut off is told as what it is."""
    said = refusal(b"413", b"Connection: close")[:-1]
    with ScriptedServer(refusing(said, after_bytes=64)) as server:
        found = measure(job_for(server.address, LOADS[0], workload=upload(8_000_000)))
    assert found.outcomes == {"truncated": 60}
