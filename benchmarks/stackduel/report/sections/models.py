"""Models alone, under load and end to end, and where the time of a request goes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from stackduel.analysis.time_breakdown import END_TO_END, INFER, MEANINGS, PARTS, Breakdown, BreakdownPart, breakdowns
from stackduel.model.aa_pair import is_twin
from stackduel.model.ceiling_share import CeilingShare
from stackduel.model.counted import counted
from stackduel.model.histogram import Histogram, LatencySummary, summarise
from stackduel.model.isolated import IsolatedFailure, IsolatedMeasurement
from stackduel.model.run import Run
from stackduel.model.suite import Scenario
from stackduel.report.sections.blocks import Block, Grid, Heading, Section, Sentences
from stackduel.report.sections.figures import DASH, figure
from stackduel.report.sections.merged_insights import Insight

HOW_ALONE = (
    "alone: the model in one process, without a server; infer: the same under load, from the answers' own headers; "
    "milliseconds."
)
HOW_SPENT = "Mean / p99 in milliseconds; the means add up to end to end, percentiles do not."


def sections(run: Run) -> Iterator[Section]:
    """Yield the models alone, under load and end to end, and where the time goes; nothing for runs without models."""
    blocks = tuple(time_blocks(run))
    if blocks:
        yield Section("models", "The models", blocks)


def time_blocks(run: Run) -> Iterator[Block]:
    """Yield the tables scenario by scenario, each sentence once, then how to read them."""
    times = _breakdowns(run)
    shown: set[str] = set()
    for scenario in run.suite.scenarios:
        here = [each for each in times if each.scenario == scenario.name]
        for block in (*_beside_alone(scenario, run), *_spent(scenario, here, run.baseline)):
            if not isinstance(block, Sentences):
                yield block
            elif fresh := tuple(each for each in block.items if each not in shown):
                shown.update(fresh)
                yield replace(block, items=fresh)
    yield from _how_to_read(run, times)


def model_insights(run: Run, stacks: Collection[str]) -> Iterator[tuple[str, Insight]]:
    """Yield the model's share of the mean time of some stacks, by scenario, and what takes most of the rest."""
    for each in _breakdowns(run):
        infer = each.part(INFER)
        if each.stack in stacks and infer is not None and each.end_to_end.mean_ms:
            share = f"{100 * infer.mean_ms / each.end_to_end.mean_ms:.0f} % of {figure(each.end_to_end.mean_ms)} ms"
            claim = f"The model's share of {each.stack}'s mean time"
            yield each.scenario, Insight((END_TO_END, INFER), f"{each.stack}: {each.sentence}", claim, share)


def _breakdowns(run: Run) -> tuple[Breakdown, ...]:
    sizes = {name: about.batch_size for name, about in run.stacks.items() if not is_twin(name)}
    return breakdowns(run.results, run.suite.scenarios, run.isolated, sizes)


def _how_to_read(run: Run, times: Sequence[Breakdown]) -> Iterator[Block]:
    """Yield what the headings mean, once for all tables."""
    lines = [HOW_ALONE] if run.isolated else []
    if times:
        names = [name for name in PARTS if any(each.part(name) for each in times)]
        lines.append(f"{HOW_SPENT} {'; '.join(f'{name}: {MEANINGS[name]}' for name in names)}.")
    if lines:
        yield from (Heading("How to read these tables"), Sentences(tuple(lines)))


def _beside_alone(scenario: Scenario, run: Run) -> Iterator[Block]:
    """Yield the table of a scenario whose only model was measured alone, and how fast it is alone."""
    model = scenario.workloads[0].model if len(scenario.workloads) == 1 else None
    alone = [each for each in run.isolated if each.model == model]
    if model is None or not alone:
        return
    measured = [each for each in alone if isinstance(each, IsolatedMeasurement)]
    failed = [each for each in alone if isinstance(each, IsolatedFailure)]
    title = f"{scenario.name}: alone, loaded, end to end"
    headings = ("stack", "of the ceiling", "alone p50 / p99", "infer p50 / p99", "end to end p50 / p99")
    # The model alone is the same in every row.
    least = ("alone p50 / p99", "of the ceiling", "infer p50 / p99")
    rows = tuple(_rows_beside_alone(scenario, run, measured))
    yield Grid(title, headings, rows, least_needed=least, unit="p50 / p99 in ms")
    lines = []
    if measured:
        rate = figure(sum(each.rate_rps for each in measured) / len(measured))
        blocks = counted(len(measured), "block")
        lines.append(f"{model} alone: {rate} a second by {counted(measured[0].pool, 'thread')}, mean of {blocks}.")
    lines += [f"{model} was not measured alone in block {each.block}: {each.reason}" for each in failed]
    if lines:
        yield Sentences(tuple(lines))


def _rows_beside_alone(
    scenario: Scenario, run: Run, measured: Sequence[IsolatedMeasurement]
) -> Iterator[tuple[str, ...]]:
    """Yield a row a stack: its share of the ceiling, and the quantiles alone, in the model, and end to end."""
    of_alone = _quantiles(summarise(Histogram.sum(each.infer for each in measured)))
    shares = {share.stack: share for share in run.ceiling_shares if share.scenario == scenario.name}
    for stack in run.stacks:
        trials = run.trials(scenario.name, stack)
        if not trials or is_twin(stack):
            continue
        shown = [trial.measurement.spans or {} for trial in trials]
        spans = [spans[INFER] for spans in shown if INFER in spans]
        latency = summarise(Histogram.sum(trial.measurement.latency for trial in trials))
        loaded = _quantiles(summarise(Histogram.sum(spans)))
        yield stack, share_text(shares.get(stack)), of_alone, loaded, _quantiles(latency)


def _quantiles(latency: LatencySummary) -> str:
    return f"{figure(latency.p50)} / {figure(latency.p99)}"


def share_text(share: CeilingShare | None) -> str:
    """Return a share of the in-process ceiling with its interval, if it has one."""
    if share is None:
        return DASH
    text = f"{100 * share.share:.0f} %"
    if share.low is not None and share.high is not None:
        text += f" ({100 * share.low:.0f}-{100 * share.high:.0f})"
    return text


def _spent(scenario: Scenario, times: Sequence[Breakdown], baseline: str) -> Iterator[Block]:
    if not times:
        return
    names = [name for name in PARTS if any(each.part(name) for each in times)]
    rows = tuple((each.stack, _part(each.end_to_end), *(_part(each.part(name)) for name in names)) for each in times)
    counted_by = [each.stack for each in times if each.source != "Server-Timing"]
    lines = [f"{each.stack}: {each.sentence}" for each in times]
    if counted_by:
        lines.append(f"Of {', '.join(counted_by)} the parts are Triton's own statistics, which have means only.")
    headings = ("stack", "end to end", *names)
    title, brief = f"{scenario.name}: where the time goes", _in_brief(times, baseline)
    yield Grid(title, headings, rows, least_needed=_smallest_first(times, names), unit="mean / p99 in ms")
    yield Sentences(tuple(lines), brief)


def _smallest_first(times: Sequence[Breakdown], names: Sequence[str]) -> tuple[str, ...]:
    """Return the parts by the longest time of any stack in them, the model's own last: small ones are needed least."""
    most = {name: max((part.mean_ms for each in times if (part := each.part(name))), default=0.0) for name in names}
    return tuple(sorted(names, key=lambda name: (name == INFER, most[name])))


def _in_brief(times: Sequence[Breakdown], baseline: str) -> tuple[str, ...] | None:
    """Return the sentences on the baseline and on the fastest stack; None if there are no others."""
    fastest = min(times, key=lambda each: each.end_to_end.mean_ms)
    shown = [each for each in times if each.stack in {baseline, fastest.stack}]
    if len(shown) == len(times):
        return None
    return (*(f"{each.stack}: {each.sentence}" for each in shown), "The others: see the report.")


def _part(part: BreakdownPart | None) -> str:
    return DASH if part is None else f"{figure(part.mean_ms)} / {figure(part.p99_ms)}"
