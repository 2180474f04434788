"""Waiting until a server is ready: what is ready, what may still be, and what never will."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from stackduel.launch.companion import StackWithCompanion, companion_of
from stackduel.launch.health import wait_until_healthy
from stackduel.launch.health_check import HealthCheck, health_check
from stackduel.model.errors import LaunchError
from stackduel.model.server_end import ServerEnd
from stackduel.model.stack import Stack, Url
from stackduel.model.suite import Workload
from stackduel.model.target import Address, ProcessTree, Several
from stackduel.planning.registry import registered_stacks
from tests.conftest import serving

SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


@dataclass
class Server:
    """A started server as the launchers know it."""

    address: Address
    pid: int = 1
    reason: str | None = None
    log: str = ""
    name: str = "triton"
    inner_address: Address | None = None

    @property
    def subject(self) -> ProcessTree:
        return ProcessTree(self.pid)

    def failure(self) -> str | None:
        return self.reason

    def lost_companion(self) -> None:
        return None

    def log_tail(self, lines: int = 20) -> str:
        return self.log

    def terminate(self, grace_s: float) -> ServerEnd:
        raise AssertionError(grace_s)


@contextmanager
def greeting(*answers: bytes) -> Iterator[Server]:
    """A server that answers one connection after the other with these bytes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for answer in answers:
                connection, _ = listener.accept()
                with connection:
                    assert connection.recv(100).startswith(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield Server(Address("127.0.0.1", listener.getsockname()[1]))
        thread.join()


def test_http_2_s_greeting_is_health_enough() -> None:
    """An answer that is no greeting yet is asked again; a frame of settings is the one that was waited for."""
    with greeting(b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", SETTINGS) as server:
        wait_until_healthy("mine", server, HealthCheck(None, 10.0))


def test_a_server_that_never_greets_is_told() -> None:
    """At the deadline the error says what was there instead."""
    deaf = pytest.raises(LaunchError, match=r"mine: not healthy within 0.01 s: it does not speak HTTP/2")
    with greeting(b"HTTP/1.1 400 Bad Request\r\n\r\n") as server, deaf:
        wait_until_healthy("mine", server, HealthCheck(None, 0.01))
    nobody = Server(Address("127.0.0.1", 9))
    with pytest.raises(LaunchError, match=r"mine: not healthy within 0.01 s: .*refused"):
        wait_until_healthy("mine", nobody, HealthCheck(None, 0.01))


def test_two_servers_are_one_stack() -> None:
    """The address is the first one's, what both use is the stack's, and so is the failure and the log of either."""
    server, companion = Server(Address("h", 1), pid=1, log="served"), Server(Address("h", 2), pid=2, log="inferred")
    both = StackWithCompanion(server, companion)
    assert both.address == Address("h", 1)
    assert both.subject == Several((ProcessTree(1), ProcessTree(2)))
    assert both.failure() is None
    assert both.log_tail() == "inferred\nserved"
    companion.reason = "the server ended with exit status 1"
    assert both.failure() == "its companion: the server ended with exit status 1"
    part = both.lost_companion()
    assert part is not None
    assert part.sentence == "the companion triton has failed: the server ended with exit status 1"
    server.reason = "the server ended with exit status 2"
    assert both.failure() == "the server ended with exit status 2"


def test_companions_are_the_registry_s() -> None:
    """A stack that calls Triton has it beside it, with nothing loaded yet; Triton itself and all others stand alone."""
    stacks = registered_stacks()
    found = {name: companion for name, stack in stacks.items() if (companion := companion_of(stack))}
    assert set(found) == {"fastapi-triton", "fastapi-triton-unpooled"}
    for companion in found.values():
        assert companion.stack == stacks["triton"]
        assert companion.url_variable == "TRITON_URL"
        assert companion.environment == {"TRITON_MODELS": "none"}


# Much longer than any of these tests: what ends by itself did not wait for it.
LONG_S = 300.0


def failure_of(server: Server, check: HealthCheck) -> str:
    """Return the error on a server that does not get ready; well before the limit of the wait."""
    began_s = time.monotonic()
    with pytest.raises(LaunchError) as raised:
        wait_until_healthy("mine", server, check)
    assert time.monotonic() - began_s < LONG_S / 5
    return str(raised.value)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_answer_of_success_is_health(status: int) -> None:
    """2xx of any kind: a health endpoint without a body answers 204."""
    with serving(lambda _request: (status, b"")) as address:
        wait_until_healthy("mine", Server(address), HealthCheck(within_s=LONG_S))


def test_a_slow_check_is_asked_once() -> None:
    """A try may take what is left of the limit: a server that works on its first answer is not asked again."""
    asked: list[str] = []

    def slow(request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        asked.append(request.path)
        time.sleep(2.5)
        return 200, b"ready"

    with serving(slow) as address:
        wait_until_healthy("mine", Server(address), HealthCheck(within_s=LONG_S))
    assert asked == ["/health"]


def test_a_server_that_is_not_ready_yet_is_asked_again() -> None:
    """Errors of its own, and too early or too many, pass."""
    statuses = iter([503, 500, 502, 425, 429, 200])
    with serving(lambda _request: (next(statuses), b"")) as address:
        wait_until_healthy("mine", Server(address), HealthCheck(within_s=LONG_S))
    assert next(statuses, None) is None


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (202, True), (418, True), (404, False)])
def test_the_first_request_takes_the_place_of_a_path_that_was_only_assumed(status: int, healthy: bool) -> None:
    """Where /health is not found: with a success, or the very status that the request is to have."""
    fallback = Workload("/items?page=1", headers=(("X-Key", "abc"),), status=418)

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        if request.path == "/health":
            return 404, b""
        assert (request.path, request.headers["X-Key"]) == ("/items?page=1", "abc")
        return status, b""

    with serving(answer) as address:
        server, check = Server(address), HealthCheck(within_s=LONG_S, fallback=fallback)
        if healthy:
            wait_until_healthy("mine", server, check)
        else:
            told = failure_of(server, check)
            assert told.startswith("mine: GET /health answered 404, and GET /items?page=1 answered 404; health names a")


@pytest.mark.parametrize("status", [401, 404, 405, 501])
def test_a_path_that_nobody_named_is_no_fault_of_the_server(status: int) -> None:
    """Whatever the server refuses, it answers: what it says to the requests is verified next."""
    with serving(lambda _request: (status, b"")) as address:
        server = Server(address)
        wait_until_healthy("mine", server, HealthCheck(within_s=LONG_S, assumed=True))
        wait_until_healthy("mine", server, HealthCheck(within_s=LONG_S, assumed=True, fallback=Workload("/x")))
        failure_of(server, HealthCheck(within_s=LONG_S, fallback=Workload("/x")))
    assert health_check(Stack("mine", "rewrite", "", Url(Address("h", 1)), assumed=True)).assumed
    kserve = Stack("mine", "rewrite", "", Url(Address("h", 1)), assumed=True, protocol="kserve")
    assert not health_check(kserve).assumed


def test_a_kserve_server_says_400_until_it_is_ready() -> None:
    """As Triton does; of any other path it is a refusal."""
    statuses = iter([400, 400, 200])
    with serving(lambda _request: (next(statuses), b"")) as address:
        wait_until_healthy("mine", Server(address), HealthCheck("/v2/health/ready", LONG_S))


def test_an_error_on_the_request_is_told_without_the_path_that_nobody_named() -> None:
    """A server may still be starting, so it is waited for."""

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        return (404 if request.path == "/health" else 500), b""

    with serving(answer) as address:
        told = failure_of(Server(address), HealthCheck(within_s=0.5, assumed=True, fallback=Workload("/x")))
    assert told.startswith("mine: not healthy within 0.5 s: GET /x answered 500 (start_s")


def test_the_last_try_does_not_hide_what_the_one_before_met() -> None:
    """At the deadline the answer is told, not the time that was too short for another."""
    with serving(lambda _request: (503, b"")) as address, pytest.raises(LaunchError) as raised:
        wait_until_healthy("mine", Server(address), HealthCheck(within_s=2.0))
    assert "not healthy within 2 s: GET /health answered 503 (start_s" in str(raised.value)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 405, 501])
def test_what_is_refused_for_good_ends_the_wait(status: int) -> None:
    """Waiting makes no path of what is none; the error names the key that mends it."""
    with serving(lambda _request: (status, b"")) as address:
        told = failure_of(Server(address), HealthCheck("/up", LONG_S))
    assert told.startswith(f"mine: GET /up answered {status}; health names a path that answers 2xx")


def test_an_application_that_is_called_by_the_wrong_interface_ends_the_wait() -> None:
    """Each request would be a 500 until the limit; the error names the option that mends it."""
    log = "Traceback (most recent call last):\nAttributeError: 'RSGIHTTPScope' object has no attribute 'get'\n"
    with serving(lambda _request: (500, b"")) as address:
        told = failure_of(Server(address, log=log), HealthCheck("/up", LONG_S))
    assert told.startswith(
        "mine: the server calls the application by RSGI, Granian's default: name its own by --interf"
    )


def test_where_nothing_listens_is_told_of_a_server_that_is_said_to_run() -> None:
    """One that is still being started may refuse connections until the limit."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    told = failure_of(Server(Address("127.0.0.1", port)), HealthCheck(within_s=LONG_S, refused_s=0.2))
    assert "refused" in told
    assert "nothing listens there" in told


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")
def test_a_certificate_that_nobody_trusts_ends_the_wait(tmp_path: Path) -> None:
    """And so does a server without TLS at an address with it."""
    certificate, key = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1")
    files = ("-keyout", key, "-out", certificate)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *files],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def shake_hands() -> None:
            connection, _ = listener.accept()
            with connection, pytest.raises(OSError, match=r"."):
                context.wrap_socket(connection, server_side=True)

        thread = threading.Thread(target=shake_hands)
        thread.start()
        told = failure_of(
            Server(Address("127.0.0.1", listener.getsockname()[1], tls=True)), HealthCheck(within_s=LONG_S)
        )
        thread.join()
    assert "certificate is not trusted: self-signed certificate" in told
    with serving(lambda _request: (200, b"")) as address:
        plain = Address(address.host, address.port, tls=True)
        assert "SSL" in failure_of(Server(plain), HealthCheck(within_s=LONG_S))


def test_a_stack_sets_its_own_limit() -> None:
    """``start_s`` is for servers that load long, and for those that must not."""
    there = Url(Address("127.0.0.1", 1))
    assert health_check(Stack("mine", "rewrite", "", there)).within_s == 30.0
    assert health_check(Stack("mine", "rewrite", "", there), refused_s=3.0).refused_s == 3.0
    patient = health_check(Stack("mine", "rewrite", "", there, start_s=90.0), 60.0, refused_s=3.0)
    assert (patient.within_s, patient.refused_s) == (90.0, None)


def test_a_server_that_takes_connections_and_never_answers_is_seen_through() -> None:
    """Its workers die one after the other, or it has ended: a try that may take long does not hide that."""
    error = "ModuleNotFoundError: No module named 'shop'"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = Address("127.0.0.1", listener.getsockname()[1])
        told = failure_of(Server(address, log=f"{error}\n" * 3), HealthCheck(within_s=LONG_S))
        assert told.startswith(f"mine: its workers are started again and again: {error}")
        server = Server(address)
        timer = threading.Timer(0.5, lambda: setattr(server, "reason", "the server ended with exit status 9"))
        timer.start()
        assert failure_of(server, HealthCheck(within_s=LONG_S)).startswith("mine: the server ended with exit status 9")
        timer.join()
