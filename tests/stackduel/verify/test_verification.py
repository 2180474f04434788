"""Verification: every stack must give the same right answer."""

from __future__ import annotations

import asyncio
import time
from http.server import BaseHTTPRequestHandler

import numpy as np
import pytest

from stackduel.model.model_input import ModelInput
from stackduel.model.suite import Workload
from stackduel.model.target import Address
from stackduel.verify.verification import Answers, VerifyError
from tests.conftest import serving
from tests.stackduel.answered import answered
from tests.stackduel.load.scripted import ScriptedServer, Visit

SAME = Workload("/same")


def test_the_first_answer_is_what_the_others_must_repeat() -> None:
    """A stack that answers the same bytes passes; the expectation holds status, length and body."""
    answers = Answers(timeout_s=5)
    with serving(lambda _request: (200, b"right")) as one, serving(lambda _request: (200, b"right")) as other:
        answers.verify("one", one, [SAME])
        answers.verify("other", other, [SAME])
    expected = answers.expectation("one", SAME)
    assert (expected.status, expected.length, expected.body) == (200, 5, b"right")


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (200, b"wrong", 'other: GET /same answered line 1 = "wrong" where one answered "right"'),
        (200, b"longer", 'other: GET /same answered line 1 = "longer" where one answered "right"'),
        (500, b"oops", "other: GET /same answered 500 instead of 200: 'oops'"),
    ],
)
def test_a_different_answer_is_refused(status: int, body: bytes, told: str) -> None:
    """Another status, length or body raises a VerifyError that shows both sides."""
    answers = Answers(timeout_s=5)
    with serving(lambda _request: (200, b"right")) as one, serving(lambda _request: (status, body)) as other:
        answers.verify("one", one, [SAME])
        with pytest.raises(VerifyError) as raised:
            answers.verify("other", other, [SAME])
    assert str(raised.value).startswith(told)


def test_a_workload_says_how_much_must_agree() -> None:
    """With check = status any body will do, with check = length any of the same length."""
    by_status, by_length = Workload("/", check="status"), Workload("/", check="length")
    answers = Answers(timeout_s=5)
    with serving(lambda _request: (200, b"12345")) as one, serving(lambda _request: (200, b"abcde")) as other:
        answers.verify("one", one, [by_status, by_length])
        answers.verify("other", other, [by_status, by_length])
    assert (answers.expectation("one", by_status).length, answers.expectation("one", by_status).body) == (None, None)
    assert (answers.expectation("one", by_length).length, answers.expectation("one", by_length).body) == (5, None)


def test_a_stack_is_asked_once_for_each_workload() -> None:
    """Asking again, in a later block, sends nothing."""
    seen: list[str] = []

    def note(request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        seen.append(request.path)
        return 200, b""

    answers = Answers(timeout_s=5)
    with serving(note) as address:
        answers.verify("one", address, [SAME, SAME, Workload("/more")])
        answers.verify("one", address, [SAME])
    assert sorted(seen) == ["/more", "/same"]


def test_no_answer_is_refused_with_its_reason() -> None:
    """A stack that does not answer raises a VerifyError that names it."""
    with pytest.raises(VerifyError, match=r"^gone: GET http://127\.0\.0\.1:9/same: "):
        Answers(timeout_s=1).verify("gone", Address("127.0.0.1", 9), [SAME])


class Ending:
    """A server that ends when it is told to, with a log."""

    def __init__(self, log: str = "") -> None:
        self.ended: str | None = None
        self._log = log

    def failure(self) -> str | None:
        return self.ended

    def log_tail(self, lines: int = 20) -> str:
        return self._log


@pytest.mark.parametrize(("log", "end"), [("Boom\n", "\nBoom"), ("", " (it wrote no log)")])
def test_a_server_that_ends_meanwhile_is_told_with_its_log(log: str, end: str) -> None:
    """Once, whatever became of each request; nobody waits out the timeout."""
    server = Ending(log)

    async def die(visit: Visit) -> None:
        await visit.request()
        server.ended = "the server ended with exit status 7"
        visit.reset()

    with ScriptedServer(die) as scripted:
        found = Answers(timeout_s=60).check("s", scripted.address, [SAME, Workload("/b")], server=server)
    assert found == (f"the server ended with exit status 7 during verification{end}",)


def test_all_that_is_wrong_is_told_at_once() -> None:
    """A sentence for each wrong answer, not for the first alone."""
    with serving(lambda request: (404 if request.path != "/same" else 200, b"")) as address:
        found = Answers(timeout_s=5).check("s", address, [Workload("/a"), SAME, Workload("/b")])
    assert found == ("GET /a answered 404 instead of 200: ''", "GET /b answered 404 instead of 200: ''")


def test_verification_has_an_end() -> None:
    """A stack of twenty requests that never end costs one timeout, not twenty."""

    async def drip(visit: Visit) -> None:
        await visit.request()
        await visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            await visit.send(b"x")
            await asyncio.sleep(0.02)

    began_s = time.monotonic()
    with ScriptedServer(drip) as server:
        found = Answers(timeout_s=0.5).check("s", server.address, [Workload(f"/{number}") for number in range(20)])
    assert time.monotonic() - began_s < 8
    assert "timed out: no whole answer in 0." in found[0]
    assert found[19] == "GET /19: no whole answer within 0.5 s"


MODEL = Workload(
    "/infer/speaker", "POST", model="speaker", given=ModelInput("pcm", 8_000, 16_000), check="numbers", tolerance=1e-5
)
EMBEDDING = np.array([0.5, -0.25])


def test_stacks_of_different_protocols_must_give_the_same_numbers() -> None:
    """The first stack's numbers are the reference for all; the bytes to expect are each stack's own."""
    json_body, binary = answered({"embedding": EMBEDDING}, "json"), answered({"embedding": EMBEDDING + 4e-6}, "kserve")
    answers = Answers(timeout_s=5)
    with serving(lambda _request: (200, json_body)) as one, serving(lambda _request: (200, binary)) as other:
        answers.verify("one", one, [MODEL])
        answers.verify("other", other, [MODEL], "kserve")
    mine, theirs = (answers.expectation(stack, MODEL) for stack in ("one", "other"))
    assert (mine.body, theirs.body, mine.length, theirs.length) == (json_body, binary, None, None)
    assert mine.numbers is not None
    assert theirs.numbers is not None
    assert mine.numbers.outputs == theirs.numbers.outputs == (("embedding", (0.5, -0.25)),)
    assert (mine.numbers.form, theirs.numbers.form) == ("json", "kserve")
    assert answers.sent("one", MODEL).target == "/infer/speaker"
    assert answers.sent("other", MODEL).target == "/v2/models/speaker/infer"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (answered({"embedding": EMBEDDING + 2e-5}, "kserve"), r"other numbers than one: output embedding\[0\]"),
        (answered({"wrong": EMBEDDING}, "kserve"), "other numbers than one: outputs wrong instead of embedding"),
        (b"nothing", "no outputs in kserve"),
    ],
)
def test_other_numbers_are_refused(body: bytes, told: str) -> None:
    """Numbers beyond the tolerance, other outputs, and answers without any raise a VerifyError that says so."""
    right = answered({"embedding": EMBEDDING}, "json")
    answers = Answers(timeout_s=5)
    with serving(lambda _request: (200, right)) as one, serving(lambda _request: (200, body)) as other:
        answers.verify("one", one, [MODEL])
        with pytest.raises(VerifyError, match=f"^other: POST /v2/models/speaker/infer.*{told}"):
            answers.verify("other", other, [MODEL], "kserve")


def test_what_a_protocol_has_no_words_for_is_told_of_the_stack() -> None:
    """A stack that cannot be asked at all is not asked, and the error names it."""
    with pytest.raises(VerifyError, match=r"^triton: GET /slow-io: KServe knows"):
        Answers(timeout_s=1).verify("triton", Address("127.0.0.1", 9), [Workload("/slow-io")], "kserve")
