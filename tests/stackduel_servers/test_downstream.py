"""The IO backend, served for real."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from stackduel.analysis.early_ends import early_ends
from stackduel_servers import downstream
from stackduel_servers.core.errors import HttpError
from stackduel_servers.downstream import MAX_HEAD_BYTES, MAX_PIPELINED_BYTES, Waits, loop_factory, parse_head
from tests.contract.events import parse, stream
from tests.contract.served import Served, served
from tests.contract.wire import ClosedError, ask, connected
from tests.until import until

HOST = "Host: downstream\r\n"


def get(target: str, extra: str = "") -> bytes:
    return f"GET {target} HTTP/1.1\r\n{HOST}{extra}\r\n".encode()


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The backend, running."""
    with served("downstream", tmp_path_factory.mktemp("downstream")) as running:
        yield running


@pytest.mark.parametrize("delay_s", [0.0, 0.001, 0.0137, 0.2])
def test_it_waits_as_long_as_asked_and_never_less(delay_s: float, backend: Served) -> None:
    """The answer arrives after the delay, and hardly later."""
    with connected(backend.port) as wire:
        took_s = []
        for _ in range(5):
            started_s = time.perf_counter()
            wire.send(get(f"/wait?delay={delay_s}"))
            assert wire.answer().body == b'{"waited_s":%.4f}' % delay_s
            took_s.append(time.perf_counter() - started_s)
    assert min(took_s) >= delay_s
    assert min(took_s) < delay_s + 0.05


def test_a_stream_is_never_early(backend: Served) -> None:
    """Its events come by the timetable, after their times; its connection answers the next request."""
    sent = stream(backend.port, "/stream?events=5&first=0.0137&interval=0.003&size=64")
    assert sent.whole
    assert [event.id for event in sent.events()] == ["0", "1", "2", "3", "4"]
    times_ns = [event.times_ns() for event in sent.events()]
    assert [due_ns for due_ns, _ in times_ns] == [13_700_000 + number * 3_000_000 for number in range(5)]
    assert all(due_ns <= made_ns for due_ns, made_ns in times_ns)
    assert sent.asked_ns < int(sent.headers["x-stream-zero"]) < sent.head_ns
    with connected(backend.port) as wire:
        wire.send(b"HEAD /stream?events=10000&first=10 HTTP/1.1\r\n\r\n")
        assert wire.answer("HEAD").header("Content-Type") == "text/event-stream; charset=utf-8"
        wire.send(get("/stream?events=2&interval=0") + get("/wait?delay=0"))
        assert wire.until(b'{"waited_s":0.0000}').count(b"HTTP/1.1 200 OK") == 2


def test_tokens_come_by_their_timetable(backend: Served) -> None:
    """A completion's body is passed over, its events are never early, and the next request finds the connection."""
    target = "/v1/chat/completions?tokens=3&first=0.02&interval=0.01&top_logprobs=2"
    for body in (b"{}", b"GET / HTTP/1.1\r\n\r\n"):
        sent = stream(backend.port, target, "POST", json_body=body)
        *chunks, done = sent.events()
        times = [chunk.times_ns() for chunk in chunks]
        assert [due_ns for due_ns, _ in times] == [0, 20_000_000, 30_000_000, 40_000_000, 40_000_000]
        assert all(made_ns >= due_ns for due_ns, made_ns in times)
        assert done.data == "[DONE]"


def test_a_stream_without_chunks_ends_with_its_connection(backend: Served) -> None:
    """HTTP/1.0 knows no chunks."""
    with connected(backend.port) as wire:
        wire.send(b"GET /stream?events=3&interval=0 HTTP/1.0\r\n\r\n")
        answer = wire.answer()
        assert (answer.header("Transfer-Encoding"), answer.header("Connection")) == (None, "close")
        assert [event.id for event in parse(answer.body.decode())] == ["0", "1", "2"]


def test_a_stream_waits_for_a_client_that_reads_slowly(backend: Served) -> None:
    """Events that nobody reads are not made; read at last, all of them are there."""
    with connected(backend.port) as wire:
        wire.send(get("/stream?events=200&interval=0&size=65536", "Connection: close\r\n"))
        time.sleep(0.3)
        events = re.findall(rb'id: [0-9]+\ndata: {"due_ns":0,"made_ns":([0-9]+)', wire.answer().body)
    assert len(events) == 200
    assert int(events[0]) < 300_000_000 <= int(events[-1])


def test_waits_do_not_hold_each_other(backend: Served) -> None:
    """Two hundred waits on two hundred connections take hardly longer than one."""

    async def waited() -> float:
        streams = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", backend.port) for _ in range(200)))
        started_s = time.perf_counter()
        for _, writer in streams:
            writer.write(get("/wait?delay=0.3"))
        for reader, writer in streams:
            assert (await reader.readuntil(b"}")).endswith(b'{"waited_s":0.3000}')
            writer.close()
        return time.perf_counter() - started_s

    assert 0.3 <= asyncio.run(waited()) < 3


@pytest.mark.parametrize(
    ("method", "target", "status", "body"),
    [
        ("GET", "/health", 200, b'{"status":"ok"}'),
        ("GET", "/wait?delay=x", 400, b'{"error":"delay must be a number from 0 to 10 with at most 9 decimals"}'),
        ("GET", "/wait?delay=11", 400, b'{"error":"delay must be a number from 0 to 10 with at most 9 decimals"}'),
        ("GET", "/nothing", 404, b'{"error":"not found"}'),
        ("POST", "/nothing", 404, b'{"error":"not found"}'),
        ("POST", "/wait?delay=0", 405, b'{"error":"method not allowed: only GET and HEAD"}'),
        ("HEAD", "/wait?delay=0", 200, b""),
        ("GET", "/stream?events=0", 400, b'{"error":"events must be an integer from 1 to 10000"}'),
        ("POST", "/v1/chat/completions?tokens=0", 400, b'{"error":"tokens must be an integer from 1 to 10000"}'),
        ("GET", "/v1/chat/completions", 405, b'{"error":"method not allowed: only POST"}'),
        ("POST", "/stream", 405, b'{"error":"method not allowed: only GET and HEAD"}'),
    ],
)
def test_answers(method: str, target: str, status: int, body: bytes, backend: Served) -> None:
    """Each request gets its answer, and the connection stays open."""
    with connected(backend.port) as wire:
        for _ in range(2):
            wire.send(f"{method} {target} HTTP/1.1\r\n{HOST}Content-Length: 3\r\n\r\nabc".encode())
            answer = wire.answer(method)
            assert (answer.status, answer.body) == (status, body)
            assert answer.header("Content-Type") == "application/json"
            allowed = "POST" if b"only POST" in body else "GET, HEAD"
            assert answer.header("Allow") == (allowed if status == 405 else None)


def test_pipelined_requests_are_answered_in_order(backend: Served) -> None:
    """A wait delays the later requests of the same connection."""
    with connected(backend.port) as wire:
        wire.send(get("/wait?delay=0.05") + get("/nothing") + get("/wait?delay=0.01") + get("/health"))
        bodies = [wire.answer().body for _ in range(4)]
    assert bodies == [b'{"waited_s":0.0500}', b'{"error":"not found"}', b'{"waited_s":0.0100}', b'{"status":"ok"}']


def test_a_flood_of_pipelined_requests_is_answered_whole(backend: Served) -> None:
    """Requests beyond the server's buffer wait in the socket and are not lost."""
    flood = get("/wait?delay=0.02") + get("/wait?delay=0") * (3 * MAX_PIPELINED_BYTES // len(get("/wait?delay=0")))
    with connected(backend.port) as wire:
        wire.send(flood)
        statuses = [wire.answer().status for _ in range(flood.count(b"GET "))]
    assert set(statuses) == {200}


def test_a_request_sent_byte_by_byte(backend: Served) -> None:
    """How a request is cut into packets does not matter."""
    with connected(backend.port) as wire:
        for byte in b"\r\n" + get("/health"):
            wire.send(bytes([byte]))
        assert wire.answer().body == b'{"status":"ok"}'


@pytest.mark.parametrize(
    ("head", "stays"),
    [
        ("GET /health HTTP/1.1\r\n", True),
        ("GET /health HTTP/1.1\r\nConnection: close\r\n", False),
        ("GET /health HTTP/1.1\r\nCONNECTION:  x , Close \r\n", False),
        ("GET /health HTTP/1.0\r\n", False),
        ("GET /health HTTP/1.0\r\nConnection: Keep-Alive\r\n", True),
        ("GET /wait?delay=0.01 HTTP/1.1\r\nConnection: close\r\n", False),
    ],
)
def test_connections_stay_or_close_as_asked(head: str, stays: bool, backend: Served) -> None:
    """HTTP/1.1 connections stay open unless the client closes them, HTTP/1.0 ones close unless it keeps them."""
    with connected(backend.port) as wire:
        wire.send(f"{head}\r\n".encode())
        assert wire.answer().status == 200
        wire.send(get("/health", "Connection: close\r\n"))
        if stays:
            assert wire.answer().status == 200
        assert wire.ends()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"NONSENSE\r\n\r\n", 400),
        (b"GET /wait HTTP/2.0\r\n\r\n", 400),
        (b"GET /wait\r\n\r\n", 400),
        (b"GET  /wait HTTP/1.1\r\n\r\n", 400),
        (b"GET /wait HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
        (b"GET /wait HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"GET /wait HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"GET /wait?" + b"x" * MAX_HEAD_BYTES, 431),
        (b"GET /wait HTTP/1.1\r\nX: " + b"x" * MAX_HEAD_BYTES + b"\r\n\r\n", 431),
    ],
)
def test_what_is_no_request_is_refused_and_ends_the_connection(data: bytes, status: int, backend: Served) -> None:
    """An unreadable request gets an error, and nothing after it is read."""
    with connected(backend.port) as wire:
        wire.send(data)
        assert wire.answer().status == status
        assert wire.ends()


def test_who_has_said_all_is_still_answered(backend: Served) -> None:
    """A client that closes its own side while it waits still gets its answer."""
    with connected(backend.port) as wire:
        wire.send(get("/wait?delay=0.05"))
        wire.half_close()
        assert wire.answer().status == 200
        assert wire.ends()


def test_who_leaves_is_forgotten(backend: Served) -> None:
    """Clients that leave while they wait do not disturb others."""
    for _ in range(20):
        with connected(backend.port) as wire:
            wire.send(get("/wait?delay=0.05"))
    assert ask(backend.port, "/wait?delay=0.1").status == 200
    assert "Traceback" not in backend.log.read_text()


@pytest.mark.parametrize("resets", [False, True])
def test_who_leaves_a_stream_is_noted(resets: bool, backend: Served) -> None:
    """By its zero, with a moment between the leaving and now, and the event that it had come to."""
    assert ask(backend.port, "/stream?events=2&interval=0").status == 200
    with connected(backend.port) as wire:
        wire.send(get("/stream?events=5000&interval=0.01&size=77"))
        head = wire.until(b"\r\n\r\n")
        wire.until(b"id: 1\n")
        left_ns = time.perf_counter_ns()
        if resets:
            wire.reset()
    zero = re.search(rb"X-Stream-Zero: (\d+)", head)
    assert zero
    assert until(lambda: int(zero[1]) in early_ends(backend.log.read_text()))
    end = early_ends(backend.log.read_text())[int(zero[1])]
    assert left_ns < end.noticed_ns < time.perf_counter_ns()
    assert 2 <= end.events < 5000
    assert 2 <= end.at(left_ns).events <= end.events
    assert len(end.before_us) == end.events


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
def test_it_stops_when_asked(tmp_path_factory: pytest.TempPathFactory) -> None:
    """SIGTERM stops it at once, with idle and with waiting connections; its exit status is 0."""
    with served("downstream", tmp_path_factory.mktemp("stopped")) as running:
        with connected(running.port) as idle, connected(running.port) as waiting:
            idle.send(get("/health"))
            assert idle.answer().status == 200
            waiting.send(get("/wait?delay=10"))
            running.process.terminate()
            assert running.process.wait(timeout=3) == 0
            with pytest.raises(ClosedError):
                waiting.answer()
        assert "Traceback" not in running.log.read_text()


@pytest.mark.parametrize("factory", [asyncio.new_event_loop, loop_factory()], ids=["asyncio", "uvloop if there is one"])
def test_waits_call_back_in_time(factory: Callable[[], asyncio.AbstractEventLoop]) -> None:
    """Each of many waits within two milliseconds calls back once, and never early."""
    late_s: list[float] = []

    async def main() -> None:
        waits, all_called = Waits(asyncio.get_running_loop()), asyncio.Event()

        def called(time_s: float) -> None:
            late_s.append(time.monotonic() - time_s)
            if len(late_s) == 200:
                all_called.set()

        start_s = time.monotonic() + 0.02
        for time_s in (start_s + number % 20 / 10_000 for number in range(200)):
            waits.call_at(time_s, partial(called, time_s))
        await asyncio.wait_for(all_called.wait(), timeout=10)

    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main())
    assert len(late_s) == 200
    assert min(late_s) >= 0


def test_heads_are_read() -> None:
    """Method, target, version and framing are read, in any case and with any blanks."""
    request = parse_head(b"\r\nGET /wait?delay=1 HTTP/1.0\r\nHost: x\r\ncontent-LENGTH:5 \r\nConnection: keep-alive")
    assert request == downstream.DownstreamRequest(b"GET", b"/wait?delay=1", 0, keep_alive=True, body_bytes=5)
    with pytest.raises(HttpError, match="the request line must be"):
        parse_head(b"")
