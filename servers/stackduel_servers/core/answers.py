"""Every body a client can receive, as bytes: serialised here, so that no framework's encoder differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stackduel_servers.core.errors import HttpError
from stackduel_servers.core.json_encoder import encoder
from stackduel_servers.core.payloads import catalogue

JSON = "application/json"
ENDPOINTS = (
    *("/", "/health", "/slow-io", "/benchmark/io-test", "/json", "/infer/{model}", "/stream", "/relay"),
    "/v1/chat/completions",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, ready for any framework to pass on as it is."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = JSON


def index() -> Answer:
    """Return the answer of ``/``: the name of this service and its endpoints."""
    return success({"service": "stackduel", "endpoints": ENDPOINTS})


def health(report: Mapping[str, object]) -> Answer:
    """Return the answer of ``/health``, the only one that differs between stacks."""
    return success(report)


def slow_io(delay_s: float) -> Answer:
    """Return the answer of ``/slow-io`` once it has waited."""
    return success({"endpoint": "slow-io", "delay_s": rounded(delay_s)})


def io_test(delay_s: float, concurrent: int, succeeded: int) -> Answer:
    """Return the answer of ``/benchmark/io-test``: how many of the requested downstream calls succeeded."""
    return success(
        {"endpoint": "io-test", "delay_s": rounded(delay_s), "concurrent": concurrent, "succeeded": succeeded}
    )


def items(count: int) -> Answer:
    """Return the answer of ``/json``: a list of ``count`` entries, made and serialised anew each time."""
    return success({"endpoint": "json", "count": count, "items": catalogue(count)})


def failure(error: HttpError) -> Answer:
    """Return the answer for an error: one sentence."""
    return Answer(error.status, encoder()({"error": error.message}), error.headers)


def rounded(delay_s: float) -> float:
    """Return the delay rounded to 0.1 ms, because encoders write smaller numbers in different ways."""
    return round(delay_s, 4)


def success(content: Mapping[str, object]) -> Answer:
    """Return the answer of a success as JSON."""
    return Answer(200, encoder()(content))
