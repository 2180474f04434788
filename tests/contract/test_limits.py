"""Real servers of each kind with limits: as many requests as allowed are served, and no body is larger than allowed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.contract.served import Served, all_served
from tests.contract.wire import ask, connected

LIMIT, ABOVE = 6, 5
BUSY = b'{"error":"busy: 6 requests are served already, the most at once"}'
TOO_LARGE = b'{"error":"body must be at most 1000 bytes"}'
SLOW = b"GET /slow-io?delay=1 HTTP/1.1\r\nHost: stackduel.test\r\n\r\n"
# One stack of each kind of server: threads, greenlets, Waitress's threads, and the event loops of four servers.
STACKS = (
    *("flask-gthread", "flask-gevent", "flask-waitress"),
    *("fastapi-uvicorn", "fastapi-gunicorn", "quart-hypercorn", "aiohttp"),
)


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Served]]:
    """A worker of each of these stacks that serves LIMIT requests at once and takes bodies of 1,000 bytes."""
    environ = {"CONCURRENCY_LIMIT": str(LIMIT), "MAX_BODY_BYTES": "1000"}
    with all_served(STACKS, tmp_path_factory.mktemp("limited"), environ) as servers:
        yield servers


@pytest.mark.parametrize("stack", STACKS)
def test_exactly_those_above_the_limit_are_refused(stack: str, limited: dict[str, Served]) -> None:
    """Of N + 5 requests at once 5 get 503 with Retry-After, N are served, /health is answered, and then all is free."""
    port = limited[stack].port
    with ExitStack() as connections:
        wires = [connections.enter_context(connected(port)) for _ in range(LIMIT + ABOVE)]
        for _ in range(2):
            for wire in wires:
                wire.send(SLOW)
            assert ask(port, "/health").status == 200
            answers = [wire.answer() for wire in wires]
            assert Counter(answer.status for answer in answers) == {200: LIMIT, 503: ABOVE}
            refused = {(answer.body, answer.header("retry-after")) for answer in answers if answer.status == 503}
            assert refused == {(BUSY, "1")}


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("framing", ["Content-Length: 1001", "Transfer-Encoding: chunked"])
def test_a_body_above_the_limit_is_refused(stack: str, framing: str, limited: dict[str, Served]) -> None:
    """By its length and by its count, whatever the limit is: 413 in the common words."""
    body = b"x" * 1001 if "Length" in framing else b"3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n"
    with connected(limited[stack].port) as wire:
        wire.send(f"POST /infer/fast-cnn HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n".encode() + body)
        answer = wire.answer()
    assert (answer.status, answer.body) == (413, TOO_LARGE)
