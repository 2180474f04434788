"""What a report says of models: levels kept or broken, alone and loaded and end to end, where the time goes (pure)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from stackduel.analysis.service_levels import in_words
from stackduel.analysis.time_breakdown import END_TO_END, INFER, MEANINGS, PARTS, Breakdown, BreakdownPart, breakdowns
from stackduel.model.aa_pair import is_twin
from stackduel.model.ceiling_share import CeilingShare
from stackduel.model.counted import counted
from stackduel.model.histogram import Histogram, LatencySummary, summarise
from stackduel.model.isolated import IsolatedFailure, IsolatedMeasurement
from stackduel.model.run import Run
from stackduel.model.service_level import ServiceLevelResult
from stackduel.model.suite import Scenario
from stackduel.report.sections.block import Block
from stackduel.report.sections.insights import Insight
from stackduel.report.sections.result_table import DASH, figure

HOW_ALONE = (
    "alone: the model in one process, without a server; infer: the same under load, as its answers tell; milliseconds."
)
HOW_SPENT = "Mean / p99 in milliseconds; the means add up to end to end, percentiles do not."


def inference_blocks(run: Run) -> tuple[Block, ...]:
    """All there is to say of models, scenario by scenario; nothing for runs without any."""
    found = _found(run)
    blocks: list[Block] = []
    for scenario in run.suite.scenarios:
        blocks += _levels(scenario, run)
        blocks += _of_time(scenario, run, found)
    return (*blocks, *_how_to_read(run, found))


def time_blocks(run: Run) -> tuple[Block, ...]:
    """Where the time goes alone, without the levels that are kept or broken."""
    found = _found(run)
    blocks = [block for scenario in run.suite.scenarios for block in _of_time(scenario, run, found)]
    return (*blocks, *_how_to_read(run, found))


def model_insights(run: Run, stacks: Collection[str]) -> Iterator[tuple[str, Insight]]:
    """Of some stacks, by scenario, how much of their time the model takes, and what the most of the rest."""
    for each in _found(run):
        infer = each.part(INFER)
        if each.stack in stacks and infer is not None and each.end_to_end.mean_ms:
            share = f"{100 * infer.mean_ms / each.end_to_end.mean_ms:.0f} % of {figure(each.end_to_end.mean_ms)} ms"
            claim = f"Of {each.stack}'s mean time the model takes so much"
            yield each.scenario, Insight((END_TO_END, INFER), f"{each.stack}: {each.sentence}", claim, share)


def _found(run: Run) -> tuple[Breakdown, ...]:
    sizes = {name: about.batch_size for name, about in run.stacks.items() if not is_twin(name)}
    return breakdowns(run.results, run.suite.scenarios, run.isolated, sizes)


def _of_time(scenario: Scenario, run: Run, found: Sequence[Breakdown]) -> Iterator[Block]:
    yield from _beside_alone(scenario, run)
    yield from _spent(scenario, [each for each in found if each.scenario == scenario.name], run.baseline)


def _how_to_read(run: Run, found: Sequence[Breakdown]) -> Iterator[Block]:
    """What the headings mean, once for all tables."""
    lines = [HOW_ALONE] if run.isolated else []
    if found:
        names = [name for name in PARTS if any(each.part(name) for each in found)]
        lines.append(f"{HOW_SPENT} {'; '.join(f'{name}: {MEANINGS[name]}' for name in names)}.")
    if lines:
        yield Block("How to read these tables", lines=tuple(lines))


def sla_lines(run: Run) -> list[str]:
    """Every promise of the run's and what became of it, a line each."""
    return [f"{sla.scenario}, {sla.stack}: {in_words(sla)}" for sla in run.slas if not is_twin(sla.stack)]


def _levels(scenario: Scenario, run: Run) -> Iterator[Block]:
    kept: dict[str, dict[str, ServiceLevelResult]] = {}
    for sla in run.slas:
        if sla.scenario == scenario.name and not is_twin(sla.stack):
            kept.setdefault(sla.stack, {})[sla.name] = sla
    if not kept:
        return
    names = [promise.name for promise in scenario.sla]
    headings = [bound_text(promise.name, promise.bound) for promise in scenario.sla]
    rows = tuple((stack, *(_word(by_name[name]) for name in names)) for stack, by_name in kept.items())
    all_kept = [stack for stack, by_name in kept.items() if all(sla.ok for sla in by_name.values())]
    broken = [stack for stack, by_name in kept.items() if any(sla.ok is False for sla in by_name.values())]
    lines = [f"All kept by {', '.join(all_kept)}."] if all_kept else []
    lines += [f"Broken by {', '.join(broken)}."] if broken else []
    if len(all_kept) + len(broken) < len(kept):
        lines.append("More blocks would tell of the others.")
    title, least = f"{scenario.name}: service levels", tuple(reversed(headings[1:]))
    yield Block(title, ("stack", *headings), rows, tuple(lines), least_needed=least, unit="latencies in ms")


def bound_text(name: str, bound: float) -> str:
    """A promise as tables name it."""
    if name == "errors":
        return f"errors <= {100 * bound:g} %"
    return f"{name.removesuffix('_ms').replace('_', ' ')} <= {bound:g} ms"


def _word(sla: ServiceLevelResult) -> str:
    if sla.measured is None:
        return str(sla.reason)
    measured = f"{100 * sla.measured:.3g} %" if sla.is_share else figure(sla.measured)
    return f"{measured} {'pass' if sla.ok else 'FAIL'}"


def _beside_alone(scenario: Scenario, run: Run) -> Iterator[Block]:
    model = scenario.workloads[0].model if len(scenario.workloads) == 1 else None
    alone = [each for each in run.isolated if each.model == model]
    if model is None or not alone:
        return
    measured = [each for each in alone if isinstance(each, IsolatedMeasurement)]
    failed = [each for each in alone if isinstance(each, IsolatedFailure)]
    of_alone = _quantiles(summarise(Histogram.sum(each.infer for each in measured)))
    shares = {share.stack: share for share in run.ceiling_shares if share.scenario == scenario.name}
    rows = []
    for stack in run.stacks:
        trials = run.trials(scenario.name, stack)
        if not trials or is_twin(stack):
            continue
        told = [trial.measurement.spans or {} for trial in trials]
        spans = [spans[INFER] for spans in told if INFER in spans]
        latency = summarise(Histogram.sum(trial.measurement.latency for trial in trials))
        loaded = _quantiles(summarise(Histogram.sum(spans)))
        rows.append((stack, share_text(shares.get(stack)), of_alone, loaded, _quantiles(latency)))
    lines = []
    if measured:
        rate = figure(sum(each.rate_rps for each in measured) / len(measured))
        blocks = counted(len(measured), "block")
        lines.append(f"{model} alone: {rate} a second by {counted(measured[0].pool, 'thread')}, mean of {blocks}.")
    lines += [f"{model} was not measured alone in block {each.block}: {each.reason}" for each in failed]
    headings = ("stack", "of the ceiling", "alone p50 / p99", "infer p50 / p99", "end to end p50 / p99")
    # The model alone is the same in every row.
    least = ("alone p50 / p99", "of the ceiling", "infer p50 / p99")
    title = f"{scenario.name}: alone, loaded, end to end"
    yield Block(title, headings, tuple(rows), tuple(lines), least_needed=least, unit="p50 / p99 in ms")


def _quantiles(latency: LatencySummary) -> str:
    return f"{figure(latency.p50)} / {figure(latency.p99)}"


def share_text(share: CeilingShare | None) -> str:
    """A share of the in-process ceiling with its interval where there is one."""
    if share is None:
        return DASH
    text = f"{100 * share.share:.0f} %"
    if share.low is not None and share.high is not None:
        text += f" ({100 * share.low:.0f}-{100 * share.high:.0f})"
    return text


def _spent(scenario: Scenario, found: Sequence[Breakdown], baseline: str) -> Iterator[Block]:
    if not found:
        return
    names = [name for name in PARTS if any(each.part(name) for each in found)]
    rows = tuple((each.stack, _part(each.end_to_end), *(_part(each.part(name)) for name in names)) for each in found)
    counted_by = [each.stack for each in found if each.source != "Server-Timing"]
    lines = [f"{each.stack}: {each.sentence}" for each in found]
    if counted_by:
        lines.append(f"Of {', '.join(counted_by)} the parts are Triton's own statistics, which know means alone.")
    headings = ("stack", "end to end", *names)
    title, brief = f"{scenario.name}: where the time goes", _in_brief(found, baseline)
    yield Block(
        title, headings, rows, tuple(lines), brief, least_needed=_smallest_first(found, names), unit="mean / p99 in ms"
    )


def _smallest_first(found: Sequence[Breakdown], names: Sequence[str]) -> tuple[str, ...]:
    """The parts by the most that any stack spends in them, the model's own the last: what is small is missed least."""
    most = {name: max((part.mean_ms for each in found if (part := each.part(name))), default=0.0) for name in names}
    return tuple(sorted(names, key=lambda name: (name == INFER, most[name])))


def _in_brief(found: Sequence[Breakdown], baseline: str) -> tuple[str, ...] | None:
    """The sentences on the baseline and on the stack with the shortest mean, where there are more than these."""
    fastest = min(found, key=lambda each: each.end_to_end.mean_ms)
    told = [each for each in found if each.stack in {baseline, fastest.stack}]
    if len(told) == len(found):
        return None
    return (*(f"{each.stack}: {each.sentence}" for each in told), "Of the others: see the report.")


def _part(part: BreakdownPart | None) -> str:
    return DASH if part is None else f"{figure(part.mean_ms)} / {figure(part.p99_ms)}"
