"""Streams are compared by CPU time an event or by added delay, and their timers' cost is that of the same block."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.analysis.conclusion import conclude
from stackduel.analysis.stream_rows import mib_per_stream, scenarios_by_workload, stream_row, timers_us
from stackduel.model.run import Run
from stackduel.model.suite import ClosedLoop, OpenLoop, Scenario
from stackduel.model.trial import Cost, Place, Result, Trial
from tests.stackduel.makers import STREAMING, run, streamed

STACKS = {"slow": "baseline", "slow.twin": "A/A", "fast": "rewrite"}
WAITING_BY_TIMERS = replace(STREAMING, idle="chat-8.idle")
IDLE = Scenario("chat-8.idle", STREAMING.workloads, STREAMING.load, idle_of="chat-8")


def blocks(*scenarios: Scenario, fast_ms: float = 20.0, slow_ms: float = 10.0) -> Run:
    """Five blocks in which ``fast`` takes half the CPU time, and its events come later."""
    results: list[Result] = []
    for scenario in scenarios:
        for block in range(1, 6):
            for stack, delay_ms, cpu_s in (("slow", slow_ms, 0.2), ("slow.twin", slow_ms, 0.2), ("fast", fast_ms, 0.1)):
                trial = streamed(stack, delay_ms, cpu_s=cpu_s, block=block, scenario=scenario.name)
                results.append(replace(trial, metric=scenario.metric))
    return conclude(run(results, STACKS, scenarios))


def test_cpu_time_and_added_delay_are_two_comparisons_of_one_family() -> None:
    """Twice as good by the one and half as good by the other, each with the risk of both together."""
    made = blocks(STREAMING)
    (cpu,) = (each for each in made.comparisons if each.candidate == "fast")
    (delay,) = (each for each in made.delays if each.candidate == "fast")
    assert (cpu.metric, cpu.verdict, delay.metric, delay.verdict) == ("event_cpu", "faster", "event_delay", "slower")
    assert cpu.speedup == pytest.approx(2)
    assert delay.speedup == pytest.approx(0.5, rel=0.01)
    assert cpu.confidence == delay.confidence
    assert cpu.resolution == 0


def test_streams_with_a_control_are_compared_by_their_added_delay_alone() -> None:
    """Their CPU time has timers in it; the control itself is compared with nothing."""
    made = blocks(WAITING_BY_TIMERS, IDLE)
    assert {(each.scenario, each.metric) for each in made.comparisons} == {("chat-8", "event_delay")}
    assert made.delays == ()
    assert made.suite.stream_scenarios == ("chat-8",)


def test_a_run_that_compared_streams_by_their_rate_is_concluded_as_before() -> None:
    """The comparison that its trials name counts, and they have no second one."""
    results = [replace(each, metric="rate") for each in blocks(STREAMING).results if isinstance(each, Trial)]
    made = conclude(run(results, STACKS, (STREAMING,)))
    assert {each.metric for each in made.comparisons} == {"rate"}
    assert made.delays == ()


def test_delays_below_a_millisecond_are_alike() -> None:
    """0.2 against 0.3 ms is no difference that a timer promises."""
    (delay, _) = sorted(blocks(STREAMING, slow_ms=0.2, fast_ms=0.3).delays, key=lambda each: each.candidate)
    assert (delay.candidate, delay.speedup, delay.verdict) == ("fast", 1.0, "equivalent")


def test_timers_cost_what_the_control_of_the_same_block_took() -> None:
    """0.05 s of 2 s over 500 events a second are 50 us; a block without a control says nothing."""
    trials = [streamed("slow", 10, block=block) for block in (1, 2)]
    idle = streamed("slow", 10, cpu_s=0.05, block=2, scenario="chat-8.idle")
    timers = timers_us(trials, [idle])
    assert timers is not None
    assert timers.point == pytest.approx(50)
    assert timers_us(trials, []) is None


def test_a_stream_takes_what_memory_grew_by_with_more_of_them() -> None:
    """32 MiB for 16 streams more are 2 each; memory that a server had kept says nothing."""
    few, many = streamed("slow", 10), replace(streamed("slow", 10), cost=Cost(0.1, 96.0))
    assert mib_per_stream([many], [few], 16) == pytest.approx(2)
    assert mib_per_stream([few], [many], 16) is None
    assert mib_per_stream([replace(many, place=Place("slow", "chat-8", 2))], [few], 16) is None


def test_loads_of_the_same_requests_are_one_group() -> None:
    """In the order of their streams; arrivals are another group, and a control is in none."""
    more = replace(STREAMING, name="chat-64", load=ClosedLoop(64, duration_s=2.0))
    arriving = replace(STREAMING, name="arriving", load=OpenLoop(5.0, 2.0))
    groups = scenarios_by_workload([more, IDLE, STREAMING, arriving])
    assert [[each.name for each in group] for group in groups.values()] == [["chat-8", "chat-64"], ["arriving"]]


def test_a_stack_without_streams_has_no_row() -> None:
    """One with streams has their sums, and the medians of its blocks."""
    assert stream_row([]) is None
    row = stream_row([streamed("slow", 10, cpu_s=cpu_s, block=block) for block, cpu_s in ((1, 0.1), (2, 0.3))])
    assert row is not None
    assert row.cpu_us is not None
    assert (row.figures.events, row.events_per_s) == (2_000, 500)
    assert row.cpu_us.point == pytest.approx(200)
