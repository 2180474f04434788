"""How long a request of the HTTP contract has to wait, by its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from stackduel.model.suite import Workload


def mean_request_seconds(workloads: Sequence[Workload], *, fans_out: bool) -> float:
    """How long a request of a mix waits on average, each workload by its weight."""
    weights = sum(workload.weight for workload in workloads)
    return sum(each.weight * request_seconds(each, fans_out=fans_out) for each in workloads) / weights


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
    return 0.0


def _number(text: str | None, default: float) -> float:
    try:
        return float(text) if text is not None else default
    except ValueError:
        return default
