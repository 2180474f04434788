"""A section a scenario: its load, its table, and the charts that the figures come from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from stackduel.analysis.result_rows import ResultTable, tables
from stackduel.model.run import Run
from stackduel.model.suite import Metric, OpenLoop, Scenario
from stackduel.report.sections import costs, gpus, latencies, spread, timelines
from stackduel.report.sections import failures as failed_requests
from stackduel.report.sections.blocks import Block, Code, Failures, Folded, Paragraph, Section
from stackduel.report.sections.counted_trials import counting
from stackduel.report.sections.loads import latency_kind, load_sentence
from stackduel.report.sections.result_table import grid, legend

# What is compared where that is neither the rate nor the time of a request.
BY: Mapping[Metric, str] = {
    "event_cpu": "the server's CPU time for an event",
    "event_delay": "the p99 of the added delay of events, not below 1 ms",
}
# What the table of results on the same page explains.
EXPLAINED_ABOVE = frozenset({"p50", "p95", "p99", "CPU", "cost/M", "speedup", "binds"})


def sections(run: Run) -> Iterator[Section]:
    """Yield a section for each scenario of a run that compared stacks, with its charts; a search has its own."""
    for number, table in enumerate(_tables(run), 1):
        blocks = (*described(table.scenario), *_table(run, table, EXPLAINED_ABOVE), *_charts(run, table))
        yield Section(f"scenario-{number}", table.scenario.name, blocks)


def tables_alone(run: Run) -> Iterator[Section]:
    """Yield the same sections without their charts."""
    for number, table in enumerate(_tables(run), 1):
        blocks = (*described(table.scenario), *_table(run, table), *_not_measured(table))
        yield Section(f"scenario-{number}", f"{table.scenario.name}: all stacks", blocks)


def described(scenario: Scenario) -> Iterator[Block]:
    """Yield what a scenario is for, what it requests, and its load."""
    if scenario.summary:
        yield Paragraph(scenario.summary)
    yield Code(scenario.label)
    if scenario.published:
        yield Paragraph(scaled_sentence(scenario.published.target))
    compared = f" Compared by {BY[scenario.metric]}." if scenario.metric in BY else ""
    yield Paragraph(f"Load: {load_sentence(scenario.load)} Latencies: {latency_kind(scenario.load)}.{compared}")


def scaled_sentence(published: str) -> str:
    """Return how a scaled scenario differs from the published request."""
    return f"Scaled down: the published request is {published} (--published-delays)."


def _tables(run: Run) -> tuple[ResultTable, ...]:
    return () if run.suite.search else tuple(tables(run))


def _table(run: Run, table: ResultTable, explained: Collection[str] = ()) -> Iterator[Block]:
    if table.rows:
        yield grid(table, run.baseline)
        if table.scenario == run.suite.scenarios[0]:
            yield legend([grid(each, run.baseline) for each in _tables(run)], explained)
    elif not table.failures:
        yield Paragraph("Nothing was measured.", soft=True)


def _charts(run: Run, table: ResultTable) -> Iterator[Block]:
    scenario, trials = table.scenario, counting(run, table.scenario)
    yield from spread.blocks(table.metric, trials)
    yield from latencies.blocks(latency_kind(scenario.load), trials)
    yield from costs.blocks(trials)
    yield from gpus.blocks(trials)
    yield from _not_measured(table)
    yield from failed_requests.blocks(trials)
    # A fixed number of requests one after another has no course over time.
    timed = scenario.load.duration_s is not None
    drained = isinstance(scenario.load, OpenLoop)
    if timed and (courses := tuple(timelines.blocks(trials, timelines.points_for(run), drained=drained))):
        yield Folded("Over time: throughput, latency and memory", courses)


def _not_measured(table: ResultTable) -> Iterator[Block]:
    if table.failures:
        yield Failures(tuple((f"{stack}: not measured", reason) for stack, reason in table.failures))
