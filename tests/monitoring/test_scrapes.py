"""Debian's Prometheus scrapes real stacks under load: its numbers are right, and the dashboard has answers."""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.contract.served import Served, all_served, served
from tests.contract.wire import connected
from tests.monitoring.watching import FOLDER, WITHIN_S, watching
from tests.until import until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Gunicorn does not exist on Windows")

DASHBOARD = json.loads((FOLDER / "grafana" / "dashboards" / "stacks.json").read_text())
STACKS = ("fastapi-uvicorn", "flask-gunicorn", "fastapi-granian")
WORKERS = 4
CONNECTIONS = 8
ON_ONE_CONNECTION = 10
JSON = b"GET /json?items=5 HTTP/1.1\r\nHost: x\r\n\r\n"
# A body that no model takes is one batch, too, and needs no model that was built.
INFER = (
    b"POST /infer/fast-cnn HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n"
    b"Content-Length: 4\r\n\r\nabcd"
)


@contextmanager
def under_load(port: int, request: bytes, connections: int = CONNECTIONS) -> Iterator[Counter[int]]:
    """Send requests on every connection until the block ends; then the counter has the statuses of all answers."""
    ended, statuses = Event(), Counter[int]()

    def client() -> Counter[int]:
        found = Counter[int]()
        while not ended.is_set():
            # A connection stays with one worker: with new ones now and then, every worker gets some.
            with connected(port) as wire:
                for _ in range(ON_ONE_CONNECTION):
                    wire.send(request)
                    found[wire.answer().status] += 1
        return found

    with ThreadPoolExecutor(connections) as pool:
        clients = [pool.submit(client) for _ in range(connections)]
        try:
            yield statuses
        finally:
            ended.set()
        for each in clients:
            statuses.update(each.result())


@pytest.mark.parametrize("stack", STACKS)
def test_the_counter_of_prometheus_is_the_number_of_requests(stack: str, tmp_path: Path) -> None:
    """Four workers answer while Prometheus scrapes them; afterwards its counter is what was sent, to the request."""
    sent = 'sum(stackduel_requests_total{route="/json",status="200"})'
    at_work = "count(stackduel_worker_cpu_seconds_total)"
    in_time = 'sum(stackduel_request_seconds_count{route="/json"})'
    with (
        served(stack, tmp_path, {"METRICS": "on", "WORKERS": str(WORKERS)}) as server,
        watching(tmp_path, {stack: server.port}) as prometheus,
    ):
        seen: set[float] = set()

        def has_seen_all_workers() -> bool:
            seen.add(prometheus.number(sent))
            return len(seen - {0.0}) >= 3 and prometheus.number(at_work) == WORKERS

        with under_load(server.port, JSON) as statuses:
            assert until(has_seen_all_workers, WITHIN_S), server.log_tail()
        assert set(statuses) == {200}
        assert until(lambda: prometheus.number(sent) >= statuses[200], WITHIN_S)
        assert prometheus.number(sent) == prometheus.number(in_time) == statuses[200]
        assert prometheus.number(at_work) == WORKERS
        assert prometheus.number("stackduel_requests_in_flight") == 0


def expressions() -> list[str]:
    """Every query of the dashboard's panels, for the stack whose row it is."""
    return [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]


def filled(expression: str, stack: str) -> str:
    """A query as Grafana sends it: its variables have values."""
    return expression.replace("$stack", stack).replace("$__rate_interval", "30s")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Served]]:
    """A stack of the classic three, and one whose models run in batches."""
    names = ("fastapi-uvicorn", "starlette-uvicorn-batched")
    with all_served(names, tmp_path_factory.mktemp("fleet"), {"METRICS": "on"}) as servers:
        yield servers


def test_every_query_of_the_dashboard_has_an_answer(fleet: dict[str, Served], tmp_path: Path) -> None:
    """Each panel shows numbers for a stack that is busy, batches and queue included, and the variable finds it."""
    targets = {name: server.port for name, server in fleet.items()}
    batched = fleet["starlette-uvicorn-batched"]
    wanted = [filled(each, batched.name) for each in expressions() if "stackduel_trial_" not in each]
    assert len(wanted) > 12
    with watching(tmp_path, targets) as prometheus:
        left: dict[str, Any] = {}

        def are_answered() -> bool:
            left.clear()
            for each in wanted:
                found = prometheus.query(each)
                if not found or all(math.isnan(value) for _, value in found):
                    left[each] = found
            return not left

        with under_load(batched.port, INFER), under_load(fleet["fastapi-uvicorn"].port, JSON, connections=2):
            assert until(are_answered, WITHIN_S), left
        variable = DASHBOARD["templating"]["list"][0]["query"]
        assert variable == "label_values(stackduel_requests_total, stack)"
        names = prometheus.get("/api/v1/label/stack/values", **{"match[]": "stackduel_requests_total"})
        assert set(names) == set(fleet)
        states = {group["name"]: group["rules"] for group in prometheus.get("/api/v1/rules")["groups"]}
        assert {rule["health"] for rule in states["stackduel"]} <= {"ok", "unknown"}
