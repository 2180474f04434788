"""The null server as a process: what it answers to every kind and cut of requests, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from queue import SimpleQueue

import psutil
import pytest

from stackduel.load.shards.channels import ProcessChannel, ShardMessage
from stackduel.load.shards.null_rate import LOOPBACK, NullKind, null_server

SOON_S = 10.0
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"
ANSWER = HEAD + b"000"
GET = b"GET /json?items=1 HTTP/1.1\r\nHost: here\r\n\r\n"
# Its body looks like a request, which nobody may take it for.
POST = b"POST /infer HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n%s" % (len(GET), GET)
CHUNKED = b"POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab\r\nc\r\n0\r\n\r\n"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a running null server whose answers have three bytes."""
    events: SimpleQueue[ShardMessage | None] = SimpleQueue()
    channel = ProcessChannel(None, null_server(LOOPBACK, NullKind(3)))
    channel.open(events.put)
    ready = events.get(timeout=SOON_S)
    assert ready is not None, channel.stderr_tail()
    assert ready["event"] == "ready"
    yield ready["port"]
    channel.close()


@pytest.fixture
def connection(port: int) -> Iterator[socket.socket]:
    """A connection to it."""
    with socket.create_connection((LOOPBACK, port), SOON_S) as opened:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield opened


def received(connection: socket.socket, length: int) -> bytes:
    """So many bytes, or fewer if the server closed before."""
    found = b""
    while len(found) < length and (piece := connection.recv(length - len(found))):
        found += piece
    return found


def details(connection: socket.socket, *pieces: bytes) -> None:
    for piece in pieces:
        connection.sendall(piece)


def closed_after(connection: socket.socket) -> bytes:
    """All that comes until the server closes."""
    return received(connection, 1 << 20)


def test_the_same_request_again_and_again(connection: socket.socket) -> None:
    """Each gets one answer, the first and those that are recognised by their bytes."""
    for _ in range(5):
        details(connection, GET)
        assert received(connection, len(ANSWER)) == ANSWER


def test_several_requests_in_one_read(connection: socket.socket) -> None:
    """As many answers come as requests ended, with and without bodies, also when the same ones come again."""
    for _ in range(3):
        details(connection, GET + POST + CHUNKED + GET)
        assert received(connection, 4 * len(ANSWER)) == 4 * ANSWER
    details(connection, GET)
    assert received(connection, len(ANSWER)) == ANSWER
    connection.settimeout(0.1)
    with pytest.raises(TimeoutError):
        connection.recv(1)


@pytest.mark.parametrize("request_", [GET, POST, CHUNKED], ids=["get", "post", "chunked"])
def test_a_request_in_pieces_is_answered_at_its_end(connection: socket.socket, request_: bytes) -> None:
    """Nothing comes before its last byte, wherever it is cut, and one answer then."""
    for cut in (1, len(request_) // 2, request_.index(b"\r\n\r\n") + 4, len(request_) - 1):
        if cut == len(request_):  # the head is all there is
            continue
        details(connection, request_[:cut])
        connection.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(SOON_S)
        details(connection, request_[cut:])
        assert received(connection, len(ANSWER)) == ANSWER


def test_a_body_that_looks_like_the_last_request_is_a_body(connection: socket.socket) -> None:
    """Bytes are recognised between requests only: in a body they get no answer of their own."""
    details(connection, GET)
    assert received(connection, len(ANSWER)) == ANSWER
    head, body = POST[: -len(GET)], POST[-len(GET) :]
    # Two bodies of that length, so that the first of them alone does not end the request.
    details(connection, head.replace(b"%d" % len(GET), b"%d" % (2 * len(GET))))
    connection.settimeout(0.05)
    with pytest.raises(TimeoutError):
        connection.recv(1)
    details(connection, body)
    with pytest.raises(TimeoutError):
        connection.recv(1)
    connection.settimeout(SOON_S)
    details(connection, body)
    assert received(connection, len(ANSWER)) == ANSWER


def test_a_read_that_is_more_than_one_request_is_not_taken_for_one(connection: socket.socket) -> None:
    """A read that ends within a request may come again as its body: then it is that body, and no request."""
    head = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: %03d\r\n\r\n"
    both = GET + head % len(GET + head % 0)
    for _ in range(2):
        details(connection, both)
        assert received(connection, len(ANSWER)) == ANSWER
    details(connection, GET)
    assert received(connection, len(ANSWER)) == ANSWER


def test_a_read_that_was_a_body_is_no_request(connection: socket.socket) -> None:
    """The body that ended a request gets no answer when it comes again by itself."""
    body = b"nonsense\r\n\r\n"
    details(connection, b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n" % len(body))
    connection.settimeout(0.05)
    with pytest.raises(TimeoutError):
        connection.recv(1)
    connection.settimeout(SOON_S)
    details(connection, body)
    assert received(connection, len(ANSWER)) == ANSWER
    details(connection, body)
    assert closed_after(connection) == b""


def test_head_is_answered_without_a_body(connection: socket.socket) -> None:
    """To HEAD comes the head alone, every time."""
    for _ in range(3):
        details(connection, GET.replace(b"GET", b"HEAD") + GET)
        assert received(connection, len(HEAD + ANSWER)) == HEAD + ANSWER


@pytest.mark.parametrize(
    ("said", "answers"),
    [
        (GET[:-2] + b"Connection: close\r\n\r\n", ANSWER),
        (GET.replace(b"1.1", b"1.0"), ANSWER),
        (GET + b"nonsense\r\n\r\n", ANSWER),
        (b"\x16\x03\x01 no HTTP at all", b""),
    ],
    ids=["close", "http/1.0", "nonsense after a request", "tls"],
)
def test_the_end_of_a_connection(connection: socket.socket, said: bytes, answers: bytes) -> None:
    """A client that wants to leave, or speaks something else, gets what it is due, and the connection is closed."""
    details(connection, said)
    assert closed_after(connection) == answers


def test_a_client_that_does_not_read_is_not_written_to_without_end(connection: socket.socket) -> None:
    """Its requests wait where they are, and all are answered once it reads."""
    connection.settimeout(0.2)
    sent = 0
    batch = GET * 1000
    with pytest.raises(TimeoutError):
        while sent < 100_000_000:
            sent += connection.send(batch[sent % len(batch) :])
    connection.settimeout(SOON_S)
    whole, part = divmod(sent, len(GET))
    assert received(connection, whole * len(ANSWER)) == whole * ANSWER
    details(connection, GET[part:])
    assert received(connection, len(ANSWER)) == ANSWER


def started() -> subprocess.Popen[bytes]:
    """A server of a test's own, listening."""
    command = [sys.executable, "-m", *null_server(LOOPBACK, NullKind(1))]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert b'"ready"' in process.stdout.readline()
    return process


def test_it_ends_with_its_stdin() -> None:
    """The end of its input, as a runner that dies leaves it, ends it at once and in good order."""
    with started() as process:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(SOON_S) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that can be caught")
def test_it_ends_on_sigterm() -> None:
    """A stop from outside ends it in good order, too."""
    with started() as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(SOON_S) == 0


def test_a_wrong_command_line_is_refused() -> None:
    """No length below nothing."""
    command = [sys.executable, "-m", *null_server(LOOPBACK, NullKind(-1))]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 2
    assert "negative" in found.stderr


def test_it_imports_no_more_than_it_needs() -> None:
    """It starts quickly, and runs in a small container."""
    program = (
        "import sys, stackduel.load.shards.null_server; "
        "print(sorted({'aiohttp', 'click', 'docker', 'numpy', 'psutil', 'rich'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="one process serves all where none can be forked")
def test_on_several_cores_it_is_a_process_on_each_and_all_end_with_its_stdin() -> None:
    """They share the port, so that connections are divided among them; none outlives a runner that dies."""
    command = [sys.executable, "-m", *null_server(LOOPBACK, NullKind(3), cores=(0, 0))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        port = json.loads(process.stdout.readline())["port"]
        (other,) = psutil.Process(process.pid).children()
        for _ in range(20):
            with socket.create_connection((LOOPBACK, port), SOON_S) as opened:
                opened.sendall(GET)
                assert received(opened, len(ANSWER)) == ANSWER
        process.stdin.close()
        assert process.wait(SOON_S) == 0
    other.wait(SOON_S)
    assert not other.is_running()
