"""Triton's statistics: recorded answers of the real server, and what cannot be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from stackduel.model.target import Address
from stackduel.observe.triton.triton_statistics import Counters, StatisticsError, StatisticsWindow, between, parse, read

# As Triton 2.51 answered for a model that batches, and for the ensemble that it is a step of.
ACOUSTIC = (
    '{"model_stats":[{"name":"acoustic","version":"1","last_inference":1795613741097,"inference_count":49,'
    '"execution_count":15,"inference_stats":{"success":{"count":49,"ns":12571560967},"fail":{"count":0,"ns":0},'
    '"queue":{"count":49,"ns":3502174732},"compute_input":{"count":49,"ns":5865571},"compute_infer":{"count":49,'
    '"ns":8948367908},"compute_output":{"count":49,"ns":114878870},"cache_hit":{"count":0,"ns":0},"cache_miss":'
    '{"count":0,"ns":0}},"response_stats":{},"batch_stats":[],"memory_usage":[]}]}'
)
SPANS = ("queue", "pre", "infer", "post")


def counters(requests: int, runs: int, *ns: int) -> Counters:
    return Counters(requests, runs, dict(zip(SPANS, ns, strict=True)))


def test_a_recorded_answer_is_read() -> None:
    """Requests, runs of the backend, and the nanoseconds of each span by our name of it."""
    assert parse(ACOUSTIC.encode()) == counters(49, 15, 3502174732, 5865571, 8948367908, 114878870)


def test_a_window_is_what_was_added_by_request() -> None:
    """Means are over the window's own requests, whatever the server did before it."""
    before = counters(10, 10, 10**9, 10**9, 10**9, 10**9)
    after = counters(14, 12, 10**9 + 4_000_000, 10**9 + 8_000_000, 10**9 + 40_000_000, 10**9)
    assert between(before, after) == StatisticsWindow(4, 2.0, {"queue": 1.0, "pre": 2.0, "infer": 10.0, "post": 0.0})


def test_an_ensemble_has_no_batches_of_its_own() -> None:
    """It runs no backend, so nothing is said to share a run."""
    window = between(counters(0, 0, 0, 0, 0, 0), counters(3, 0, 3, 3, 3, 3))
    assert window is not None
    assert window.batch_mean == 1.0


@pytest.mark.parametrize("after", [counters(5, 5, 1, 1, 1, 1), counters(2, 2, 0, 0, 0, 0)], ids=["idle", "new server"])
def test_a_window_without_requests_is_none(after: Counters) -> None:
    """Where nothing was answered, or the server started anew meanwhile, there is no mean."""
    assert between(counters(5, 5, 1, 1, 1, 1), after) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{}",
        b'{"model_stats":[]}',
        b'{"model_stats":[{},{}]}',
        b'{"model_stats":[{}]}',
        b'{"model_stats":[{"inference_stats":{"success":{"count":1}},"execution_count":1}]}',
        b"[]",
    ],
)
def test_what_is_no_statistics_is_told(body: bytes) -> None:
    """Anything but one model's statistics is one error."""
    with pytest.raises(StatisticsError, match="no statistics of one model"):
        parse(body)


def test_a_server_is_asked_for_one_model(serve: Callable[..., Any]) -> None:
    """The path names the model; another status than 200, or nobody there, is an error that says so."""

    def answer(request: Any) -> tuple[int, bytes]:
        known = request.path == "/v2/models/acoustic/stats"
        return (200, ACOUSTIC.encode()) if known else (400, json.dumps({"error": "unknown model"}).encode())

    with serve(answer) as address:
        assert read(address, "acoustic").requests == 49
        with pytest.raises(StatisticsError, match="GET /v2/models/nope/stats answered 400"):
            read(address, "nope")
    with pytest.raises(StatisticsError, match="GET /v2/models/acoustic/stats: "):
        read(Address("127.0.0.1", 9), "acoustic")
