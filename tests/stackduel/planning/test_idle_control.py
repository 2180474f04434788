"""The idle control of streams: a scenario of its own under the same load, beside the one that names it."""

from __future__ import annotations

from typing import Any

import pytest

from stackduel.model.errors import FieldError
from stackduel.planning.suite_file import suite_of
from stackduel.planning.time_budget import _thinned

STREAM = {
    "name": "chat-{connections}",
    "path": "/stream",
    "stream": "sse",
    "idle": "/stream?idle=1",
    "load": {"connections": [8, 64], "duration_s": 1.0},
}


def suite(scenario: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """A suite with that scenario."""
    return {"summary": "Streams", "scenario": [scenario], **keys}


def test_a_control_follows_the_scenario_of_each_load() -> None:
    """It has the load, not the victim, and is compared with nothing."""
    made = suite_of("s", suite({**STREAM, "victim": "/health"}))
    first, control, *_ = made.scenarios
    assert [each.name for each in made.scenarios] == ["chat-8", "chat-8.idle", "chat-64", "chat-64.idle"]
    assert (first.idle, first.metric, control.idle_of) == ("chat-8.idle", "event_delay", "chat-8")
    assert (control.load, control.victim, control.workloads[0].target) == (first.load, None, "/stream?idle=1")
    assert [each.name for each in made.compared] == ["chat-8", "chat-64"]


def test_a_control_stays_with_its_scenario_where_time_is_short() -> None:
    """Of two scenarios that one is kept whose control is kept as well."""
    assert [each.name for each in _thinned(suite_of("s", suite(STREAM)).scenarios, 1)] == ["chat-64", "chat-64.idle"]


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"idle": "/stream"}, "idle: must differ from the path"),
        ({"idle": "stream"}, "idle: must start with /"),
        ({"stream": None}, "idle: only where the scenario has one request, and its answer is a stream"),
    ],
)
def test_what_no_control_can_be_is_refused(keys: dict[str, Any], told: str) -> None:
    """The message names the scenario and the field."""
    with pytest.raises(FieldError, match="scenario chat-{connections}: " + told):
        suite_of("s", suite({name: value for name, value in {**STREAM, **keys}.items() if value is not None}))


def test_a_search_has_no_control() -> None:
    """It chooses its loads itself."""
    with pytest.raises(FieldError, match="idle: only where stacks are compared, not in a search"):
        suite_of("s", suite({**STREAM, "load": {"connections": 8, "duration_s": 1.0}}, mode="sustained"))
