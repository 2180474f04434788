"""Service levels of scenarios: read, checked over all blocks together, and put into words."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from stackduel.analysis.service_levels import NOT_REPORTED, TOO_FEW, in_words, slas
from stackduel.model.errors import FieldError
from stackduel.model.histogram import Histogram
from stackduel.model.service_level import ServiceLevelResult
from stackduel.model.suite import Scenario, ServiceLevel
from stackduel.model.trial import Trial
from stackduel.planning.fields import Fields
from stackduel.planning.service_level_file import parse_sla
from stackduel.storage.outcome_documents import ServiceLevelDocument
from tests.stackduel.makers import WAITING, trial


def promising(**bounds: float) -> Scenario:
    return replace(WAITING, sla=tuple(ServiceLevel(name, bound) for name, bound in bounds.items()))


def infer(made: Trial, ms: float, count: int) -> Trial:
    span = Histogram.of(np.full(count, ms * 1e6, dtype=np.int64))
    return replace(made, measurement=replace(made.measurement, spans={"infer": span}))


def test_a_table_of_bounds_is_read_in_its_order() -> None:
    """Latencies, spans and errors, each a promise."""
    fields = Fields("s", {"sla": {"p99_ms": 100, "infer_p99_ms": 10.5, "queue_mean_ms": 1, "errors": 0}})
    assert parse_sla(fields) == (
        ServiceLevel("p99_ms", 100.0),
        ServiceLevel("infer_p99_ms", 10.5),
        ServiceLevel("queue_mean_ms", 1.0),
        ServiceLevel("errors", 0.0),
    )
    assert parse_sla(Fields("s", {})) == ()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"p98_ms": 1}, "sla: p98_ms: must be one of p50_ms"),
        ({"gpu_p99_ms": 1}, "sla: gpu_p99_ms: must be one of"),
        ({"p99_ms": 0}, "sla: p99_ms: must be a number from 0.001"),
        ({"p99_ms": "fast"}, "sla: p99_ms: must be a number"),
        ({"errors": 1.5}, "sla: errors: must be a number from 0 to 1"),
        (5, "sla: must be a table"),
    ],
)
def test_an_invalid_bound_is_reported(table: object, message: str) -> None:
    """By its name and what it may be."""
    with pytest.raises(FieldError, match=message):
        parse_sla(Fields("s", {"sla": table}))


def test_a_percentile_covers_all_blocks_together() -> None:
    """250 requests are too few for a p99, and 500 of two blocks are enough; a void trial does not help."""
    scenario = promising(p99_ms=110.0)
    (one,) = slas([trial("slow", 250)], [scenario], ["slow"])
    assert (one.measured, one.ok, one.reason) == (None, None, TOO_FEW)
    void = replace(trial("slow", 250, block=2), state="void")
    assert slas([trial("slow", 250), void], [scenario], ["slow"])[0].ok is None
    (two,) = slas([trial("slow", 250), trial("slow", 250, block=2)], [scenario], ["slow"])
    assert two.measured == pytest.approx(100, rel=0.002)
    assert two.ok is True


def test_a_span_is_judged_where_answers_report_it() -> None:
    """A stack without Server-Timing neither keeps nor breaks the bound, and the reason is given."""
    scenario = promising(infer_p99_ms=10.0)
    reporting = [infer(trial("fast", 250, block=block), 12.0, 250) for block in (1, 2)]
    silent = [trial("slow", 250, block=block) for block in (1, 2)]
    fast, slow = slas([*reporting, *silent], [scenario], ["fast", "slow"])
    assert (fast.stack, fast.ok) == ("fast", False)
    assert fast.measured == pytest.approx(12, rel=0.002)
    assert (slow.stack, slow.measured, slow.ok, slow.reason) == ("slow", None, None, NOT_REPORTED)
    few = slas([infer(trial("fast", 250), 12.0, 250)], [scenario], ["fast"])
    assert few[0].reason == TOO_FEW


def test_errors_are_a_share_of_all_requests() -> None:
    """One failure in a hundred keeps 1 % and breaks 0.5 %."""
    results = [trial("slow", 99, failed=1)]
    assert [slas(results, [promising(errors=bound)], ["slow"])[0].ok for bound in (0.01, 0.005, 0.0)] == [
        True,
        False,
        False,
    ]


def test_what_was_not_measured_has_no_levels() -> None:
    """A stack without a trial is not listed; the report gives the reason elsewhere."""
    assert slas([trial("slow", 9)], [promising(errors=0.0)], ["fast"]) == ()


@pytest.mark.parametrize(
    ("sla", "words"),
    [
        (ServiceLevelResult("s", "a", "p99_ms", 100.0, 80.42, True), "p99 <= 100 ms: 80.42 ms, kept"),
        (ServiceLevelResult("s", "a", "infer_p99_ms", 10.0, 12.0, False), "infer p99 <= 10 ms: 12 ms, broken"),
        (ServiceLevelResult("s", "a", "errors", 0.01, 0.25, False), "errors <= 1 %: 25 %, broken"),
        (ServiceLevelResult("s", "a", "p99_ms", 100.0, None, None, TOO_FEW), "p99 <= 100 ms: not enough requests"),
        (ServiceLevelResult("s", "a", "rate_rps", 10.0, 8.25, False), "rate >= 10 req/s: 8.25 req/s, broken"),
        (ServiceLevelResult("s", "a", "growth_mib", 5.0, 0.125, True), "memory growth <= 5 MiB: 0.125 MiB, kept"),
    ],
)
def test_a_level_in_words_and_as_a_document(sla: ServiceLevelResult, words: str) -> None:
    """Bound, figure and word; milliseconds and shares never share a key of the document."""
    assert in_words(sla) == words
    content = msgspec.to_builtins(ServiceLevelDocument.of(sla))
    assert msgspec.convert(content, ServiceLevelDocument).result() == sla
    bounds = {unit for unit in ("ms", "share", "rps", "mib") if content[f"bound_{unit}"] is not None}
    assert bounds == {sla.unit}
