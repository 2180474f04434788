"""The limit of requests in the application, at both edges."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from threading import Event
from typing import Any

import pytest

from stackduel_servers.core.asgi import AsgiEdge
from stackduel_servers.core.limits import Limits
from stackduel_servers.core.wsgi import WsgiEdge

ONE, TWO = Limits(concurrency=1), Limits(concurrency=2)
BUSY = b'{"error":"busy: 2 requests are served already, the most at once"}'


def wsgi_call(edge: WsgiEdge, path: str = "/", method: str = "GET") -> tuple[str, dict[str, str], Any]:
    """Status, headers and unread answer of a WSGI call."""
    begun: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
        begun[:] = [status, dict(headers)]

    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "wsgi.input": io.BytesIO(b"the rest")}
    answer = edge(environ, start)  # type: ignore[arg-type]
    return begun[0], begun[1], answer


def replying(parts: Iterable[bytes], *headers: tuple[str, str]) -> Callable[[Any, Any], Iterable[bytes]]:
    """A WSGI application with this answer."""

    def app(_environ: Any, start: Any) -> Iterable[bytes]:
        start("200 OK", list(headers))
        return parts

    return app


def test_wsgi_threads_above_the_limit_are_refused() -> None:
    """Of ten threads at once two are served; eight get 503 with Retry-After and the common body."""
    let_go = Event()

    def app(_environ: Any, start: Any) -> list[bytes]:
        let_go.wait(10)
        start("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    edge = WsgiEdge(app, TWO)

    def request() -> tuple[str, str | None, bytes]:
        status, headers, answer = wsgi_call(edge)
        return status, headers.get("Retry-After"), b"".join(answer)

    with ThreadPoolExecutor(10) as pool:
        ends = [pool.submit(request) for _ in range(10)]
        refused = [each.result() for each in islice(as_completed(ends, 10), 8)]
        let_go.set()
        served = [end.result() for end in ends if end.result() not in refused]
    assert refused == [("503 Service Unavailable", "1", BUSY)] * 8
    assert served == [("200 OK", None, b"ok")] * 2
    assert edge.admission.taken == 0


def test_health_and_metrics_need_no_place() -> None:
    """A full worker still answers what watches it, and what would be refused anyway."""
    edge = WsgiEdge(replying([b"ok"]), ONE)
    wsgi_call(edge)
    assert edge.admission.taken == 1
    statuses = [wsgi_call(edge, path)[0] for path in ("/health", "/metrics", "//x", "/")]
    assert statuses == ["200 OK", "200 OK", "404 Not Found", "503 Service Unavailable"]


def test_a_wsgi_place_is_left_before_the_last_bytes_of_a_known_length() -> None:
    """A client that reads the whole answer finds the place free, although the server has not closed the answer yet."""
    edge = WsgiEdge(replying([b"ab", b"c"], ("Content-Length", "3")), ONE)
    _, _, answer = wsgi_call(edge)
    parts = iter(answer)
    assert (next(parts), edge.admission.taken) == (b"ab", 1)
    assert (next(parts), edge.admission.taken) == (b"c", 0)
    answer.close()
    assert edge.admission.taken == 0


def test_a_wsgi_stream_keeps_its_place_to_its_end() -> None:
    """An answer of unknown length is in the application until it is exhausted, or closed as its client leaves."""
    edge = WsgiEdge(replying([b"a", b"b"]), ONE)
    _, _, answer = wsgi_call(edge)
    assert [(part, edge.admission.taken) for part in answer] == [(b"a", 1), (b"b", 1)]
    assert edge.admission.taken == 0
    _, _, answer = wsgi_call(edge)
    assert next(answer) == b"a"
    answer.close()
    assert edge.admission.taken == 0
    _, _, answer = wsgi_call(edge)
    answer.close()
    assert edge.admission.taken == 0


def test_an_answer_without_a_body_leaves_its_place_at_its_head() -> None:
    """HEAD and empty answers end with their head; the body of a POST that nobody read delays nothing."""
    edge = WsgiEdge(replying([], ("Content-Length", "3")), ONE)
    wsgi_call(edge, method="HEAD")
    assert edge.admission.taken == 0
    _, _, answer = wsgi_call(WsgiEdge(replying([b"abc"], ("Content-Length", "3")), ONE), method="POST")
    assert list(answer) == [b"abc"]


@pytest.mark.parametrize("error", [ValueError, SystemExit])
def test_a_wsgi_failure_leaves_the_place(error: type[BaseException]) -> None:
    """A crash before the answer, amid it, and a worker that ends: the place is free again."""

    def crash(_environ: Any, _start: Any) -> list[bytes]:
        raise error

    def amid() -> Iterator[bytes]:
        yield b"a"
        raise error

    edge = WsgiEdge(crash, ONE)
    if error is SystemExit:
        with pytest.raises(SystemExit):
            wsgi_call(edge)
    else:
        assert wsgi_call(edge)[0] == "500 Internal Server Error"
    assert edge.admission.taken == 0
    edge = WsgiEdge(replying(amid()), ONE)
    with pytest.raises(error):
        list(wsgi_call(edge)[2])
    assert edge.admission.taken == 0


class Wire:
    """The server's side of one ASGI request: what was sent, and how many places were taken at each message."""

    def __init__(self, edge: AsgiEdge) -> None:
        self._edge = edge
        self.sent: list[Any] = []
        self.taken: list[int] = []

    async def send(self, message: Any) -> None:
        self.sent.append(dict(message))
        self.taken.append(self._edge.admission.taken)

    async def receive(self) -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def ask(self, path: str = "/", method: str = "GET") -> Wire:
        await self._edge({"type": "http", "method": method, "path": path, "headers": []}, self.receive, self.send)
        return self

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])


def sending(*parts: bytes, length: int | None = None, last: bool = True) -> Callable[..., Any]:
    """An ASGI application with this answer, of a known length or not, which ends by itself or by an empty message."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        headers = [] if length is None else [(b"Content-Length", str(length).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for at, part in enumerate(parts, 1):
            await send({"type": "http.response.body", "body": part, "more_body": at < len(parts) or not last})
        if not last:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return app


def test_asgi_tasks_above_the_limit_are_refused() -> None:
    """Of ten tasks at once two are served and eight get 503 with Retry-After; /health is answered all the while."""
    edge: AsgiEdge

    async def all_at_once() -> tuple[list[Wire], Wire]:
        let_go = asyncio.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope["path"] == "/":
                await let_go.wait()
            await sending(b"ok", length=2)(scope, receive, send)

        nonlocal edge
        edge = AsgiEdge(app, TWO)
        tasks = [asyncio.create_task(Wire(edge).ask()) for _ in range(10)]
        await asyncio.sleep(0)
        health = await Wire(edge).ask("/health")
        let_go.set()
        return list(await asyncio.gather(*tasks)), health

    wires, health = asyncio.run(all_at_once())
    assert health.status == 200
    assert [wire.status for wire in wires] == [200] * 2 + [503] * 8
    head, body = wires[-1].sent
    assert dict(head["headers"])[b"retry-after"] == b"1"
    assert body["body"] == BUSY
    assert edge.admission.taken == 0


@pytest.mark.parametrize(
    ("app", "method", "taken"),
    [
        (sending(b"ab", b"c", length=3), "GET", [1, 1, 0]),
        (sending(b"abc", length=3, last=False), "GET", [1, 0, 0]),
        (sending(b"a", b"b"), "GET", [1, 1, 0]),
        (sending(b"abc", length=3), "HEAD", [0, 0]),
        (sending(b"abc", length=3), "POST", [1, 0, 0]),
    ],
    ids=["known length", "an empty message at the end", "stream", "head", "unread body"],
)
def test_an_asgi_place_is_left_before_the_last_bytes(app: Any, method: str, taken: list[int]) -> None:
    """At each message the place is taken as long as something of the answer is still to come."""

    async def ask() -> Wire:
        return await Wire(AsgiEdge(app, ONE)).ask(method=method)

    assert asyncio.run(ask()).taken == taken


def test_an_asgi_failure_leaves_the_place(caplog: pytest.LogCaptureFixture) -> None:
    """A crash before the answer and amid it, and a task that the server cancels as its client leaves: all leave."""

    async def crash(_scope: Any, _receive: Any, _send: Any) -> None:
        raise ValueError

    async def amid(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError

    async def endless(_scope: Any, _receive: Any, _send: Any) -> None:
        await asyncio.Event().wait()

    async def ends() -> list[int]:
        taken = []
        edge = AsgiEdge(crash, ONE)
        assert (await Wire(edge).ask()).status == 500
        taken.append(edge.admission.taken)
        edge = AsgiEdge(amid, ONE)
        with pytest.raises(ValueError, match=r"^$"):
            await Wire(edge).ask()
        taken.append(edge.admission.taken)
        edge = AsgiEdge(endless, ONE)
        task = asyncio.create_task(Wire(edge).ask())
        await asyncio.sleep(0)
        assert edge.admission.taken == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return [*taken, edge.admission.taken]

    assert asyncio.run(ends()) == [0, 0, 0]
