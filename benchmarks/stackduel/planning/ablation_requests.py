"""The requests of an ablation: which of them each switch can make a difference to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

import msgspec

from stackduel.model.errors import FieldError
from stackduel.model.suite import ClosedLoop, Scenario, Workload
from stackduel.planning.fields import Fields
from stackduel.planning.request_file import parse_workload
from stackduel.planning.suites_by_name import read_suite
from stackduel_servers.core.target import CHAT
from stackduel_servers.switches import Touched

WINDOW_S = 2.0
WARMUP_S = 0.5
CONNECTIONS = 32
# As many as a guide's concurrency limit lets through.
MANY_CONNECTIONS = 512
# A model takes the whole CPU for one picture: more clients would wait for longer than a window.
CLIENTS = {"connections": MANY_CONNECTIONS, "picture": 2}
CALLING = ("/benchmark/", "/slow-io", "/relay", CHAT)


def usual_requests() -> tuple[Scenario, ...]:
    """Return a request for each kind of work; a small answer is what shows most of the cost of every request."""
    picture = {"model": "face", "given": {"kind": "jpeg", "width": 320, "height": 320}}
    paths = {
        "small": "json?items=10",
        "json": "json?items=1000",
        "downstream": "benchmark/io-test?delay=0.005&concurrent=2",
        "connections": "slow-io?delay=0.02",
    }
    tables: Mapping[str, Mapping[str, object]] = {
        **{name: {"path": f"/{path}"} for name, path in paths.items()},
        "picture": picture,
    }
    return tuple(
        _scenario(name, parse_workload(Fields(name, table)), CLIENTS.get(name, CONNECTIONS))
        for name, table in tables.items()
    )


def asked_requests(path: str | None, suite: str | None) -> tuple[Scenario, ...] | None:
    """Return the requests that the user asks for by ``--path`` or ``--suite``, None for neither; raises FieldError."""
    if path is not None and suite is not None:
        raise FieldError("--path: cannot be combined with --suite")
    if path is not None:
        return (request_of(path),)
    return None if suite is None else requests_of_suite(suite)


def request_of(path: str) -> Scenario:
    """Return the scenario of a path that the user chose; raises FieldError."""
    return _scenario("request", parse_workload(Fields("--path", {"path": path})), CONNECTIONS)


def requests_of_suite(name: str) -> tuple[Scenario, ...]:
    """Return the requests of a suite, each under the ablation's own load with the suite's connections.

    Raises FieldError if there is no such suite.
    """
    return tuple(
        replace(each, load=_load(each.load.connections if isinstance(each.load, ClosedLoop) else CONNECTIONS), sla=())
        for each in read_suite(name).scenarios
    )


def kinds_of(scenario: Scenario) -> frozenset[Touched]:
    """Return the kinds of work that a scenario's requests are."""
    kinds: set[Touched] = {"any"}
    if scenario.load.connections >= MANY_CONNECTIONS:
        kinds.add("connections")
    for workload in scenario.workloads:
        kinds.update(_kinds_of_request(workload))
    return frozenset(kinds)


def with_window(scenario: Scenario, window_s: float) -> Scenario:
    """Return the scenario with a window, and a warm-up, of another length."""
    warmup_s = WARMUP_S * min(1.0, window_s / WINDOW_S)
    return replace(scenario, load=msgspec.structs.replace(scenario.load, duration_s=window_s, warmup_s=warmup_s))


def _kinds_of_request(workload: Workload) -> Iterable[Touched]:
    path = urlsplit(workload.target).path
    if path[1:] == "json" or path == CHAT:
        yield "json"
    if any(name.lower() == "accept-encoding" and "gzip" in value.lower() for name, value in workload.headers):
        yield "gzip"
    if path.startswith(CALLING):
        yield "downstream"
    if workload.model is not None:
        yield "triton"
        if workload.given is not None and workload.given.width is not None:
            yield "decode"


def _scenario(name: str, workload: Workload, connections: int) -> Scenario:
    return Scenario(name, (workload,), _load(connections))


def _load(connections: int) -> ClosedLoop:
    return ClosedLoop(connections, duration_s=WINDOW_S, warmup_s=WARMUP_S)
