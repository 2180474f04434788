"""Conditions use the values of a run's tables, the intervals of its blocks, and reasons for missing ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.analysis.conclusion import conclude
from stackduel.analysis.conditions.block_values import bounded
from stackduel.analysis.conditions.conditions import conditions_for, status_with
from stackduel.analysis.conditions.evaluation import ConditionResult, ConditionState
from stackduel.analysis.conditions.metrics import OF_A_RUN, MetricValue, Missing
from stackduel.analysis.conditions.run_metrics import RunMetrics
from stackduel.analysis.stream_metrics import NO_TIMETABLE
from stackduel.model.errors import FieldError
from stackduel.model.histogram import Histogram
from stackduel.model.run import Run
from stackduel.model.search_settings import CapacitySettings
from stackduel.model.service_level import ServiceLevelResult
from stackduel.model.suite import ClosedLoop, Scenario, ServiceLevel, Workload
from stackduel.model.trial import Failure, Place, Result, Trial
from tests.stackduel.makers import CALLING, WAITING, run, stream_figures, trial

TIERS = {"slow": "baseline", "slow.twin": "A/A", "fast": "rewrite", "wrong": "control"}


def measured(*more: Result) -> Run:
    """Five blocks, in which ``fast`` is about five times as fast and fails twice."""
    results: list[Result] = []
    for block in range(1, 6):
        results += [trial("slow", 100 + block, block=block), trial("slow.twin", 100 + block, block=block)]
        results += [trial("fast", 500, block=block, failed=2 if block == 3 else 0, latency_ms=20.0 + block)]
    return conclude(run([*results, *more], TIERS))


def value(made: Run, name: str, stack: str = "fast", scenario: str = "waiting") -> MetricValue | Missing:
    return RunMetrics(made).value(name, stack, scenario, OF_A_RUN[name].dimensions[0])


TALKING = Scenario("talking", (Workload("/stream", stream="sse"),), ClosedLoop(8, duration_s=2.0))


def talked(added_ms: Sequence[float] = (1.0,) * 500, **counts: int) -> Run:
    """Five blocks of streams on ``fast``, in each of which every event came so late; nothing else is known of them."""
    added = Histogram.of(np.array([value * 1e6 for value in added_ms], dtype=np.int64))
    blocks = [
        replace(each, measurement=replace(each.measurement, streams=stream_figures(len(added_ms), counts, added=added)))
        for each in (trial("fast", 10, block=block, scenario="talking") for block in range(1, 6))
    ]
    return conclude(run([*measured().results, *blocks], TIERS, (WAITING, TALKING)))


def test_figures_of_streams_are_those_of_all_their_events() -> None:
    """Delays of all blocks together with the blocks' interval, CPU and rates as their median, faults as sums."""
    made = talked([*[1.0] * 980, *[40.0] * 20], stalls=2, paced=100)
    p99 = value(made, "event_p99", scenario="talking")
    assert isinstance(p99, MetricValue)
    assert p99.point == p99.low == p99.high == pytest.approx(40, rel=0.001)
    assert value(made, "cpu_per_event", scenario="talking") == MetricValue(0.5, 0.5, 0.5)
    rate = value(made, "event_rate", scenario="talking")
    assert isinstance(rate, MetricValue)
    assert (rate.point, rate.low, rate.high) == pytest.approx((500.0, 500.0, 500.0))
    assert value(made, "stalls", scenario="talking") == MetricValue(10)
    assert RunMetrics(made).value("stalls", "fast", "talking", "share") == MetricValue(0.02)


def test_figures_of_streams_say_why_they_are_missing() -> None:
    """Events without a timetable have no added delay, a few have no percentile, and streams that nobody had none."""
    assert value(talked([]), "merged", scenario="talking") == Missing("no event came")
    untimed = talked([])
    trials = [replace(each.measurement, streams=stream_figures(9)) for each in untimed.trials("talking", "fast")]
    results = [replace(each, measurement=trials[0]) for each in untimed.trials("talking", "fast")]
    made = replace(untimed, results=tuple(results))
    assert value(made, "event_p99", scenario="talking") == Missing(NO_TIMETABLE)
    assert value(made, "stalls", scenario="talking") == Missing(NO_TIMETABLE)
    assert value(made, "ttft_p50", scenario="talking") == Missing("0 values are too few (7 are needed)")


def test_a_condition_on_streams_asks_the_scenarios_that_have_any() -> None:
    """Other scenarios of the run do not make it unknown; named, they are an error, as is a run without streams."""
    made = talked()
    (result,) = conditions_for(["event_p99(fast) > 50ms"], made).evaluate_on(made)
    assert result.state == "unmet"
    (result,) = conditions_for(["cpu_per_event(fast) > 400us"], made).evaluate_on(made)
    assert (result.state, result.details) == ("met", ("cpu_per_event(fast, talking) is 1 ms",))
    with pytest.raises(FieldError, match="column 11: the answers of waiting are no event streams"):
        conditions_for(["event_p99(waiting) > 50ms"], made)
    with pytest.raises(FieldError, match="event_p99 is of event streams, and this run has none"):
        conditions_for(["event_p99 > 50ms"], measured())


def test_figures_are_those_of_the_tables() -> None:
    """Speedups with the run's interval, percentiles of all requests together, medians of the blocks, sums of errors."""
    made = measured()
    (compared,) = (each for each in made.comparisons if each.candidate == "fast")
    assert value(made, "speedup") == MetricValue(compared.speedup, compared.low, compared.high)
    assert value(made, "errors") == MetricValue(2)
    assert RunMetrics(made).value("errors", "fast", "waiting", "share") == MetricValue(2 / 2502)
    assert value(made, "memory") == MetricValue(64.0)
    rate = value(made, "rate", "slow")
    assert isinstance(rate, MetricValue)
    assert rate.point == 51.5
    assert rate.low is not None
    assert rate.high is not None
    assert 49 < rate.low < 51.5 < rate.high < 54
    p50, p99 = value(made, "p50"), value(made, "p99")
    assert isinstance(p50, MetricValue)
    assert isinstance(p99, MetricValue)
    assert p50.point == pytest.approx(23, rel=0.002)
    assert p99.point == pytest.approx(25, rel=0.002)
    assert p99.high == pytest.approx(25, rel=0.03), "the interval of the blocks holds the figure of all together"
    assert value(made, "cpu") == MetricValue(1.0, 1.0, 1.0)
    mean = value(made, "mean", "slow")
    assert isinstance(mean, MetricValue)
    assert (mean.point, mean.low, mean.high) == pytest.approx((100, 100, 100))


def test_requests_that_were_sent_again_can_fail_a_build() -> None:
    """As a number over all blocks, or as a share of the requests."""
    results = [
        replace(each, measurement=replace(each.measurement, resent=5))
        if isinstance(each, Trial) and each.place.stack == "fast" and each.place.block > 3
        else each
        for each in measured().results
    ]
    made = conclude(run(results, TIERS))
    assert (value(made, "resent"), value(made, "resent", "slow")) == (MetricValue(10), MetricValue(0))
    states = [each.state for each in conditions_for(["resent(fast) > 9", "resent(fast) > 1%"], made).evaluate_on(made)]
    assert states == ["met", "unmet"]


def test_what_is_missing_says_why() -> None:
    """Too few requests, a stack that failed, a stack that runs elsewhere, no block in common."""
    made = measured(Failure(Place("wrong", "waiting", 1), "it died\nand wrote a log"))
    few = value(made, "p99", "slow")
    assert isinstance(few, MetricValue)
    assert few.low is None, "515 requests in all, but a hundred in each block are too few"
    assert value(made, "p999") == Missing("2,500 correct answers are too few (4,603 are needed)")
    assert value(made, "p99", "wrong") == Missing("not measured: it died")
    assert value(made, "speedup", "wrong") == Missing("no block has a valid trial of both this stack and the baseline")
    assert value(made, "p99", "fast", "calling") == Missing("not measured: no trial is valid")
    elsewhere = run([trial("slow", 5, cost=None)])
    for name in ("cpu", "memory"):
        found = value(elsewhere, name, "slow")
        assert isinstance(found, Missing)
        assert "runs elsewhere" in found.reason


def test_void_counts_trials_without_a_valid_attempt_and_failures_those_that_failed() -> None:
    """An attempt that was repeated with success is no void trial, and neither is one that failed in the end."""
    void = [replace(trial("fast", 5, block=block), state="void") for block in (6, 7, 8)]
    repeated = replace(trial("fast", 5), place=Place("fast", "waiting", 7, 2))
    failed = Failure(Place("fast", "waiting", 8, 2), "it died")
    made = run([*void, repeated, failed], TIERS)
    assert value(made, "void") == MetricValue(1)
    assert value(made, "failures") == MetricValue(1)
    assert value(made, "void", "slow") == value(made, "failures", "slow") == MetricValue(0)


def test_noise_is_passed_on() -> None:
    """A comparison that rests on a noisy trial says so."""
    made = measured()
    noisy = [
        replace(each, state="noisy") if isinstance(each, Trial) and each.place.stack == "fast" else each
        for each in made.results
    ]
    found = value(conclude(replace(made, results=tuple(noisy))), "speedup")
    assert isinstance(found, MetricValue)
    assert found.noisy


@given(st.lists(st.floats(0.001, 1000), min_size=5, max_size=12), st.floats(0.001, 1000))
def test_the_interval_of_the_blocks_always_holds_the_figure(blocks: list[float], point: float) -> None:
    """However the figure of all requests together lies to those of the blocks."""
    found = bounded(point, blocks)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= point <= found.high


@pytest.mark.parametrize("blocks", [[1.0] * 4, [1.0, 1.0, 1.0, 1.0, None], [1.0, 1.0, 1.0, 1.0, 0.0]])
def test_no_interval_is_made_up(blocks: list[float | None]) -> None:
    """Of too few blocks, or where one of them has no such figure, there is none."""
    assert bounded(1.0, blocks) == MetricValue(1.0)


def test_a_search_has_the_metrics_of_its_mode() -> None:
    """A search has the metrics of its mode only; a condition that cannot be read is refused first."""
    searching = replace(run([]), suite=replace(run([]).suite, search=CapacitySettings()))
    with pytest.raises(FieldError, match="unknown metric 'errors': choose from capacity, streams, replicas, cost"):
        conditions_for(["errors > 0"], searching)
    with pytest.raises(FieldError, match="column 10"):
        conditions_for(["errors > )"], searching)


@pytest.mark.parametrize(
    ("texts", "states"),
    [
        ([], ()),
        (["errors > 0", "speedup(fast) > 100", "p999(fast) > 1ms"], ("met", "unmet", "unknown")),
        (["speedup < 1", "rate(fast) < 249"], ("unmet", "unmet")),
    ],
)
def test_conditions_are_evaluated_on_a_run(texts: list[str], states: tuple[ConditionState, ...]) -> None:
    """Each condition has its own state, in their order."""
    made = measured()
    assert tuple(each.state for each in conditions_for(texts, made).evaluate_on(made)) == states


@pytest.mark.parametrize(
    ("states", "status", "exit_status"),
    [
        ((), 0, 0),
        ((), 3, 3),
        (("unmet", "undecided"), 0, 0),
        (("unmet", "met"), 0, 1),
        (("unknown", "met"), 3, 1),
        (("unknown",), 3, 3),
        (("unknown", "undecided"), 0, 2),
    ],
)
def test_the_exit_status_follows_from_the_states(
    states: tuple[ConditionState, ...], status: int, exit_status: int
) -> None:
    """1 if a condition is met, else the status of the run, else 2 if a condition is unknown."""
    condition = conditions_for(["errors > 0"], run([])).each[0]
    assert status_with([ConditionResult(condition, state, ()) for state in states], status) == exit_status


def test_service_levels_are_counted_where_they_were_not_kept() -> None:
    """A scenario without service levels has none broken; an unknown one leaves the count unknown."""
    promised = replace(WAITING, sla=(ServiceLevel("p99_ms", 100.0), ServiceLevel("mean_ms", 50.0)))
    broken = ServiceLevelResult("waiting", "fast", "p99_ms", 100.0, 120.0, False)
    kept = ServiceLevelResult("waiting", "fast", "mean_ms", 50.0, 40.0, True)
    unknown = ServiceLevelResult("waiting", "slow", "p99_ms", 100.0, None, None, "not enough requests")
    made = run([trial("slow", 5), trial("fast", 5)], TIERS, scenarios=(promised, CALLING))
    made = replace(made, slas=(broken, kept, unknown))
    assert value(made, "sla") == MetricValue(1)
    assert value(made, "sla", "fast", "calling") == MetricValue(0)
    assert value(made, "sla", "slow") == Missing("p99_ms: not enough requests")
    assert value(made, "sla", "wrong") == Missing("not measured: no trial is valid")
