"""Before and after: what changed from one run to another.

The blocks of two runs are no pairs: they were measured on another day, perhaps while the host did other things. So a
stack's own rates tell of the host as well as of the stack. But within each run every block holds the baseline, too, and
what slows both cancels out of their ratio. The change of a stack is therefore the change of its *speedup*: the new one
divided by the old, with an interval for independent samples (``stackduel.analysis.statistics.welch``) of the blocks'
log ratios. It does not see what changed the baseline in the same way. The raw change of each stack stands beside it,
and has no verdict: nothing tells the host's part in it from the stack's.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence

from stackduel.analysis.decision import SMALLEST_MARGIN, decide, margin
from stackduel.analysis.history.caveats import of_baseline, of_states, of_twins
from stackduel.analysis.history.changes import Ratio, RunComparison, StackChange
from stackduel.analysis.history.compared_runs import (
    ComparedRun,
    ComparedRuns,
    ScenarioStack,
    twin_change,
    unpaired_logs,
)
from stackduel.analysis.history.environment_changes import differences, unlike
from stackduel.analysis.statistics.intervals import Interval
from stackduel.model.aa_pair import is_twin
from stackduel.model.comparison import CONFIDENCE, Verdict
from stackduel.model.errors import FieldError
from stackduel.model.run import Run
from stackduel.model.trial import Trial

# A change within it may be called none, however little could be told.
WIDEST_EQUIVALENT = 0.05


def between(old: Run, new: Run) -> RunComparison:
    """Compare two runs; raises FieldError where they have nothing that may be compared."""
    _refuse(old, new)
    scenarios, notes = _shared(old, new)
    baseline = old.baseline if old.baseline == new.baseline else None
    if baseline is None:
        notes.append(
            f"The baselines differ ({old.baseline}, {new.baseline}): there are raw changes only, with the host's part."
        )
    runs = (ComparedRun.of(old), ComparedRun.of(new))
    found = tuple(_changes(runs, scenarios, baseline))
    if not found:
        raise FieldError(f"compare: {old.run_id} and {new.run_id} have no stack in common that was measured in both")
    return RunComparison(
        old=old.run_id,
        new=new.run_id,
        baseline=baseline,
        confidence=CONFIDENCE,
        differences=differences(old, new),
        notes=(*notes, *of_states(old, new), *of_baseline(found, baseline), *of_twins(runs, scenarios, baseline)),
        changes=found,
    )


def _refuse(old: Run, new: Run) -> None:
    for run in (old, new):
        if run.suite.search is not None:
            raise FieldError(
                f"compare: {run.run_id} searches ({run.suite.search.mode}): only runs that compare stacks can be "
                "compared"
            )
    launchers = [run.environment.launcher or "unknown" for run in (old, new)]
    if launchers[0] != launchers[1]:
        raise FieldError(
            f"compare: {old.run_id} was launched by {launchers[0]} and {new.run_id} by {launchers[1]}: local and "
            "container runs are never merged"
        )


def _shared(old: Run, new: Run) -> tuple[list[str], list[str]]:
    """The scenarios that both runs measured in the same way, and a note for each that they measured differently."""
    after = {scenario.name: scenario for scenario in new.suite.scenarios}
    both = [(scenario, after[scenario.name]) for scenario in old.suite.scenarios if scenario.name in after]
    notes = [
        f"{one.name} is left out: {', '.join(unlike(one, other))} not the same in both."
        for one, other in both
        if unlike(one, other)
    ]
    shared = [one.name for one, other in both if not unlike(one, other)]
    if not shared:
        why = " ".join(notes) or (
            f"{', '.join(each.name for each in old.suite.scenarios)} in one, {', '.join(after)} in the other"
        )
        raise FieldError(f"compare: {old.run_id} and {new.run_id} have no scenario in common: {why}")
    return shared, notes


def _changes(runs: ComparedRuns, scenarios: Sequence[str], baseline: str | None) -> Iterator[StackChange]:
    old, new = runs
    stacks = [name for name in old.run.stacks if name in new.run.stacks and not is_twin(name)]
    every = ((scenario, stack) for scenario in scenarios for stack in stacks)
    places = [place for place in every if place in old.trials and place in new.trials]
    related = {place for place in places if baseline and place in old.logs and place in new.logs}
    for place in places:
        raw = unpaired_logs([tuple(math.log(trial.score or 1.0) for trial in run.trials[place]) for run in runs])
        ratio = unpaired_logs([run.logs[place].logs for run in runs]) if place in related else None
        noisy = any(trial.state == "noisy" for run in runs for trial in run.trials[place])
        if place in related:
            noisy = any(run.logs[place].noisy for run in runs)
        found = ratio.interval(len(related)) if ratio else None
        allowed = _margin(runs, place, baseline) if baseline and ratio else None
        yield StackChange(
            scenario=place[0],
            stack=place[1],
            metric=new.trials[place][0].metric,
            old=_median(old.trials[place]),
            new=_median(new.trials[place]),
            ratio=_ratio(ratio.point, found) if ratio else None,
            raw=_ratio(raw.point, raw.interval(len(places))),
            verdict=_verdict(found, allowed, runs, place, noisy=noisy),
            margin=allowed,
            noisy=noisy,
            old_blocks=len(old.trials[place]),
            new_blocks=len(new.trials[place]),
        )


def _ratio(point: float, found: Interval | None) -> Ratio:
    return Ratio(found.ratio, found.low, found.high) if found else Ratio(point)


def _verdict(
    found: Interval | None, allowed: float | None, runs: ComparedRuns, place: ScenarioStack, *, noisy: bool
) -> Verdict:
    """The word on a change. A wide interval of the twins makes it harder to say that something changed.

    It makes nothing equivalent, though: where twins cannot be told apart, neither can a loss of ten per cent.
    """
    word = decide(found, allowed, noisy=noisy)
    if word != "equivalent" or allowed is None:
        return word
    narrow = min(allowed, max(WIDEST_EQUIVALENT, _resolution(runs, place)))
    return word if decide(found, narrow, noisy=noisy) == "equivalent" else "inconclusive"


def _margin(runs: ComparedRuns, place: ScenarioStack, baseline: str) -> float | None:
    """Within it is no difference: what the twin's own change, and the windows of both runs, cannot tell apart."""
    return margin(twin_change(runs, place[0], baseline), max(SMALLEST_MARGIN, _resolution(runs, place)))


def _resolution(runs: ComparedRuns, place: ScenarioStack) -> float:
    """What the windows of the two runs together may be wrong by."""
    return math.prod(1 + run.resolution(place) for run in runs) - 1


def _median(trials: Sequence[Trial]) -> float:
    if trials[0].metric == "rate":
        return statistics.median(trial.rate_rps for trial in trials)
    return statistics.median(trial.time_ms for trial in trials if trial.time_ms is not None)
