"""Service levels: how they are written, and what keeps them."""

from __future__ import annotations

import pytest

from stackduel.analysis.slo import Bound, Slo, parse_slo
from tests.stackduel.makers import measurement


@pytest.mark.parametrize(
    ("text", "slo"),
    [
        ("p99=200ms", Slo((Bound("p99", 200.0),))),
        ("p99<0.2s", Slo((Bound("p99", 200.0),))),
        (" P50 <= 20ms , mean=30ms,errors=0.5% ", Slo((Bound("p50", 20.0), Bound("mean", 30.0)), 0.005)),
        ("p999=1s,errors=0%", Slo((Bound("p999", 1000.0),), 0.0)),
    ],
)
def test_service_levels_are_read_as_people_write_them(text: str, slo: Slo) -> None:
    """Several bounds, three operators, two units, and the share of errors that is allowed."""
    assert parse_slo(text) == slo
    assert parse_slo(str(slo)) == slo


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
