"""Time inside Triton, from its own statistics before and after a window.

Triton counts, for each model since its start, nanoseconds spent in the queue, in taking the inputs, in computing and in
giving the outputs. The difference over a window, per request, corresponds to the other stacks' Server-Timing.
Triton counts a request shortly after it has answered, so a window that closes at once lacks the last few requests.
Source: Triton's "statistics extension" to KServe's protocol.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stackduel.model.target import Address
from stackduel.verify.exchange import ExchangeError, exchange

# Our name and Triton's name of each span.
SPANS: Mapping[str, str] = {
    "queue": "queue",
    "pre": "compute_input",
    "infer": "compute_infer",
    "post": "compute_output",
}
NS_PER_MS = 1_000_000
TRY_S = 5.0


class StatisticsError(Exception):
    """Triton's statistics could not be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Counters:
    """One model's counters since its start: answered requests, runs of the backend, nanoseconds by span."""

    requests: int
    runs: int
    spans_ns: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class StatisticsWindow:
    """One model's work in a window: requests, mean requests per run of the backend, mean milliseconds by span."""

    requests: int
    batch_mean: float
    spans_ms: Mapping[str, float]


def read(address: Address, model: str) -> Counters:
    """Read a model's counters from Triton now; raises StatisticsError."""
    path = f"/v2/models/{model}/stats"
    try:
        answer = exchange(address, path, timeout_s=TRY_S)
    except ExchangeError as error:
        raise StatisticsError(f"GET {path}: {error}") from error
    if answer.status != 200:
        raise StatisticsError(f"GET {path} answered {answer.status}")
    return parse(answer.body)


def parse(body: bytes) -> Counters:
    """Read the counters out of the answer to ``/v2/models/NAME/stats``; raises StatisticsError."""
    try:
        (model,) = json.loads(body)["model_stats"]
        return _counters(model)
    except (ValueError, KeyError, TypeError) as error:
        raise StatisticsError(f"no statistics of one model: {error!r}") from error


def between(before: Counters, after: Counters) -> StatisticsWindow | None:
    """Return the model's work between two readings; None if it answered nothing, or restarted meanwhile."""
    requests, runs = after.requests - before.requests, after.runs - before.runs
    if requests <= 0 or runs < 0:
        return None
    spent_ns = {span: after.spans_ns[span] - before.spans_ns[span] for span in SPANS}
    # An ensemble runs no backend of its own, and its spans are the sums of its steps' spans.
    batch_mean = requests / runs if runs else 1.0
    return StatisticsWindow(requests, batch_mean, {span: ns / requests / NS_PER_MS for span, ns in spent_ns.items()})


def _counters(model: Mapping[str, Any]) -> Counters:
    spans = model["inference_stats"]
    return Counters(
        requests=int(spans["success"]["count"]),
        runs=int(model["execution_count"]),
        spans_ns={span: int(spans[theirs]["ns"]) for span, theirs in SPANS.items()},
    )
