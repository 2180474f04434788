"""A section a scenario: its load, its table, and the charts that the figures come from."""

from __future__ import annotations

from collections.abc import Iterator

from stackduel.analysis.result_rows import ResultTable, tables
from stackduel.model.run import Run
from stackduel.model.suite import OpenLoop, Scenario
from stackduel.report.sections import costs, gpus, latencies, spread, timelines
from stackduel.report.sections import failures as failed_requests
from stackduel.report.sections.blocks import Block, Code, Failures, Paragraph, Section
from stackduel.report.sections.counted_trials import counting
from stackduel.report.sections.loads import latency_kind, load_sentence
from stackduel.report.sections.result_table import LEGEND, grid


def sections(run: Run) -> Iterator[Section]:
    """Yield a section for each scenario of a run that compared stacks, with its charts; a search has its own."""
    for number, table in enumerate(_tables(run), 1):
        blocks = (*described(table.scenario), *_advice(run, table.scenario), *_table(run, table), *_charts(run, table))
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
    yield Paragraph(f"Load: {load_sentence(scenario.load)} Latencies: {latency_kind(scenario.load)}.")


def _tables(run: Run) -> tuple[ResultTable, ...]:
    return () if run.suite.search else tuple(tables(run))


def _advice(run: Run, scenario: Scenario) -> Iterator[Block]:
    """Yield the advice for a scenario, where it differs from that for the run."""
    advice = run.advice.scenarios.get(scenario.name) if run.advice else None
    if run.advice and advice and advice.sentence != run.advice.run.sentence:
        yield Paragraph(f"Advice for this scenario alone: {advice.sentence}")


def _table(run: Run, table: ResultTable) -> Iterator[Block]:
    if table.rows:
        yield grid(table, run.baseline)
        if table.scenario == run.suite.scenarios[0]:
            yield LEGEND
    elif not table.failures:
        yield Paragraph("Nothing was measured.", soft=True)


def _charts(run: Run, table: ResultTable) -> Iterator[Block]:
    scenario, trials = table.scenario, counting(run, table.scenario)
    yield from spread.blocks(run, table.metric, trials)
    yield from latencies.blocks(latency_kind(scenario.load), trials)
    if scenario.load.duration_s is not None:
        # A fixed number of requests one after another has no course over time.
        yield from timelines.blocks(trials, timelines.points_for(run), drained=isinstance(scenario.load, OpenLoop))
    yield from costs.blocks(run, trials)
    yield from gpus.blocks(run, trials)
    yield from _not_measured(table)
    yield from failed_requests.blocks(run, trials)


def _not_measured(table: ResultTable) -> Iterator[Block]:
    if table.failures:
        yield Failures(tuple((f"{stack}: not measured", reason) for stack, reason in table.failures))
