"""Records of the edges where METRICS is on, in one process."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from stackduel_servers.core.asgi import AsgiEdge
from stackduel_servers.core.edge_settings import EdgeSettings
from stackduel_servers.core.inference.execution.batcher import Batcher, BatchJob, BatchLimits
from stackduel_servers.core.limits import Limits
from stackduel_servers.core.metrics.page import page
from stackduel_servers.core.metrics.recording import RecordedBatches
from stackduel_servers.core.wsgi import WsgiEdge
from tests.until import until

ON = EdgeSettings(metrics=True)
IN_FLIGHT = "stackduel_requests_in_flight"
Labels = tuple[tuple[str, str], ...]


def samples() -> dict[tuple[str, Labels], float]:
    """Every number of the page, by its name and labels."""
    families = text_string_to_metric_families(page(None).body.decode())
    return {
        (each.name, tuple(sorted(each.labels.items()))): each.value for family in families for each in family.samples
    }


def value(name: str, **labels: str) -> float:
    """One number of the page; 0 where it is not there."""
    return samples().get((name, tuple(sorted(labels.items()))), 0.0)


def ended(route: str, status: str) -> float:
    """How many requests of a route ended with a status."""
    return value("stackduel_requests_total", route=route, status=status)


def wsgi_call(app: Callable[..., Iterable[bytes]], path: str, method: str = "GET", most: int | None = None) -> Any:
    """Call a WSGI application behind its edge; return its answer, still open, and what start_response got."""
    begun: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
        begun[:] = [status, dict(headers)]

    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "wsgi.input": io.BytesIO()}
    answer: Any = WsgiEdge(app, Limits(concurrency=most), settings=ON)(environ, start)  # type: ignore[arg-type]
    return answer, begun


def replying(status: str, parts: Iterable[bytes], *headers: tuple[str, str]) -> Callable[..., Iterable[bytes]]:
    """A WSGI application with this answer."""

    def app(_environ: Any, start: Any) -> Iterable[bytes]:
        start(status, list(headers))
        return parts

    return app


def test_wsgi_counts_before_the_last_byte() -> None:
    """A client that has the whole answer finds it counted, and no longer in flight, before the server closes it."""
    before, in_flight = ended("/json", "200"), value(IN_FLIGHT)
    answer, _ = wsgi_call(replying("200 OK", iter([b"1", b"23"]), ("Content-Length", "3")), "/json")
    parts = iter(answer)
    assert next(parts) == b"1"
    assert (ended("/json", "200"), value(IN_FLIGHT)) == (before, in_flight + 1)
    assert next(parts) == b"23"
    assert (ended("/json", "200"), value(IN_FLIGHT)) == (before + 1, in_flight)
    answer.close()
    assert (ended("/json", "200"), value(IN_FLIGHT)) == (before + 1, in_flight)


def test_wsgi_counts_an_answer_without_length_at_its_close() -> None:
    """A stream ends when the server closes it, however far it was read."""
    before = ended("/", "206")
    answer, _ = wsgi_call(replying("206 Partial Content", iter([b"1", b"2"])), "/")
    next(iter(answer))
    assert ended("/", "206") == before
    answer.close()
    assert ended("/", "206") == before + 1


def crashing(_environ: Any, start: Any) -> Iterable[bytes]:
    """A WSGI application that starts an answer and fails."""
    start("200 OK", [("Content-Length", "5")])
    raise ValueError("the cause")


@pytest.mark.parametrize(
    ("app", "path", "method", "route", "status"),
    [
        (crashing, "/slow-io", "GET", "/slow-io", "500"),
        (crashing, "/slow-io", "HEAD", "/slow-io", "500"),
        (replying("200 OK", [b"x"]), "//x", "GET", "other", "404"),
        (replying("200 OK", [b"x"]), "/infer/vad", "GET", "/infer/{model}", "405"),
        (replying("404 Not Found", [b"x"]), "/made/up", "GET", "other", "404"),
        (replying("200 OK", [b"x"], ("Content-Length", "1")), "/json", "HEAD", "/json", "200"),
    ],
)
def test_wsgi_counts_every_kind_of_end(app: Any, path: str, method: str, route: str, status: str) -> None:
    """Crashes, refusals at the edge and the application's own errors are counted once, each by its status."""
    before = ended(route, status)
    seconds = value("stackduel_request_seconds_count", route=route, status=status)
    answer, _ = wsgi_call(app, path, method)
    b"".join(answer)
    getattr(answer, "close", lambda: None)()
    assert ended(route, status) == before + 1
    assert value("stackduel_request_seconds_count", route=route, status=status) == seconds + 1


def test_the_page_does_not_measure_itself() -> None:
    """Neither a scrape nor its refusal is a request of the service, and neither reaches the application."""

    def app(_environ: Any, _start: Any) -> list[bytes]:
        raise AssertionError

    before = samples()
    answer, (status, headers) = wsgi_call(app, "/metrics")
    assert (status, headers["Content-Type"]) == ("200 OK", "text/plain; version=0.0.4; charset=utf-8")
    assert b"# TYPE stackduel_request_seconds histogram" in b"".join(answer)
    assert wsgi_call(app, "/metrics", "POST")[1][0] == "405 Method Not Allowed"
    assert b"".join(wsgi_call(app, "/metrics", "HEAD")[0]) == b""
    own = "stackduel_worker_"
    after = samples()
    assert {key: number for key, number in after.items() if not key[0].startswith(own)} == {
        key: number for key, number in before.items() if not key[0].startswith(own)
    }


def test_off_there_is_no_page() -> None:
    """Without METRICS the path is the application's to answer, like any other."""
    edge = WsgiEdge(replying("404 Not Found", [b"x"]), settings=EdgeSettings())
    statuses: list[str] = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/metrics", "wsgi.input": io.BytesIO()}
    edge(environ, lambda status, _headers: statuses.append(status))  # type: ignore[arg-type]
    assert statuses == ["404 Not Found"]


def asgi_call(app: Callable[..., Any], path: str, sent: list[Any], most: int | None = None) -> None:
    """Call an ASGI application behind its edge, and collect its messages."""

    async def send(message: Any) -> None:
        sent.append((dict(message), ended("/json", "200"), value(IN_FLIGHT)))

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"accept", b"application/openmetrics-text")]}
    asyncio.run(AsgiEdge(app, Limits(concurrency=most), ON)(scope, receive, send))


async def answering(_scope: Any, _receive: Any, send: Any) -> None:
    """An ASGI application that answers in two parts."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"1", "more_body": True})
    await send({"type": "http.response.body", "body": b"234"})


def test_asgi_counts_before_the_last_byte() -> None:
    """As the last bytes are sent, the request is counted and no longer in flight."""
    before, in_flight = ended("/json", "200"), value(IN_FLIGHT)
    sent: list[Any] = []
    asgi_call(answering, "/json", sent)
    assert [each[1:] for each in sent] == [(before, in_flight + 1), (before, in_flight + 1), (before + 1, in_flight)]


def test_asgi_counts_crashes_and_silence() -> None:
    """A crash is a 500; an application that ends without an answer is ``none``."""

    async def crash(_scope: Any, _receive: Any, _send: Any) -> None:
        raise ValueError("the cause")

    async def silent(_scope: Any, _receive: Any, _send: Any) -> None:
        return

    before = ended("/json", "500"), ended("/json", "none")
    asgi_call(crash, "/json", [])
    asgi_call(silent, "/json", [])
    assert (ended("/json", "500"), ended("/json", "none")) == (before[0] + 1, before[1] + 1)


def test_asgi_counts_what_the_limit_refuses() -> None:
    """A request without a place is a 503 of its route; the page needs no place."""
    before = ended("/json", "503")

    async def nesting(_scope: Any, _receive: Any, _send: Any) -> None:
        for path in ("/json", "/metrics"):
            message: list[Any] = []

            async def send(each: Any, message: list[Any] = message) -> None:
                message.append(each)

            await edge({"type": "http", "method": "GET", "path": path, "headers": []}, _receive, send)
            statuses.append(message[0]["status"])

    statuses: list[int] = []
    edge = AsgiEdge(nesting, Limits(concurrency=1), ON)

    async def ignore(_message: Any) -> None:
        return

    asyncio.run(edge({"type": "http", "method": "GET", "path": "/", "headers": []}, ignore, ignore))  # type: ignore[arg-type]
    assert statuses == [503, 200]
    assert ended("/json", "503") == before + 1


def test_the_scraper_chooses_the_form() -> None:
    """Prometheus asks for OpenMetrics, which has an end of its own."""
    sent: list[Any] = []
    asgi_call(answering, "/metrics", sent)
    headers = dict(sent[0][0]["headers"])
    assert headers[b"content-type"].startswith(b"application/openmetrics-text; version=1.0.0")
    assert sent[1][0]["body"].endswith(b"# EOF\n")


@pytest.fixture
def batcher() -> Iterator[Batcher[int, int]]:
    """A batcher of one thread and up to four jobs at once, which is watched."""

    def work(_key: object, items: Any) -> list[int]:
        return list(items)

    made: Batcher[int, int] = Batcher(
        BatchLimits(threads=1, size=4, delay_s=30), work, lambda _jobs: None, RecordedBatches()
    )
    yield made
    made.close()


def test_batches_and_their_queue_are_recorded(batcher: Batcher[int, int]) -> None:
    """Four jobs that come together are one batch of four, and nothing waits behind them."""
    before = value("stackduel_batch_size_sum"), value("stackduel_batch_size_count")
    for item in range(4):
        batcher.submit(BatchJob("model", item, float("inf"), None))
    assert until(lambda: value("stackduel_batch_size_count") == before[1] + 1)
    assert value("stackduel_batch_size_sum") == before[0] + 4
    assert value("stackduel_queue_length") == 0
