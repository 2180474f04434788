"""How long a request has to wait: by the parameters of the HTTP contract, or as its owner says."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from stackduel.model.suite import Workload
from stackduel_servers.core.answers import ENDPOINTS

# The paths of the HTTP contract, whose waits are in their parameters.
CONTRACT = frozenset({*ENDPOINTS, "/metrics"})
CONTRACT_BELOW = ("/benchmark/", "/infer/")
RELAY = "/relay"
STREAMS = frozenset({"/stream", RELAY})


def mean_request_seconds(workloads: Sequence[Workload], *, fans_out: bool) -> float:
    """How long a request of a mix waits on average, each workload by its weight."""
    weights = sum(workload.weight for workload in workloads)
    return sum(each.weight * request_seconds(each, fans_out=fans_out) for each in workloads) / weights


def known_wait_seconds(workload: Workload, *, fans_out: bool) -> float | None:
    """How long a request waits, as its owner or the HTTP contract says; None for a path of which neither says it."""
    if workload.wait_s is not None:
        return workload.wait_s
    path = urlsplit(workload.target).path
    in_contract = workload.model is not None or path in CONTRACT or path.startswith(CONTRACT_BELOW)
    return request_seconds(workload, fans_out=fans_out) if in_contract else None


def least_seconds(workload: Workload) -> float:
    """The least time that a right answer can take: calls made all at once; 0 where it is not known."""
    return request_seconds(workload, fans_out=True)


def request_seconds(workload: Workload, *, fans_out: bool) -> float:
    """How long the endpoints of the HTTP contract make one request wait; 0 for any other path."""
    parts = urlsplit(workload.target)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if parts.path == "/slow-io":
        return _number(query.get("delay"), 1.0)
    if parts.path.startswith("/benchmark/"):
        calls = 1.0 if fans_out else _number(query.get("concurrent"), 1.0)
        return _number(query.get("delay"), 1.0) * calls
    if parts.path in STREAMS:
        gaps = max(0.0, _number(query.get("events"), 10.0) - 1)
        return _number(query.get("first"), 0.0) + gaps * _number(query.get("interval"), 0.1)
    return 0.0


def relays(workload: Workload) -> bool:
    """Return whether a request of the HTTP contract passes on the downstream's stream."""
    return urlsplit(workload.target).path == RELAY


def calls_of(workload: Workload) -> int:
    """How many calls to the downstream one request of the HTTP contract has under way at once, at most."""
    parts = urlsplit(workload.target)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if parts.path in {"/slow-io", RELAY}:
        return 1
    return int(_number(query.get("concurrent"), 1.0)) if parts.path.startswith("/benchmark/") else 0


def _number(text: str | None, default: float) -> float:
    try:
        return float(text) if text is not None else default
    except ValueError:
        return default
