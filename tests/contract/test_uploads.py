"""Every stack, really served, sent bodies that it does not want: the answer comes, and comes to be read."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Future

import pytest

from stackduel_servers.core.limits import DEFAULT_BODY_BYTES as MOST_BODY_BYTES
from stackduel_servers.registry import StackEntry
from tests.contract.served import Served
from tests.contract.together import of_all
from tests.contract.wire import ClosedError, ask, connected

TOO_LARGE = b'{"error":"body must be at most 50000000 bytes"}'
UNKNOWN = b'{"error":"model must be one of fast-cnn, speaker, vad, face, embed"}'
CHUNK = b"10000\r\n" + bytes(65_536) + b"\r\n"
# Longer than a drain would take, shorter than a client's patience.
AT_ONCE_S = 5.0


def head(target: str, *headers: str, method: str = "POST") -> bytes:
    """A request up to its body."""
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: stackduel.test", *headers, "", ""]).encode()


def test_a_body_that_says_it_is_too_large_is_refused_before_it_comes(entry: StackEntry, served: Served) -> None:
    """The answer is there although not a byte of the body was sent."""
    if entry.server == "waitress":
        pytest.skip("Waitress reads a whole body before any application hears of it, or resets the connection")
    started_s = time.monotonic()
    with connected(served.port) as wire:
        wire.send(head("/infer/fast-cnn", f"Content-Length: {MOST_BODY_BYTES + 1}"))
        answer = wire.answer()
    assert (answer.status, answer.body) == (413, TOO_LARGE)
    assert time.monotonic() - started_s < AT_ONCE_S


def test_who_sends_a_body_too_large_can_read_the_answer(served: Served) -> None:
    """A client that sends all before it reads finds the answer, and no reset in its place."""
    with connected(served.port) as wire:
        wire.send(head("/infer/fast-cnn", f"Content-Length: {MOST_BODY_BYTES + 1}"))
        for _ in range(MOST_BODY_BYTES // 1_000_000):
            wire.send(bytes(1_000_000))
        wire.send(b"x")
        answer = wire.answer()
    assert (answer.status, answer.body) == (413, TOO_LARGE)


def test_chunks_are_counted(served: Served) -> None:
    """A body that names no length is refused once it is over the limit, and its sender can read so."""
    with connected(served.port) as wire:
        wire.send(head("/infer/fast-cnn", "Transfer-Encoding: chunked"))
        for _ in range(MOST_BODY_BYTES // 65_536 + 2):
            wire.send(CHUNK)
        wire.send(b"0\r\n\r\n")
        answer = wire.answer()
    assert (answer.status, answer.body) == (413, TOO_LARGE)


@pytest.mark.parametrize(
    ("method", "target", "status", "body"),
    [
        ("POST", "/infer/nothing", 404, UNKNOWN),
        ("PUT", "/infer/fast-cnn", 405, b'{"error":"method not allowed: only POST"}'),
        ("POST", "/nothing", 404, b'{"error":"not found"}'),
        ("POST", "/json", 405, b'{"error":"method not allowed: only GET and HEAD"}'),
    ],
    ids=["unknown model", "wrong method", "unknown path", "no upload"],
)
def test_an_unwanted_body_does_not_cost_the_answer(
    method: str, target: str, status: int, body: bytes, served: Served
) -> None:
    """Whatever is refused without its body is answered so that a client which sends first and reads then gets it."""
    size = 4_000_000
    with connected(served.port) as wire:
        wire.send(head(target, f"Content-Length: {size}", method=method))
        wire.send(bytes(size))
        answer = wire.answer()
    assert (answer.status, answer.body) == (status, body)
    assert ask(served.port, "/json?items=0").status == 200


def test_a_client_that_goes_away_amid_its_body_harms_nobody(served: Served) -> None:
    """Half a body and then nothing: the next request of somebody else is served."""
    for half in (b"x" * 100_000, b""):
        with connected(served.port) as wire:
            wire.send(head("/infer/fast-cnn", "Content-Length: 192000") + half)
    assert ask(served.port, "/json?items=0").status == 200


MALFORMED = {
    "no number": b"zz\r\nab\r\n",
    "a signed size": b"+2\r\nab\r\n0\r\n\r\n",
    "a negative size": b"-1\r\nab\r\n0\r\n\r\n",
    "an underscore": b"1_0\r\n" + b"x" * 16 + b"\r\n0\r\n\r\n",
    "a prefix": b"0x2\r\nab\r\n0\r\n\r\n",
    "longer than its size": b"2\r\nabXX0\r\n\r\n",
    "a bad second chunk": b"2\r\nab\r\nzz\r\nab\r\n",
    "a bad trailer": b"2\r\nab\r\n0\r\nno colon\r\n\r\n",
}
SMUGGLED = b"GET /json?items=1 HTTP/1.1\r\nHost: stackduel.test\r\n\r\n"


@pytest.mark.parametrize("pause_s", [0.0, 0.05], ids=["at once", "later"])
@pytest.mark.parametrize("kind", MALFORMED)
@pytest.mark.parametrize("target", ["/infer/fast-cnn", "/json"])
def test_malformed_chunks_are_the_client_s_fault(target: str, kind: str, pause_s: float, served: Served) -> None:
    """They get a 4xx or a closed connection, what follows them is no request, and the log has no traceback.

    Sent later they come when the application reads the body already.
    """
    logged = served.log.stat().st_size
    with connected(served.port) as wire:
        try:
            wire.send(head(target, "Content-Type: application/octet-stream", "Transfer-Encoding: chunked"))
            time.sleep(pause_s)
            wire.send(MALFORMED[kind] + SMUGGLED)
            assert 400 <= wire.answer("POST").status < 500
            # A trailer ends with its empty line, however bad it is: what follows it is a request.
            assert wire.answer().status >= 400 or kind == "a bad trailer"
        except (ClosedError, ConnectionError):
            pass
    assert ask(served.port, "/json?items=0").status == 200
    assert b"Traceback" not in served.log.read_bytes()[logged:]


BEGUN = {
    "length": ("Content-Length: 5000", b"abc"),
    "chunk": ("Transfer-Encoding: chunked", b"5\r\nab"),
    "before a chunk": ("Transfer-Encoding: chunked", b""),
}


@pytest.fixture(scope="module")
def left(fleet: Mapping[str, Served]) -> Mapping[str, Future[dict[tuple[str, bool], bytes]]]:
    """Return each stack's log when clients leave in every way: most of it is waiting."""
    return of_all(leave, fleet, at_once=6)


def leave(_entry: StackEntry, served: Served) -> dict[tuple[str, bool], bytes]:
    """Begin uploads, and close or reset their connections; return what the server logs about each."""
    said = {}
    for kind, (header, body) in BEGUN.items():
        for resets in (False, True):
            logged = served.log.stat().st_size
            with connected(served.port) as wire:
                wire.send(head("/infer/fast-cnn", "Content-Type: application/octet-stream", header) + body)
                time.sleep(0.05)  # so that the application waits for the rest
                if resets:
                    wire.reset()
            time.sleep(0.1)
            assert ask(served.port, "/json?items=0").status == 200
            said[kind, resets] = served.log.read_bytes()[logged:]
    return said


@pytest.mark.parametrize("resets", [False, True])
@pytest.mark.parametrize("kind", BEGUN)
def test_a_client_that_leaves_in_an_upload_is_no_error(
    kind: str, resets: bool, entry: StackEntry, left: Mapping[str, Future[dict[tuple[str, bool], bytes]]]
) -> None:
    """It closes or resets its connection: nothing is logged as a fault of the server's, and others are served on."""
    assert b"Traceback" not in left[entry.name].result()[kind, resets]
