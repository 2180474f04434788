"""Service levels: how they are written, and what keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf

import pytest

from stackduel.analysis.slo import Bound, Slo, parse_slo
from tests.stackduel.makers import histogram, measurement, stream_figures


@pytest.mark.parametrize(
    ("text", "slo"),
    [
        ("p99=200ms", Slo((Bound("p99", 200.0),))),
        ("p99<0.2s", Slo((Bound("p99", 200.0),))),
        (" P50 <= 20ms , mean=30ms,errors=0.5% ", Slo((Bound("p50", 20.0), Bound("mean", 30.0)), 0.005)),
        ("p999=1s,errors=0%", Slo((Bound("p999", 1000.0),), 0.0)),
        ("event_p99=50ms", Slo((Bound("event_p99", 50.0), Bound("ttft_p99", 1000.0)))),
        ("event_mean=5ms,ttft_p50=2s", Slo((Bound("event_mean", 5.0), Bound("ttft_p50", 2000.0)))),
    ],
)
def test_service_levels_are_read_as_people_write_them(text: str, slo: Slo) -> None:
    """Several bounds, three operators, two units, and the share of errors that is allowed."""
    assert parse_slo(text) == slo
    assert parse_slo(str(slo)) == slo


@pytest.mark.parametrize(
    ("text", "pause_ms"),
    [("p99=200ms", 100.0), ("event_p99=50ms", 25.0), ("p999=90ms,p99=80ms,p50=1ms", 40.0), ("p50=1ms,mean=1ms", inf)],
)
def test_the_tightest_tail_says_which_pause_of_the_host_breaks_it(text: str, pause_ms: float) -> None:
    """Half of it; a median or a mean hardly feels one."""
    assert parse_slo(text).pause_ms == pause_ms


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("p98=200ms", "NAME one of p50, p90, p95, p99, p999, mean"),
        ("p99", "must be NAME=VALUE"),
        ("p99>200ms", "must be NAME=VALUE"),
        ("p99=200", "must be NAME=VALUE"),
        ("p99=nanms", "must be NAME=VALUE"),
        ("p99=5%", "p99 needs a bound in ms or s"),
        ("errors=5ms", "errors needs a bound in %"),
        ("p99=1s,p99=2s", "p99 has two bounds"),
        ("p99=1s,errors=101%", "from 0 % to 100 %"),
        ("p99=0ms", "a time above 0"),
        ("errors=1%", "at least one of"),
        ("event_p98=5ms", "any of them after event_ or ttft_ for streams"),
        ("event_p99=5", "must be NAME=VALUE"),
        ("", "must be NAME=VALUE"),
    ],
)
def test_other_texts_are_refused_with_the_valid_values(text: str, message: str) -> None:
    """Each mistake names the field and its bounds."""
    with pytest.raises(ValueError, match=message):
        parse_slo(text)


def test_a_window_keeps_it_or_says_what_it_broke() -> None:
    """Latencies at the bound are allowed, above it not; failures have a bound of their own."""
    slo = parse_slo("p99=100ms,errors=1%")
    assert slo.broken_by(measurement([99.0] * 500)) is None
    assert slo.broken_by(measurement([99.0] * 490 + [150.0] * 10)) == "the p99 was 150 ms (bound 100 ms)"
    assert slo.broken_by(measurement([99.0] * 500, failed=5)) is None
    assert (
        slo.broken_by(measurement([99.0] * 500, failed=10))
        == "1.96 % of the requests failed, mostly status (bound 1 %)"
    )


def test_too_few_requests_do_not_keep_a_percentile() -> None:
    """An unknown figure never counts as kept."""
    slo = parse_slo("p99=100ms")
    assert slo.fewest == 459
    assert slo.broken_by(measurement([1.0] * 458)) == "458 answers are too few for the p99"
    assert slo.broken_by(measurement([])) == "100 % of the requests failed (bound 0.1 %)"


@pytest.mark.parametrize(
    ("added_ms", "ttft_ms", "broken"),
    [
        ([40.0] * 500, [900.0] * 8, None),
        ([40.0] * 490 + [70.0] * 10, [900.0] * 8, "the event_p99 was 70 ms (bound 50 ms)"),
        ([40.0] * 500, [900.0] * 7 + [1500.0], "the ttft_p99 was 1,500 ms (bound 1000 ms)"),
        ([], [900.0] * 8, "0 timed events are too few for the event_p99"),
    ],
)
def test_the_events_of_streams_have_bounds_of_their_own(
    added_ms: Sequence[float], ttft_ms: Sequence[float], broken: str | None
) -> None:
    """How late events are, and of the first of each stream how long it takes: of few streams the slowest counts."""
    slo = parse_slo("event_p99=50ms")
    window = replace(
        measurement([4000.0] * 8), streams=stream_figures(added=histogram(added_ms), ttft=histogram(ttft_ms))
    )
    assert slo.broken_by(window) == broken
    assert (slo.fewest, slo.slowest_s) == (1, 0.0), "of requests nothing is bounded"


def test_without_streams_a_bound_on_events_is_not_kept() -> None:
    """A bound on a value that nobody saw is not kept."""
    assert parse_slo("event_p99=50ms").broken_by(measurement([1.0] * 500)) == "no stream was read for the event_p99"
