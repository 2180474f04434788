"""Requests to models in suite files: what is said, what is left open, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.model_input import ModelInput
from stackduel.model.suite import ClosedLoop
from stackduel.planning.fields import Fields
from stackduel.planning.load_file import parse_loads
from stackduel.planning.request_file import parse_mix


def test_a_model_is_asked_at_its_path() -> None:
    """A model's name alone is enough: what it is given is as usual for it, and its numbers are compared."""
    (workload,) = parse_mix(Fields("s", {"model": "fast-cnn"}))
    assert (workload.method, workload.target, workload.body) == ("POST", "/infer/fast-cnn", b"")
    assert (workload.model, workload.check, workload.tolerance) == ("fast-cnn", "numbers", 1e-5)
    assert workload.given == ModelInput("float32", 48_000, 48_000)


@pytest.mark.parametrize(
    ("table", "given"),
    [
        ({"model": "speaker", "given": {"kind": "wav", "samples": 342_922}}, ModelInput("wav", 342_922, 16_000)),
        ({"model": "speaker", "given": {"kind": "pcm", "rate_hz": 8_000}}, ModelInput("pcm", 12_800, 8_000)),
        ({"model": "face", "given": {"kind": "jpeg", "width": 320}}, ModelInput("jpeg", width=320, height=256)),
        ({"model": "embed"}, ModelInput("text")),
        ({"model": "own", "given": {"samples": 7}}, ModelInput("tensor", 7)),
    ],
)  # fmt: skip
def test_what_a_model_is_given(table: Mapping[str, Any], given: ModelInput) -> None:
    """Kinds, lengths and rates are those of the table, the rest those of the model's card."""
    (workload,) = parse_mix(Fields("s", table))
    assert workload.given == given


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"model": "none"}, "model: must be one of fast-cnn, speaker"),
        ({"model": "speaker", "path": "/x"}, "path: cannot be combined with model"),
        ({"model": "speaker", "body": "x"}, "body: cannot be combined with model"),
        ({"model": "speaker", "bodies": ["x"]}, "bodies: cannot be combined with model"),
        ({"model": "speaker", "method": "PUT"}, "method: cannot be combined with model"),
        ({"path": "/x", "given": {"kind": "wav"}}, "given: only beside model"),
        ({"path": "/x", "tolerance": 0.1}, "tolerance: only beside model"),
        ({"path": "/x", "check": "numbers"}, "check: must be one of content, body, length, status"),
        ({"model": "speaker", "check": "body", "tolerance": 0.1}, 'tolerance: only where check is "numbers"'),
        ({"model": "speaker", "tolerance": 2}, "tolerance: must be a number from 0 to 1"),
        ({"model": "speaker", "given": {"kind": "png"}}, "given: kind: must be one of float32, pcm, wav"),
        ({"model": "face", "given": {"kind": "wav"}}, "given: kind: must be one of png, jpeg"),
        ({"model": "fast-cnn", "given": {"samples": 47_999}}, "samples: must be a whole number from 48000 to 48000"),
        ({"model": "fast-cnn", "given": {"rate_hz": 16_000}}, "rate_hz: must be a whole number from 48000 to 48000"),
        ({"model": "speaker", "given": {"kind": "wav", "rate_hz": 8_000, "samples": 3_999}}, "from 4000 to 480000"),
        ({"model": "speaker", "given": {"length": 3}}, "given: length: unknown field"),
        ({"model": "own"}, "given: samples: is missing"),
        ({}, "path: is missing"),
    ],
)
def test_what_a_model_does_not_take_is_refused(table: Mapping[str, Any], told: str) -> None:
    """The error names the field and its bounds."""
    with pytest.raises(FieldError, match=told):
        parse_mix(Fields("s", table))


def test_a_mix_may_hold_models_and_paths() -> None:
    """Each request of a mix is one or the other."""
    mix = parse_mix(Fields("s", {"request": [{"model": "speaker", "weight": 3}, {"path": "/health"}]}))
    assert [(each.label, each.weight, each.model) for each in mix] == [
        ("POST /infer/speaker", 3, "speaker"),
        ("GET /health", 1, None),
    ]


def test_a_fixed_number_of_requests_may_be_rated() -> None:
    """Of a fixed number the median time is compared unless the rate is asked for; a window has rates only."""
    table = {"connections": 20, "requests": 200}
    assert parse_loads({**table, "metric": "rate"}, "s") == (ClosedLoop(20, requests=200, rated=True),)
    assert [parse_loads(each, "s")[0].metric for each in (table, {**table, "metric": "rate"})] == ["time", "rate"]
    with pytest.raises(FieldError, match="metric: only beside requests"):
        parse_loads({"connections": 1, "duration_s": 1.0, "metric": "rate"}, "s")


@pytest.mark.parametrize("table", [{"connections": 2, "duration_s": 1.0}, {"rate": 5, "duration_s": 1.0}])
def test_a_load_may_ask_for_server_timing(table: Mapping[str, Any]) -> None:
    """Both kinds of loop read what servers say of their time, where they are told to."""
    assert parse_loads({**table, "server_timing": True}, "s")[0].server_timing
    assert not parse_loads(table, "s")[0].server_timing
