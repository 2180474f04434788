"""What Triton says of the time inside it: its statistics, read before and after a window.

Triton counts, for each model since its start, nanoseconds spent in the queue, in taking the inputs, in computing and in
giving the outputs. The difference over a window, by request, is the counterpart of the other stacks' Server-Timing.
It counts a moment after it has answered, so a window that is closed at once lacks the last few requests.
Source: Triton's "statistics extension" to KServe's protocol.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stackduel.model.target import Address
from stackduel.verify.exchange import ExchangeError, exchange

# Our name of each span, and Triton's.
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
    """What one model has done since its start: answered requests, runs of the backend, nanoseconds by span."""

    requests: int
    runs: int
    spans_ns: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class StatisticsWindow:
    """What one model did in a window: requests, the mean of those that shared a run, mean milliseconds by span."""

    requests: int
    batch_mean: float
    spans_ms: Mapping[str, float]


def read(address: Address, model: str) -> Counters:
    """Ask a Triton for a model's counters now; raises StatisticsError."""
    path = f"/v2/models/{model}/stats"
    try:
        answer = exchange(address, path, timeout_s=TRY_S)
    except ExchangeError as error:
        raise StatisticsError(f"GET {path}: {error}") from error
    if answer.status != 200:
        raise StatisticsError(f"GET {path} answered {answer.status}")
    return parse(answer.body)


def parse(body: bytes) -> Counters:
    """The counters out of the answer to ``/v2/models/NAME/stats``; raises StatisticsError."""
    try:
        (found,) = json.loads(body)["model_stats"]
        return _counters(found)
    except (ValueError, KeyError, TypeError) as error:
        raise StatisticsError(f"no statistics of one model: {error!r}") from error


def between(before: Counters, after: Counters) -> StatisticsWindow | None:
    """What the model did between two readings; None where it answered nothing, or started anew meanwhile."""
    requests, runs = after.requests - before.requests, after.runs - before.runs
    if requests <= 0 or runs < 0:
        return None
    spent_ns = {span: after.spans_ns[span] - before.spans_ns[span] for span in SPANS}
    # An ensemble runs no backend of its own, and its spans are the sums of its steps'.
    batch_mean = requests / runs if runs else 1.0
    return StatisticsWindow(requests, batch_mean, {span: ns / requests / NS_PER_MS for span, ns in spent_ns.items()})


def _counters(found: Mapping[str, Any]) -> Counters:
    spans = found["inference_stats"]
    return Counters(
        requests=int(spans["success"]["count"]),
        runs=int(found["execution_count"]),
        spans_ns={span: int(spans[theirs]["ns"]) for span, theirs in SPANS.items()},
    )
