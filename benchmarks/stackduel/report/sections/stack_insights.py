"""Insights into all stacks of a run, by rules: changes without a migration, ceilings, costs.

Each insight names the columns that it is computed from.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping

from stackduel.analysis.candidates import CONTROL
from stackduel.analysis.leads import Lead, lead, quiet_scores
from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.model.aa_pair import is_twin
from stackduel.model.comparison import CONFIDENCE, Comparison, Limit
from stackduel.model.run import Run
from stackduel.model.trial import Trial, counting_trials
from stackduel.report.sections.figures import figure, speedup_words
from stackduel.report.sections.merged_insights import Insight
from stackduel.report.sections.migration_matrix import WITHOUT_MIGRATION
from stackduel.report.sections.pair import Pair, mean_speedup

ComparedScenarios = Mapping[str, Mapping[str, Comparison]]
# A smaller difference in CPU or memory is not mentioned.
WORTH_A_WORD = 1.10
# The probe beside the load has few requests: only a ratio this large is mentioned.
MUCH_LONGER = 2.0
LIMITED_BY: Mapping[str, str] = {
    "waiting slots": "the number of waiting slots",
    "connections": "the number of connections",
    "calls in turn": "calls in turn",
    "CPU": "CPU time",
    "downstream": "the downstream",
    "generator": "the load generator",
}
RAISED_BY: Mapping[str, str] = {
    "waiting slots": "more slots would help, faster code would not",
    "connections": "with this number of clients no server can be faster",
    "calls in turn": "making the calls at once would help, on every stack",
    "CPU": "only less CPU for a request, or more cores, would help",
    "downstream": "the downstream decides, not the stack",
    "generator": "the load generator could do no more, so the stack is at least this fast",
}


def stack_insights(run: Run, pair: Pair) -> Iterator[tuple[str, Insight]]:
    """Yield every insight with its scenario, the most important rule first."""
    compared = by_stack(run.comparisons)
    yield from _without_migration(run, pair, compared)
    yield from _wrong_migrations(run, compared)
    yield from _ceilings(run, pair)
    blocks = _blocks(run, pair)
    yield from _less(blocks, pair, "CPU", "takes less CPU for a request", _cpu_ms)
    yield from _less(blocks, pair, "MiB", "holds less memory", _memory_mib)
    yield from _victims(blocks, pair)


def by_stack(comparisons: Iterable[Comparison]) -> ComparedScenarios:
    """Return the comparisons by candidate and scenario."""
    compared: dict[str, dict[str, Comparison]] = {}
    for each in comparisons:
        compared.setdefault(each.candidate, {})[each.scenario] = each
    return compared


def best_unmigrated(run: Run, pair: Pair, compared: ComparedScenarios) -> str | None:
    """Return the stack without a migration with the highest mean speedup; None if it is in the pair."""
    means = {
        name: mean_speedup(tuple(compared[name].values()))
        for name, about in run.stacks.items()
        if about.tier in WITHOUT_MIGRATION and name in compared and not is_twin(name) and _is_sound(compared[name])
    }
    best = max(means, key=lambda name: means[name], default=None)
    return None if best in {pair.first, pair.second} else best


def _is_sound(comparisons: Mapping[str, Comparison]) -> bool:
    """Return whether a stack is nowhere shown to fail more requests than the baseline."""
    return not any(each.failures for each in comparisons.values())


def _without_migration(run: Run, pair: Pair, compared: ComparedScenarios) -> Iterator[tuple[str, Insight]]:
    """Yield whether a change without a migration is as fast as the pair's second."""
    cheaper = best_unmigrated(run, pair, compared)
    if cheaper is None or run.stacks[pair.second].tier in WITHOUT_MIGRATION or pair.first != run.baseline:
        return
    who = f"Without a migration, {cheaper} ({run.stacks[cheaper].tier})"
    scores = quiet_scores(run.results)
    for scenario, other in compared.get(pair.second, {}).items():
        own = compared[cheaper].get(scenario)
        if own is None or "uncertain" in {own.size, other.size}:
            continue
        word = _keeps_up(own, other, lead(scores, [scenario], pair.second, cheaper, 1 - CONFIDENCE))
        figures = f"{speedup_words(own)} against {speedup_words(other)}"
        claim = f"{who} {word} {pair.second}"
        yield scenario, Insight(("speedup",), f"{claim}: {figures}.", claim, figures)


def _keeps_up(own: Comparison, other: Comparison, migration: Lead | None) -> str:
    if own.low is None or own.high is None or other.low is None:
        return "is (not tested) beside"
    if migration is None:
        return "is (noisy) beside"
    if migration.excluded:
        return "keeps up with"
    return "falls short of" if migration.shown else "may keep up with"


def _wrong_migrations(run: Run, compared: ComparedScenarios) -> Iterator[tuple[str, Insight]]:
    """Yield the effect of the controls: a new framework alone makes nothing faster."""
    effects = {"slower": "makes it slower", "equivalent": "gains nothing", "faster": "gains something even so"}
    for name, about in run.stacks.items():
        for scenario, each in compared.get(name, {}).items():
            if about.tier == CONTROL and each.verdict in effects:
                claim = f"The wrong migration, {name}, {effects[each.verdict]}"
                figures = speedup_words(each)
                yield scenario, Insight(("speedup", "verdict"), f"{claim}: {figures}.", claim, figures)


def _ceilings(run: Run, pair: Pair) -> Iterator[tuple[str, Insight]]:
    """Yield the ceiling that limits each of the two, and what would raise it."""
    limits = {(each.scenario, each.stack): each for each in run.limits}
    for scenario in run.suite.compared:
        both = [limits.get((scenario.name, name)) for name in (pair.first, pair.second)]
        held = [each for each in both if each is not None and each.binds in RAISED_BY]
        if len(held) == 2 and held[0].binds == held[1].binds:
            yield scenario.name, _held(f"Both are limited by {LIMITED_BY[held[0].binds or '']}", held[0].binds, held)
        else:
            for each in held:
                claim = f"{each.stack} is limited by {LIMITED_BY[each.binds or '']}"
                yield scenario.name, _held(claim, each.binds, [each])


def _held(claim: str, binds: str | None, held: list[Limit]) -> Insight:
    claim = f"{claim}: {RAISED_BY[binds or '']}"
    figures = " and ".join(f"{figure(each.measured_rps)} of {figure(each.predicted_rps)} req/s" for each in held)
    return Insight(("req/s", "binds"), f"{claim} ({figures}).", claim, figures)


_Blocks = Mapping[str, list[tuple[Trial, Trial]]]


def _blocks(run: Run, pair: Pair) -> _Blocks:
    """Return both trials of each block that the two were measured in, by scenario."""
    trials: dict[tuple[str, str], dict[int, Trial]] = {}
    for each in counting_trials(run.results):
        trials.setdefault((each.place.scenario, each.place.stack), {})[each.place.block] = each
    sides = {
        scenario.name: [trials.get((scenario.name, stack), {}) for stack in (pair.first, pair.second)]
        for scenario in run.suite.compared
    }
    return {
        scenario: [(one[block], other[block]) for block in sorted(set(one) & set(other))]
        for scenario, (one, other) in sides.items()
    }


def _less(
    blocks: _Blocks, pair: Pair, row: str, what: str, of_one: Callable[[Trial], float | None]
) -> Iterator[tuple[str, Insight]]:
    """Yield which of the two needs less of something."""
    for scenario, first, second in _apart(blocks, of_one, WORTH_A_WORD):
        name, other = (pair.first, pair.second) if first < second else (pair.second, pair.first)
        low, high = sorted((first, second))
        claim = f"{name} {what} than {other}, in every block"
        unit = "ms" if row == "CPU" else row
        figures = f"{figure(low)} {unit} against {figure(high)} ({100 * (1 - low / high):.0f} % less)"
        yield scenario, Insight((row,), f"{claim}: {figures}.", claim, figures)


def _victims(blocks: _Blocks, pair: Pair) -> Iterator[tuple[str, Insight]]:
    """Yield which of the two slows other requests more."""
    for scenario, first, second in _apart(blocks, _victim_ms, MUCH_LONGER):
        name = pair.first if first > second else pair.second
        low, high = sorted((first, second))
        claim = f"Requests beside the load wait longer on {name}, in every block"
        figures = f"{figure(high)} ms in the median against {figure(low)}"
        yield scenario, Insight(("victim",), f"{claim}: {figures}.", claim, figures)


def _apart(
    blocks: _Blocks, of_one: Callable[[Trial], float | None], worth: float
) -> Iterator[tuple[str, float, float]]:
    """Yield the medians of both where one is less in every block, of at least five, and by so much in the median.

    Five equal signs in a row are chance once in sixteen times.
    """
    for scenario, both in blocks.items():
        values = [(one, other) for mine, theirs in both if (one := of_one(mine)) and (other := of_one(theirs))]
        if len(values) < max(FEWEST_BLOCKS, len(both)):
            continue
        first, second = (statistics.median(each[side] for each in values) for side in (0, 1))
        one_sided = all(one < other for one, other in values) or all(one > other for one, other in values)
        if one_sided and max(first, second) >= worth * min(first, second):
            yield scenario, first, second


def _cpu_ms(trial: Trial) -> float | None:
    return trial.cpu_ms_per_request


def _memory_mib(trial: Trial) -> float | None:
    return trial.cost.memory_peak_mib if trial.cost else None


def _victim_ms(trial: Trial) -> float | None:
    victim = trial.measurement.victim
    return victim.latency.quantile_ns(0.5) / 1e6 if victim and victim.latency.count else None
