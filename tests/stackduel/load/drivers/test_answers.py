"""Both drivers against servers of every kind: each request ends in the one outcome that is true."""

from __future__ import annotations

import asyncio

import pytest

from stackduel.model.driver import DriverName
from stackduel.model.measurement import Expectation, FailedAnswer, Measurement, Outcome
from stackduel.model.suite import ClosedLoop, Workload
from tests.stackduel.load.measuring import job_for, measure
from tests.stackduel.load.scripted import ANSWER, BODY, Script, ScriptedServer, Visit, answer, answer_all

TEN = ClosedLoop(connections=2, requests=10)


def ten_requests(script: Script, driver: DriverName, expectation: Expectation | None = None) -> Measurement:
    """Return what comes of ten requests on two connections to a server with that script."""
    with ScriptedServer(script) as server:
        job = job_for(server.address, TEN, driver=driver)
        if expectation is not None:
            job = job_for(server.address, TEN, driver=driver, expectation=expectation)
        return measure(job)


def chunked(*chunks: bytes) -> bytes:
    """An answer in chunked encoding."""
    framed = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + framed + b"0\r\n\r\n"


KEPT = {
    "content-length": answer(ANSWER),
    "head and body apart": answer(ANSWER[:-18], ANSWER[-18:], pause_s=0.002),
    "byte by byte": answer(*(ANSWER[i : i + 1] for i in range(len(ANSWER)))),
    "byte by byte, seen one by one": answer(*(ANSWER[i : i + 1] for i in range(len(ANSWER))), pause_s=0.0005),
    "one chunk": answer(chunked(BODY)),
    "many chunks": answer(chunked(*(BODY[i : i + 1] for i in range(len(BODY))))),
    "chunks one by one": answer(chunked(BODY[:5], BODY[5:])[:60], chunked(BODY[:5], BODY[5:])[60:], pause_s=0.002),
    "after interim answers": answer(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 3 + ANSWER),
    "interim answers seen first": answer(b"HTTP/1.1 102 Processing\r\n\r\n", ANSWER, pause_s=0.002),
    "many headers": answer(ANSWER.replace(b"\r\n\r\n", b"\r\nX-A: %s" % (b"a" * 5_000) + b"\r\n\r\n")),
}


@pytest.mark.parametrize("kind", KEPT)
def test_right_answers_of_every_form_are_right(kind: str, driver: DriverName) -> None:
    """However an answer is framed and cut into packets, it is right, and its connection is used again."""
    found = ten_requests(KEPT[kind], driver)
    assert found.outcomes == {"ok": 10}
    assert found.latency.count == 10
    assert (found.reconnects, found.resent) == (0, 0)


async def close_each(visit: Visit) -> None:
    """One answer a connection, announced."""
    if await visit.request():
        await visit.send(ANSWER.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))


async def until_eof(visit: Visit) -> None:
    """One answer a connection, which ends with it."""
    if await visit.request():
        await visit.send(b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n" + BODY)


async def until_eof_slowly(visit: Visit) -> None:
    """One answer a connection in pieces, which ends with it."""
    if await visit.request():
        for piece in (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n\r\n", BODY[:4], BODY[4:]):
            await visit.send(piece)
            await asyncio.sleep(0.002)


async def old_protocol(visit: Visit) -> None:
    """HTTP/1.0 does not keep connections unless it says so."""
    if await visit.request():
        await visit.send(ANSWER.replace(b"1.1", b"1.0"))


@pytest.mark.parametrize("script", [close_each, until_eof, until_eof_slowly, old_protocol])
def test_a_connection_for_each_request(script: Script, driver: DriverName) -> None:
    """Servers that close each connection after one answer are measured without a failure or a request sent twice."""
    found = ten_requests(script, driver)
    assert found.outcomes == {"ok": 10}
    assert (found.reconnects, found.resent) == (8, 0)


def test_an_empty_body_that_ends_with_the_connection() -> None:
    """Nothing after the head is a complete answer, where the head gives no length."""

    async def script(visit: Visit) -> None:
        if await visit.request():
            await visit.send(b"HTTP/1.1 200 OK\r\n\r\n")

    assert ten_requests(script, "raw", Expectation.of(200, b"", "body")).outcomes == {"ok": 10}


WRONG = {
    "status": (b"HTTP/1.1 500 No\r\nContent-Length: 18\r\n\r\n" + BODY, Outcome.STATUS),
    "too short": (b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n" + BODY[:-1], Outcome.WRONG_LENGTH),
    "too long": (b"HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n" + BODY + b"!", Outcome.WRONG_LENGTH),
    "empty": (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Outcome.WRONG_LENGTH),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", Outcome.STATUS),
    "other bytes": (b"HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n" + BODY[::-1], Outcome.WRONG_BODY),
    "other bytes in chunks": (chunked(BODY[:-1], b"!"), Outcome.WRONG_BODY),
}


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_answers_are_failures(kind: str, driver: DriverName) -> None:
    """A complete answer that is not the expected one is counted as what is wrong with it; its connection stays."""
    data, outcome = WRONG[kind]
    found = ten_requests(answer(data), driver)
    assert found.outcomes == {outcome: 10}
    assert (found.requests, found.succeeded, found.failed) == (10, 0, 10)
    assert found.latency.count == 0
    assert found.reconnects == 0


def test_a_body_whose_last_part_looks_like_all_of_it() -> None:
    """The right body after a byte too many is too long, also when the two come apart."""
    data = b"HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n!"
    assert ten_requests(answer(data, BODY, pause_s=0.005), "raw").outcomes == {"wrong-length": 10}


@pytest.mark.parametrize(
    ("expectation", "outcomes"),
    [
        (Expectation.of(200, BODY, "status"), {"ok": 10}),
        (Expectation.of(200, BODY[::-1], "length"), {"ok": 10}),
        (Expectation.of(200, BODY[1:], "length"), {"wrong-length": 10}),
        (Expectation.of(204, BODY, "status"), {"status": 10}),
    ],
)
def test_only_what_is_expected_is_checked(
    expectation: Expectation, outcomes: dict[str, int], driver: DriverName
) -> None:
    """A looser expectation accepts what it does not speak of."""
    assert ten_requests(answer_all, driver, expectation).outcomes == outcomes


GARBAGE = {
    "not HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "a broken status line": b"HTTP/1.1 abc OK\r\n\r\n",
    "a broken header": b"HTTP/1.1 200 OK\r\n: x\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "an upgrade": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_what_is_not_http_is_a_protocol_failure(kind: str) -> None:
    """Garbage costs the request and the connection, and the next request goes out on another."""
    found = ten_requests(answer(GARBAGE[kind]), "raw")
    assert found.outcomes == {"protocol": 10}
    assert found.reconnects == 8


@pytest.mark.parametrize("kind", list(GARBAGE)[:3])
def test_what_is_not_http_is_a_protocol_failure_to_aiohttp_too(kind: str) -> None:
    """The other driver sees garbage for what it is."""
    assert ten_requests(answer(GARBAGE[kind]), "aiohttp").outcomes == {"protocol": 10}


def test_two_answers_to_one_request() -> None:
    """An answer that nobody asked for is not taken for the one to the next request."""
    with ScriptedServer(answer(ANSWER + ANSWER)) as server:
        found = measure(job_for(server.address, ClosedLoop(1, requests=10)))
    assert found.outcomes == {"ok": 5, "protocol": 5}


def test_a_head_without_end(driver: DriverName) -> None:
    """A head of more than 256 KiB is given up, and what it came on is closed."""
    found = ten_requests(answer(b"HTTP/1.1 200 OK\r\nX-Long: ", *[b"x" * 65_536] * 6), driver)
    assert found.outcomes == {"too-large": 10}


def test_endless_interim_answers() -> None:
    """Interim answers are a head, too: a server cannot hold a request for ever by sending them."""
    found = ten_requests(answer(*[b"HTTP/1.1 102 Processing\r\n\r\n" * 1000] * 20), "raw")
    assert found.outcomes == {"too-large": 10}


def test_a_body_without_end(driver: DriverName) -> None:
    """A body of more than 64 MiB is given up."""
    megabyte = b"100000\r\n" + bytes(2**20) + b"\r\n"
    script = answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[megabyte] * 66)
    with ScriptedServer(script) as server:
        job = job_for(server.address, ClosedLoop(1, requests=1), driver=driver, timeout_s=60)
        assert measure(job).outcomes == {"too-large": 1}


def test_a_large_body_is_compared_to_its_last_byte(driver: DriverName) -> None:
    """A body of many packets is right, and wrong when only its last byte is."""
    body = bytes(range(256)) * 20_000
    data = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    assert ten_requests(answer(data), driver, Expectation.of(200, body, "body")).outcomes == {"ok": 10}
    other = Expectation.of(200, body[:-1] + b"!", "body")
    assert ten_requests(answer(data), driver, other).outcomes == {"wrong-body": 10}


def test_a_body_is_sent_whole(driver: DriverName) -> None:
    """A request's body, headers and method arrive as the workload says, once for each request."""
    seen: list[bytes] = []

    async def script(visit: Visit) -> None:
        async for request in visit.requests():
            seen.append(request)
            await visit.send(ANSWER)

    body = bytes(range(256)) * 4_000
    workload = Workload("/infer?x=%20y", "POST", (("X-Name", "value"), ("Accept", "text/plain")), body)
    with ScriptedServer(script) as server:
        found = measure(job_for(server.address, TEN, driver=driver, workload=workload))
        host = f"127.0.0.1:{server.address.port}"
    assert found.outcomes == {"ok": 10}
    assert len(seen) == 10
    head, _, sent = seen[0].partition(b"\r\n\r\n")
    first, *headers = head.decode().split("\r\n")
    assert first == "POST /infer?x=%20y HTTP/1.1"
    assert sent == body
    assert sorted(line.lower() for line in headers) == sorted(
        line.lower()
        for line in (
            f"Host: {host}", "X-Name: value", "Accept: text/plain", "User-Agent: stackduel",
            f"Content-Length: {len(body)}",
        )
    )  # fmt: skip


def test_head_requests() -> None:
    """An answer to HEAD has no body, whatever length its head gives."""
    with ScriptedServer(answer(ANSWER[: -len(BODY)])) as server:
        workload = Workload("/", "HEAD")
        expectation = Expectation.of(200, b"", "body")
        job = job_for(server.address, TEN, driver="aiohttp", workload=workload, expectation=expectation)
        assert measure(job).outcomes == {"ok": 10}


@pytest.mark.parametrize(
    "framed", [b"HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\noops", b"HTTP/1.1 500 No\r\n\r\noops"]
)
def test_one_answer_of_those_that_are_wrong_is_kept(framed: bytes, driver: DriverName) -> None:
    """Its status and the beginning of its body, however it is framed, and none where all are right."""

    async def refuse(visit: Visit) -> None:
        while await visit.request():
            await visit.send(framed)
            if b"Content-Length" not in framed:
                return

    found = ten_requests(refuse, driver)
    assert found.outcomes == {"status": 10}
    assert found.failed_answer == FailedAnswer(500, b"oops")
    assert ten_requests(answer(ANSWER), driver).failed_answer is None


def test_a_wrong_answer_in_parts_is_kept_from_its_beginning(driver: DriverName) -> None:
    """Not from where its last part begins."""
    wrong = answer(b"HTTP/1.1 503 Full\r\nContent-Length: 8\r\n\r\nnot ", b"now!", pause_s=0.002)
    found = ten_requests(wrong, driver).failed_answer
    assert found is not None
    assert found.status == 503
    assert found.beginning.startswith(b"not ")
