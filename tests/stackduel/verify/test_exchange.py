"""One exchange: the request of a load, the parser of a load, and an end."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import aiohttp.connector
import pytest

from stackduel.model.driver import DriverName
from stackduel.model.measurement import Expectation, Outcome
from stackduel.model.suite import ClosedLoop, Workload
from stackduel.model.target import Address
from stackduel.verify.exchange import ExchangeError, ask, exchange, exchange_raw
from tests.conftest import serving
from tests.stackduel.load.measuring import HTTP_DRIVERS, job_for, measure
from tests.stackduel.load.scripted import ANSWER, BODY, Script, ScriptedServer, Visit, answer

# Answers as servers really give them: some right, some wrong, each judged by the parser of a load.
ANSWERS = {
    "plain": ANSWER,
    "after early hints": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 2 + ANSWER,
    "an old protocol": ANSWER.replace(b"1.1", b"1.0"),
    "a folded header": ANSWER.replace(b"\r\n\r\n", b"\r\nX-Folded: a\r\n b\r\n\r\n"),
    "a bare line feed": ANSWER.replace(b"\r\nContent", b"\nContent"),
    "a blank before the colon": ANSWER.replace(b"Content-Length:", b"Content-Length :"),
    "a head of 100 kB": ANSWER.replace(b"\r\n\r\n", b"\r\nX-A: " + b"a" * 100_000 + b"\r\n\r\n"),
    "200 headers": ANSWER.replace(b"\r\n\r\n", b"\r\nX-A: b" * 200 + b"\r\n\r\n"),
    "two equal lengths": ANSWER.replace(b"\r\n\r\n", b"\r\nContent-Length: 18\r\n\r\n"),
    "a length with a plus": ANSWER.replace(b": 18", b": +18"),
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n12\r\n" + BODY + b"\r\n0\r\n\r\n",
    "trailers": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n12\r\n" + BODY + b"\r\n0\r\nA: b\r\n\r\n",
    "a chunk of no length": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + BODY + b"\r\n0\r\n\r\n",
    "chunked and a length": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "a broken status line": b"HTTP/1.1 abc OK\r\n\r\n",
    "an upgrade": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "too long a head": b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 400_000,
    "trailers without end": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n12\r\n" + BODY + b"\r\n0\r\n" + b"A: b\r\n" * 200_000
    ),
    "endless interim answers": b"HTTP/1.1 102 Processing\r\n\r\n" * 20_000,
}  # fmt: skip


def outcome_of(address: Address, workload: Workload = Workload("/")) -> str:  # noqa: B008 - a frozen value
    """How an exchange ended, in the words of a load."""
    try:
        reply = ask(address, workload, timeout_s=5)
    except ExchangeError as error:
        return error.outcome
    return Expectation.of(200, BODY, "body").judge(status=reply.status, length=len(reply.body), same=reply.body == BODY)


@pytest.mark.parametrize("kind", ANSWERS)
def test_verification_understands_an_answer_as_the_load_does(kind: str) -> None:
    """An answer that verifies does not fail under load, and one that fails under load does not verify."""
    with ScriptedServer(answer(ANSWERS[kind])) as server:
        under_load = measure(job_for(server.address, ClosedLoop(1, requests=1), timeout_s=5)).outcomes
        assert {outcome_of(server.address): 1} == under_load


@pytest.mark.parametrize("name", HTTP_DRIVERS)
def test_verification_sends_what_the_load_sends(name: DriverName) -> None:
    """Byte for byte, or header for header, with the same Host header: a server cannot tell the two apart."""
    seen: list[bytes] = []

    async def script(visit: Visit) -> None:
        async for request in visit.requests():
            seen.append(request)
            await visit.send(ANSWER)

    workload = Workload("/a?b=%20c", "POST", (("X-Mine", "1"),), b"four")
    with ScriptedServer(script) as server:
        address = Address(server.address.host, server.address.port, authority="localhost")
        ask(address, workload, driver=name)
        measure(job_for(address, ClosedLoop(1, requests=1), driver=name, workload=workload))
    assert seen[0] == seen[1]
    assert {b"Host: localhost", b"User-Agent: stackduel", b"Accept: */*"} <= set(seen[0].split(b"\r\n"))


async def drip_body(visit: Visit) -> None:
    """A body that never ends, a byte at a time."""
    await visit.request()
    await visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        await visit.send(b"x")
        await asyncio.sleep(0.02)


async def drip_interim(visit: Visit) -> None:
    """Interim answers for ever."""
    await visit.request()
    while True:
        await visit.send(b"HTTP/1.1 102 Processing\r\n\r\n")
        await asyncio.sleep(0.02)


async def drip_trailers(visit: Visit) -> None:
    """Trailers for ever."""
    await visit.request()
    await visit.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n")
    while True:
        await visit.send(b"A: b\r\n")
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("script", [drip_body, drip_interim, drip_trailers])
@pytest.mark.parametrize("name", HTTP_DRIVERS)
def test_an_answer_that_never_ends_is_given_up(script: Script, name: DriverName) -> None:
    """The limit is of the whole exchange, not of each read."""
    with ScriptedServer(script) as server:
        began_s = time.monotonic()
        with pytest.raises(ExchangeError, match=r"timed out: no whole answer in 0\.[5-9]") as raised:
            ask(server.address, Workload("/"), timeout_s=0.5, driver=name)
        assert time.monotonic() - began_s < 3
    assert raised.value.outcome is Outcome.TIMEOUT


def test_what_came_is_told_of_an_answer_that_never_ends() -> None:
    """A server that drips is told from one that is silent."""
    with ScriptedServer(drip_body) as server, pytest.raises(ExchangeError, match=r"\d+ bytes of a body came$"):
        ask(server.address, Workload("/"), timeout_s=0.3)


def test_endless_trailers_are_too_large() -> None:
    """As a head is."""

    async def script(visit: Visit) -> None:
        await visit.request()
        await visit.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n")
        for _ in range(100):
            await visit.send(b"A: b\r\n" * 1000)

    with ScriptedServer(script) as server, pytest.raises(ExchangeError, match="trailers are over") as raised:
        ask(server.address, Workload("/"), timeout_s=5)
    assert raised.value.outcome is Outcome.TOO_LARGE


@pytest.mark.parametrize("name", HTTP_DRIVERS)
def test_a_wait_can_be_called_off(name: DriverName) -> None:
    """Long before its deadline."""
    called_off = threading.Event()
    threading.Timer(0.2, called_off.set).start()
    with ScriptedServer(drip_body) as server:
        began_s = time.monotonic()
        with pytest.raises(ExchangeError):
            ask(server.address, Workload("/"), timeout_s=60, driver=name, called_off=called_off)
        assert time.monotonic() - began_s < 10


def test_an_upload_that_is_refused_before_it_is_read() -> None:
    """The answer counts, though the server never took the whole request."""

    async def script(visit: Visit) -> None:
        await visit.read(1000)
        visit.stop_reading()
        await visit.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")

    with ScriptedServer(script) as server:
        assert exchange(server.address, "/", method="POST", body=bytes(30_000_000), timeout_s=10).status == 413


def test_the_answer_to_head_has_no_body() -> None:
    """Whatever length its head gives."""
    with ScriptedServer(answer(ANSWER[: -len(BODY)])) as server:
        request = b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"
        assert exchange_raw(server.address, request, "HEAD", 5).body == b""
        assert exchange(server.address, "/", method="HEAD", timeout_s=5).body == b""


def echo(request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
    length = request.headers.get("Content-Length", "none")
    return 418, f"{request.command} {request.path} {request.headers.get('X-Mine')} {length}".encode()


def test_method_target_headers_and_body_arrive_as_given() -> None:
    """The server sees what is sent, and its words come back whole."""
    with serving(echo) as address:
        reply = exchange(address, "/a//b?x=%20", method="POST", headers=[("X-Mine", "1")], body=b"four")
        assert (reply.status, reply.body) == (418, b"POST /a//b?x=%20 1 4")
        assert reply.header("content-length") == str(len(reply.body))
        assert exchange(address, "/").body == b"GET / None none"


def test_no_answer_is_an_error_that_names_the_request() -> None:
    """Nobody listening, and a server that says nothing, each raise an ExchangeError."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        with pytest.raises(ExchangeError, match=rf"GET http://127.0.0.1:{port}/x: ") as raised:
            exchange(Address("127.0.0.1", port), "/x", timeout_s=1)
    assert raised.value.outcome is Outcome.REFUSED
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(ExchangeError, match=r"timed out.*nothing came"):
        exchange(Address("127.0.0.1", mute.getsockname()[1]), "/x", timeout_s=0.1)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "its answer is not HTTP: it does not begin with HTTP/1.0 or HTTP/1.1$"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            r"its answer breaks the rules of HTTP/1.1 \(invalid character in Content-Length\)$",
        ),
    ],
    ids=["another protocol", "a length that is no number"],
)
def test_what_is_not_http_is_said_in_plain_words(said: bytes, told: str) -> None:
    """The parser's words stand in brackets, and only where they say more."""

    with ScriptedServer(answer(said)) as server, pytest.raises(ExchangeError, match=told) as raised:
        exchange(server.address, "/")
    assert raised.value.outcome is Outcome.PROTOCOL


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")
def test_over_tls_the_server_must_be_who_the_host_header_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A virtual host behind an IP address has the certificate of its name; waiting does not mend another."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ("-subj", "/CN=shop.example", "-addext", "subjectAltName=DNS:shop.example")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    # aiohttp reads SSL_CERT_FILE once, when it is imported.
    trusting = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", trusting)
    with ScriptedServer(answer(ANSWER), tls=context) as server:
        by_ip = server.address
        by_name = replace(by_ip, authority="shop.example:8443")
        assert ask(by_name, Workload("/"), timeout_s=5).body == BODY
        assert measure(job_for(by_name, ClosedLoop(1, requests=3), driver="aiohttp")).outcomes == {"ok": 3}
        with pytest.raises(ExchangeError) as raised:
            ask(by_ip, Workload("/"), timeout_s=5)
    assert raised.value.permanent
