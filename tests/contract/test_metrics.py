"""``/metrics`` of real servers: every request is counted, whichever worker answers it."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from stackduel_servers.core.metrics.routes import ROUTES
from tests.contract.counted import UNANSWERED, load, samples, total
from tests.contract.served import Served, all_started, served
from tests.contract.wire import ClosedError, ask, connected
from tests.until import until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Gunicorn does not exist on Windows")

# Each server and each kind of Gunicorn's workers: each forks or spawns its four workers in its own way.
STACKS = (
    *("flask-gunicorn", "flask-gevent", "flask-granian", "fastapi-uvicorn", "fastapi-gunicorn"),
    *("fastapi-uvicorn-worker", "quart-hypercorn", "django-gunicorn", "litestar-granian", "aiohttp"),
)
# And the other applications, each with one worker.
APPS = ("fastapi-idiomatic", "django-uvicorn", "starlette-uvicorn", "service-drf", "service-flask", "flask-waitress")
COUNTED, SECONDS = "stackduel_requests_total", "stackduel_request_seconds_count"
CONNECTIONS, REQUESTS = 16, 25


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Served]]:
    """Each stack with its workers."""
    on = {"METRICS": "on"}
    starts = {stack: (stack, {**on, "WORKERS": "4"}) for stack in STACKS} | {stack: (stack, on) for stack in APPS}
    with all_started(starts, tmp_path_factory.mktemp("metrics")) as running:
        yield running


@pytest.mark.parametrize("stack", [*STACKS, *APPS])
def test_every_request_is_counted_once(stack: str, servers: dict[str, Served]) -> None:
    """The counter and the histogram of a route say how many requests all workers answered, to the request."""
    port = servers[stack].port
    before = total(port, COUNTED, route="/"), total(port, SECONDS, route="/")
    sent = load(port, "/?load", CONNECTIONS, REQUESTS)
    assert sent == Counter({200: CONNECTIONS * REQUESTS})
    assert total(port, COUNTED, route="/", status="200") == before[0] + CONNECTIONS * REQUESTS
    assert total(port, SECONDS, route="/", status="200") == before[1] + CONNECTIONS * REQUESTS
    assert total(port, "stackduel_requests_in_flight") == 0


@pytest.mark.parametrize("stack", STACKS)
def test_unknown_paths_are_one_series(stack: str, servers: dict[str, Served]) -> None:
    """A client that makes paths up makes no series, and refusals of every kind count under a route of the list."""
    port = servers[stack].port
    before = total(port, COUNTED, route="other", status="404")
    for number in range(10):
        assert ask(port, f"/made-up/{number}").status == 404
    with connected(port) as wire:
        wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        assert wire.answer().status == 405
    found = samples(port)
    assert {route for name, labels in found if name == COUNTED for key, route in labels if key == "route"} <= {*ROUTES}
    assert total(port, COUNTED, route="other", status="404") == before + 10
    assert total(port, COUNTED, route="/", status="405") == 1


@pytest.mark.parametrize("stack", STACKS)
def test_the_page_is_there_and_says_who_works(stack: str, servers: dict[str, Served]) -> None:
    """``/metrics`` answers GET and HEAD alone, and the worker that ``/health`` names is among those it knows."""
    port = servers[stack].port
    for method, status in (("GET", 200), ("HEAD", 200), ("POST", 405), ("DELETE", 405)):
        with connected(port) as wire:
            wire.send(f"{method} /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
            assert wire.answer(method).status == status, method
    health = json.loads(ask(port, "/health").body)
    assert health["settings"]["variables"]["METRICS"] == health["settings"]["switches"]["metrics"] == "on"
    worker = ("worker", str(health["worker"]))
    found = samples(port)
    assert found["stackduel_worker_cpu_seconds_total", (worker,)] > 0
    assert found["stackduel_worker_memory_bytes", (worker,)] > 2**20


def test_without_the_switch_there_is_no_page(tmp_path: Path) -> None:
    """By default nothing is measured, and the path is unknown like any other."""
    with served("fastapi-uvicorn", tmp_path) as server:
        assert ask(server.port, "/metrics").status == 404
        variables = json.loads(ask(server.port, "/health").body)["settings"]["variables"]
        assert variables["METRICS"] == "off"


@pytest.mark.parametrize("stack", ["fastapi-uvicorn", "flask-gunicorn"])
def test_counts_outlive_workers_and_end_with_the_start(stack: str, tmp_path: Path) -> None:
    """Answers of replaced workers stay counted; the next start of the stack begins at nothing."""
    environ = {"METRICS": "on", "WORKERS": "2", "MAX_REQUESTS": "25", "MAX_REQUESTS_JITTER": "0"}
    with served(stack, tmp_path, environ) as server:
        workers = set()

        def answered_by_a_third() -> bool:
            with suppress(ClosedError, OSError):
                workers.add(json.loads(ask(server.port, "/health").body)["worker"])
            return len(workers) >= 3

        answers = load(server.port, "/", 4, 15)
        assert answers[200] == 60
        assert until(answered_by_a_third)
        assert 60 <= total(server.port, COUNTED, route="/") <= 60 + answers[UNANSWERED]
    with served(stack, tmp_path, environ) as server:
        assert total(server.port, COUNTED, route="/") == 0
