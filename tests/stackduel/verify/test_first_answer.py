"""A request's first answer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler

import pytest

from stackduel.model.suite import Workload
from stackduel.model.target import Address
from stackduel.storage.redaction import NO_SECRETS, Redaction
from stackduel.verify.first_answer import first_answer
from tests.conftest import Answer

Serve = Callable[[Answer], AbstractContextManager[Address]]


@pytest.mark.parametrize(
    ("status", "body", "said", "is_right"),
    [
        pytest.param(200, b"fine", "", True, id="right"),
        pytest.param(204, b"", "", True, id="empty"),
        pytest.param(302, b"moved", "", True, id="redirect-without-place"),
        pytest.param(404, b"<html><title>404 Not\n Found</title>...", "Not Found", False, id="title"),
        pytest.param(422, b'{"detail": "q"}', '{"detail": "q"}', False, id="json"),
    ],
)
def test_an_error_says_what_its_body_does(serve: Serve, status: int, body: bytes, said: str, is_right: bool) -> None:
    """Of a page its title, without the status that stands beside it."""
    with serve(lambda _request: (status, body)) as address:
        answer = first_answer(address, Workload("/"), 5.0, NO_SECRETS)
    assert (answer.status, answer.said, answer.is_right, answer.size) == (status, said, is_right, len(body))


def test_secrets_are_hidden(serve: Serve) -> None:
    """An error's repetition may hold one."""
    with serve(lambda _request: (500, b"no such user: hunter2hunter2")) as address:
        answer = first_answer(address, Workload("/"), 5.0, Redaction.of(["hunter2hunter2"]))
    assert answer.said == "no such user: [redacted]"


def test_an_answer_that_does_not_come_is_none(serve: Serve) -> None:
    """In time it is said so; without a server the system's reason is given."""

    def late(request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        request.rfile.read(1)
        return 200, b""

    with serve(late) as address:
        answer = first_answer(address, Workload("/"), 0.1, NO_SECRETS)
    assert (answer.status, answer.timed_out, answer.said) == (None, True, "no whole answer within 0.1 s")
    refused = first_answer(Address("127.0.0.1", 1), Workload("/"), 5.0, NO_SECRETS)
    assert (refused.status, refused.is_right, refused.timed_out) == (None, False, False)
    assert refused.said
