"""Answers whose bytes differ: right where their numbers agree, wrong where they do not, in every loop and driver."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import stackduel.load.drivers.output_matcher as matcher_module
from stackduel.inference.answer_formats import read
from stackduel.load.drivers.output_matcher import MOST_VARIANTS, OutputMatcher
from stackduel.load.job import Call
from stackduel.model.driver import DriverName
from stackduel.model.measurement import Expectation
from stackduel.model.model_output import Form, Numbers
from stackduel.model.suite import ClosedLoop, Load, OpenLoop, Workload
from tests.stackduel.answered import answered
from tests.stackduel.load.measuring import RIGHT, job_for, measure
from tests.stackduel.load.scripted import Script, ScriptedServer, Visit

EMBEDDING = np.linspace(-1, 1, 256)
LOADS: tuple[Load, ...] = (ClosedLoop(2, requests=40), OpenLoop(80, 0.5))


def expected(form: Form) -> Expectation:
    """Return the first stack's answer, in this form."""
    body = answered({"embedding": EMBEDDING}, form)
    return Expectation(200, body=body, numbers=Numbers.of(read(body, form), form, 1e-5))


def answering(body_of: Callable[[int], bytes], *, split: bool = False) -> Script:
    """A server whose answers' bodies depend on the number of the request, in one piece or in two."""

    async def script(visit: Visit) -> None:
        async for _ in visit.requests():
            body = body_of(visit.server.requests)
            head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
            if split:
                await visit.send(head + body[:100])
                await visit.send(body[100:])
            else:
                await visit.send(head + body)

    return script


def shaken(number: int, form: Form, by: float) -> bytes:
    """An answer whose numbers are off by so much, each time another one."""
    values = EMBEDDING.copy()
    values[number % 256] += by
    return answered({"embedding": values}, form)


@pytest.mark.parametrize("form", ["json", "float32", "kserve"])
@pytest.mark.parametrize("load", LOADS, ids=["closed", "open"])
def test_a_tiny_difference_is_right_and_a_wrong_number_a_failure(load: Load, form: Form, driver: DriverName) -> None:
    """Every second answer is off by less than the tolerance, every fourth by more: those alone are wrong."""

    def body_of(number: int) -> bytes:
        return shaken(number, form, {0: 2e-5, 2: 4e-6}.get(number % 4, 0.0))

    with ScriptedServer(answering(body_of)) as server:
        found = measure(job_for(server.address, load, driver=driver, expectation=expected(form)))
    assert found.outcomes == {"ok": 30, "wrong-body": 10}
    assert found.latency.count == 30


def test_answers_in_pieces_are_compared_whole(driver: DriverName) -> None:
    """Numbers that come in two packets are those of one answer, and never those of the next."""
    script = answering(lambda number: shaken(number, "json", 2e-5 if number % 2 else 4e-6), split=True)
    with ScriptedServer(script) as server:
        found = measure(job_for(server.address, LOADS[0], driver=driver, expectation=expected("json")))
    assert found.outcomes == {"ok": 20, "wrong-body": 20}


@pytest.mark.parametrize("body", [b"", b"{}", b'{"outputs": {"embedding": [0.5]}}', b"\xff" * 7000])
def test_what_holds_no_numbers_is_wrong(body: bytes, driver: DriverName) -> None:
    """An answer of the right status without the right outputs is a failure, and so is the right one's beginning."""
    right = expected("json")
    for said in (body, (right.body or b"")[:-1]):
        with ScriptedServer(answering(lambda _number, said=said: said)) as server:  # type: ignore[misc]
            found = measure(job_for(server.address, LOADS[0], driver=driver, expectation=right))
        assert found.outcomes == {"wrong-body": 40}


def test_another_status_is_not_looked_into(driver: DriverName) -> None:
    """The text beside an error is no numbers, and the outcome is the status."""

    async def script(visit: Visit) -> None:
        async for _ in visit.requests():
            await visit.send(b"HTTP/1.1 503 Full\r\nContent-Length: 2\r\n\r\n{}")

    with ScriptedServer(script) as server:
        found = measure(job_for(server.address, LOADS[0], driver=driver, expectation=expected("json")))
    assert found.outcomes == {"status": 40}


def test_in_a_mix_each_call_is_compared_in_its_own_way(driver: DriverName) -> None:
    """Bytes stay bytes beside a call whose numbers count."""
    calls = (Call(Workload("/infer/speaker", "POST"), expected("json")), Call(Workload("/plain"), RIGHT))
    with ScriptedServer(answering(lambda number: shaken(number, "json", 4e-6))) as server:
        found = measure(job_for(server.address, LOADS[0], driver=driver, calls=calls))
    model, plain = found.calls
    assert model.failed == 0
    assert plain.failed == plain.requests > 0


def test_each_variant_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that were found right are known by then; wrong ones are never, and old ones make room for new ones."""
    seen: list[bytes] = []

    def reading(body: bytes, form: Form) -> object:
        seen.append(body)
        return read(body, form)

    monkeypatch.setattr(matcher_module, "read", reading)
    numbers = expected("float32").numbers
    assert numbers is not None
    matcher = OutputMatcher(numbers)
    variants = [shaken(number, "float32", 4e-6) for number in range(MOST_VARIANTS + 1)]
    wrong = shaken(0, "float32", 1.0)
    assert all(matcher.agrees(body) for body in [*variants[:-1], *variants[:-1]])
    assert len(seen) == MOST_VARIANTS
    assert not matcher.agrees(wrong)
    assert not matcher.agrees(wrong)
    assert len(seen) == MOST_VARIANTS + 2
    assert matcher.agrees(variants[-1])
    assert matcher.agrees(variants[0])
    assert len(seen) == MOST_VARIANTS + 4, "the oldest had made room"
    assert matcher.agrees(variants[-1])
    assert len(seen) == MOST_VARIANTS + 4
