"""Answers with other bytes that say the same, under load."""

from __future__ import annotations

import json
import random
import zlib

import pytest

from stackduel.load.drivers.content_matcher import SUSPICIOUS, ContentMatcher
from stackduel.model.driver import DriverName
from stackduel.model.expected_content import ExpectedContent, VaryingPlace
from stackduel.model.measurement import Expectation, Measurement
from stackduel.model.suite import ClosedLoop
from tests.stackduel.load.measuring import job_for, measure
from tests.stackduel.load.scripted import ScriptedServer, Visit

RIGHT = b'{"name": "lamp", "id": "a1", "price": 12.5}'
VARYING = ExpectedContent("", "application/json", varying=(VaryingPlace("$.id", ("string",)),))


class Clock:
    """Stands still unless it is moved."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.asked = 0

    def __call__(self) -> float:
        self.asked += 1
        # Reading an answer takes a millisecond: each is asked for the time before and after.
        self.now_s += 0.001
        return self.now_s


def body(number: int, price: float = 12.5) -> bytes:
    return json.dumps({"id": f"x{number}", "price": price, "name": "lamp"}).encode()


def load(bodies: list[bytes], driver: DriverName, expectation: Expectation) -> Measurement:
    """Return what a load makes of these bodies, one after another."""

    async def script(visit: Visit) -> None:
        async for _ in visit.requests():
            each = bodies[visit.server.requests - 1]
            await visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(each), each))

    with ScriptedServer(script) as server:
        return measure(
            job_for(server.address, ClosedLoop(1, requests=len(bodies)), driver=driver, expectation=expectation)
        )


def test_what_says_the_same_is_right(driver: DriverName) -> None:
    """Other spaces, another order, and another value where values vary."""
    expectation = Expectation(200, body=RIGHT, content=VARYING)
    bodies = [RIGHT, *(body(number) for number in range(20)), RIGHT.replace(b" ", b"")]
    assert load(bodies, driver, expectation).outcomes == {"ok": 22}


@pytest.mark.parametrize("wrong", [body(1, 13.0), b"{}", b"not JSON", b'{"name": "lamp", "id": 5, "price": 12.5}', b""])
def test_what_says_something_else_is_a_wrong_body(wrong: bytes, driver: DriverName) -> None:
    """Another value, another kind, a place that is missing, and what is no JSON."""
    found = load([RIGHT, wrong, RIGHT], driver, Expectation(200, body=RIGHT, content=VARYING))
    assert found.outcomes == {"ok": 2, "wrong-body": 1}


def test_encoded_answers_are_decoded() -> None:
    """Bytes that differ by how they were compressed are no difference."""
    content = ExpectedContent("deflate", "application/json")
    for answer, right in ((zlib.compress(RIGHT, 9), True), (zlib.compress(body(1)), False), (RIGHT, False)):
        assert ContentMatcher(zlib.compress(RIGHT, 1), content).agrees(answer) is right


def test_not_every_answer_is_read_where_all_differ() -> None:
    """Reading keeps to a small share of the time: the rest is for sending requests."""
    clock = Clock()
    matcher = ContentMatcher(RIGHT, VARYING, clock)
    assert all(matcher.agrees(body(number)) for number in range(1000))
    # Each answer asks for the time once, one that is read twice.
    assert 1 <= clock.asked - 1000 <= 10


def test_after_a_wrong_answer_each_is_read() -> None:
    """A server that answers wrongly now and then is caught nearly each time, once it was caught at all."""
    clock, draw = Clock(), random.Random(7)
    matcher = ContentMatcher(RIGHT, VARYING, clock)
    wrong = [draw.random() < 0.1 for _ in range(20_000)]
    caught = sum(not matcher.agrees(body(1, 99.0 if each else 12.5)) for each in wrong)
    assert caught > 0.8 * sum(wrong)


def test_a_matcher_trusts_again() -> None:
    """After enough right answers it reads as few as before."""
    clock = Clock()
    matcher = ContentMatcher(RIGHT, VARYING, clock)
    assert not matcher.agrees(b"{}")
    assert all(matcher.agrees(body(number)) for number in range(SUSPICIOUS))
    before = clock.asked
    assert all(matcher.agrees(body(number)) for number in range(100))
    assert clock.asked - before <= 102
