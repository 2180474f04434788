"""Verification: every stack must give the same right answer."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler

import pytest

from benchmarks.suite import Workload
from benchmarks.target import Address
from benchmarks.verify import Answers, VerifyError
from tests.conftest import serving

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
        (200, b"wrong", "other: GET /same answered 'wrong' where one answered 'right'"),
        (200, b"longer", "other: GET /same answered 6 bytes where one answered 5"),
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
