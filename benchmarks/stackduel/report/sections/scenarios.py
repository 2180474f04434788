"""A section a scenario: its table, then where the figures come from (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from stackduel.analysis.result_rows import ResultTable, tables
from stackduel.model.run import Run
from stackduel.model.suite import Load, OpenLoop
from stackduel.report.sections import costs, gpus, latencies, spread, timelines
from stackduel.report.sections import failures as failed
from stackduel.report.sections.blocks import Code, Grid, Paragraph, Section, Shown
from stackduel.report.sections.counted_trials import counting
from stackduel.report.sections.result_table import LEGEND, WORDS, grid, latency_kind


def sections(run: Run) -> Iterator[Section]:
    """A section for each scenario of a run that compared; a search has its own."""
    if run.suite.search:
        return
    for number, table in enumerate(tables(run), 1):
        yield Section(f"scenario-{number}", table.scenario.name, tuple(_blocks(run, table)))


def described(load: Load) -> str:
    """The load in a sentence."""
    if isinstance(load, OpenLoop):
        arrivals = f"{load.rate_rps:g} arrival{'' if load.rate_rps == 1 else 's'} a second ({load.arrivals})"
        return f"{arrivals} for {load.duration_s:g} s, which never wait for answers."
    places = (
        "One connection, which sends its"
        if load.connections == 1
        else f"{load.connections} connections, each sending its"
    )
    much = f"for {load.duration_s:g} s" if load.requests is None else f"until {load.requests} requests are answered"
    return f"{places} next request when the last was answered, {much}."


def _blocks(run: Run, table: ResultTable) -> Iterator[Shown]:
    scenario, trials = table.scenario, counting(run, table.scenario)
    if scenario.summary:
        yield Paragraph(scenario.summary)
    yield Code(scenario.label)
    kind = latency_kind(scenario.load)
    yield Paragraph(f"Load: {described(scenario.load)} Latencies are {kind}.")
    advice = run.advice.scenarios.get(scenario.name) if run.advice else None
    if run.advice and advice and advice.sentence != run.advice.run.sentence:
        yield Paragraph(f"Advice for this scenario alone: {advice.sentence}")
    if table.rows:
        headings, rows = grid(table, run.baseline)
        yield Grid(f"All stacks in {scenario.name}", headings, rows, WORDS)
        if scenario == run.suite.scenarios[0]:
            yield Paragraph(LEGEND, soft=True)
    yield from spread.blocks(run, table.metric, trials)
    yield from latencies.blocks(scenario, trials)
    if scenario.load.duration_s is not None:
        # A fixed number of requests one after another has no course over time.
        yield from timelines.blocks(trials, timelines.points_for(run), drained=isinstance(scenario.load, OpenLoop))
    yield from costs.blocks(run, trials)
    yield from gpus.blocks(run, trials)
    yield from failed.blocks(run, trials, table.failures)
