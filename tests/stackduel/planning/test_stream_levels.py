"""``--slo`` of a run."""

from __future__ import annotations

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.suite import ServiceLevel
from stackduel.planning.stream_levels import with_stream_levels
from stackduel.planning.suites_by_name import read_suite


def test_bounds_take_the_place_of_those_of_the_suite() -> None:
    """Of every scenario with streams; without a text the suite stays."""
    suite = read_suite("gateway")
    changed = with_stream_levels(suite, "ttft_p99=0.5s, TPOT_p95<40ms")
    assert {scenario.sla for scenario in changed.scenarios} == {
        (ServiceLevel("ttft_p99_ms", 500.0), ServiceLevel("tpot_p95_ms", 40.0))
    }
    assert with_stream_levels(suite, None) is suite


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("p99=1s", "'p99=1s': must be NAME=TIME"),
        ("ttft_p99=1", "must be NAME=TIME in ms or s"),
        ("", "must be NAME=TIME"),
        ("ttft_p99=0ms", "ttft_p99: must be a time above 0 and up to 3600 s"),
        ("ttft_p99=4000s", "ttft_p99: must be a time above 0"),
        ("ttft_p99=1s,ttft_p99=2s", "ttft_p99 has two bounds"),
    ],
)
def test_bad_bounds_are_named(text: str, told: str) -> None:
    """With the option and what it takes."""
    with pytest.raises(FieldError, match=told):
        with_stream_levels(read_suite("gateway"), text)


def test_a_suite_without_streams_has_no_such_bounds() -> None:
    """Nothing of it would be held to them."""
    with pytest.raises(FieldError, match="--slo: only for streams that are compared, and quick has none"):
        with_stream_levels(read_suite("quick"), "ttft_p99=1s")
