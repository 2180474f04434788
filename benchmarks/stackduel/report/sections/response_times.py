"""Response times of single requests and the growth of memory, for suites that judge a service by them."""

from __future__ import annotations

import math
from collections.abc import Iterator

from stackduel.analysis.memory_growth import MemoryGrowth, memory_growth
from stackduel.model.aa_pair import is_twin
from stackduel.model.histogram import Histogram
from stackduel.model.run import Run
from stackduel.model.service_level import GROWTH
from stackduel.model.suite import ClosedLoop, Scenario
from stackduel.report.sections.blocks import Block, Grid, Section, Sentences
from stackduel.report.sections.figures import DASH, figure

# From so many requests in a block on, the spread of single requests says something.
FEWEST_REQUESTS = 10
TIMES = ("scenario", "stack", "requests", "mean", "min", "max", "stdev")
MEMORY = ("scenario", "stack", "requests", "before", "after", "growth", "interval")
WORDS = frozenset({"scenario", "stack", "interval"})


def sections(run: Run) -> Iterator[Section]:
    """Yield the times of requests sent one at a time, and memory where the suite bounds its growth."""
    blocks = tuple(_blocks(run))
    if blocks:
        yield Section("response-times", "Response times and memory", blocks)


def _blocks(run: Run) -> Iterator[Block]:
    times = tuple(row for scenario in run.suite.scenarios if _is_single(scenario) for row in _times(run, scenario))
    if times:
        yield Grid("One request at a time", TIMES, times, WORDS, unit="times in ms")
    memory = tuple(
        row for scenario in run.suite.scenarios if _bounds_growth(scenario) for row in _memory(run, scenario)
    )
    if memory:
        yield Grid("Memory within a window", MEMORY, memory, WORDS, unit="memory in MiB")
        yield Sentences(("Growth is the mean of the blocks; its interval has one value per block.",))


def _is_single(scenario: Scenario) -> bool:
    load = scenario.load
    if not isinstance(load, ClosedLoop) or load.connections != 1 or load.metric != "time":
        return False
    return (load.requests or 0) >= FEWEST_REQUESTS


def _bounds_growth(scenario: Scenario) -> bool:
    return any(level.name == GROWTH for level in scenario.sla)


def _times(run: Run, scenario: Scenario) -> Iterator[tuple[str, ...]]:
    for stack in run.stacks:
        latency = Histogram.sum(trial.measurement.latency for trial in run.trials(scenario.name, stack))
        if latency.count and not is_twin(stack):
            values = (latency.mean_ns, latency.min_ns, latency.max_ns, latency.deviation_ns)
            texts = (DASH if math.isnan(value) else figure(value / 1e6) for value in values)
            yield scenario.name, stack, f"{latency.count:,}", *texts


def _memory(run: Run, scenario: Scenario) -> Iterator[tuple[str, ...]]:
    for stack in run.stacks:
        growth = memory_growth(run.trials(scenario.name, stack))
        if growth is not None and not is_twin(stack):
            yield (
                scenario.name,
                stack,
                f"{growth.requests:,.0f}",
                figure(growth.first_mib),
                figure(growth.last_mib),
                f"{growth.grown_mib:+.3f}",
                _interval(growth),
            )


def _interval(growth: MemoryGrowth) -> str:
    if growth.low is None or growth.high is None:
        return DASH
    return f"{growth.low:+.3f} to {growth.high:+.3f}"
