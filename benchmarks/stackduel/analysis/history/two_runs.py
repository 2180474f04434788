"""Before and after: the changes from one run to another.

The blocks of two runs form no pairs: another day, perhaps a busier host. So the rates of a stack contain changes of the
host as well as of the stack. But every block of a run also measures the baseline, and their ratio cancels what slows
both. Therefore the change of a stack is the change of its *speedup*: the new speedup divided by the old, with an
interval for independent samples (``stackduel.analysis.statistics.welch``) of the blocks' log ratios. It cannot show a
change that affected stack and baseline alike. The raw change of each stack is listed, too. It has no verdict, because
the host's part in it is unknown.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence

from stackduel.analysis.decision import SMALLEST_MARGIN, decide, margin
from stackduel.analysis.history.caveats import of_baseline, of_sizes, of_states, of_twins
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

# A change within this margin may be equivalent, however coarse the measurement.
WIDEST_EQUIVALENT = 0.05


def between(old: Run, new: Run) -> RunComparison:
    """Compare two runs; raise FieldError if they have nothing to compare."""
    _refuse(old, new)
    scenarios, notes = _shared(old, new)
    baseline = old.baseline if old.baseline == new.baseline else None
    if baseline is None:
        notes.append(
            f"The baselines differ ({old.baseline}, {new.baseline}): there are only raw changes, the host's included."
        )
    runs = (ComparedRun.of(old), ComparedRun.of(new))
    changes = tuple(_changes(runs, scenarios, baseline))
    if not changes:
        raise FieldError(f"compare: {old.run_id} and {new.run_id} have no stack in common that was measured in both")
    return RunComparison(
        old=old.run_id,
        new=new.run_id,
        baseline=baseline,
        confidence=CONFIDENCE,
        differences=differences(old, new),
        notes=(
            *notes,
            *of_states(old, new),
            *of_baseline(changes, baseline),
            *of_twins(runs, scenarios, baseline),
            *of_sizes(runs, scenarios),
        ),
        changes=changes,
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
    """Return the scenarios that both runs measured in the same way, and a note for each other shared scenario."""
    after = {scenario.name: scenario for scenario in new.suite.scenarios}
    both = [(scenario, after[scenario.name]) for scenario in old.suite.scenarios if scenario.name in after]
    notes = [
        f"{one.name} is left out: the runs differ in {', '.join(unlike(one, other))}."
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
        interval = ratio.interval(len(related)) if ratio else None
        allowed = _margin(runs, place, baseline) if baseline and ratio else None
        yield StackChange(
            scenario=place[0],
            stack=place[1],
            metric=new.trials[place][0].metric,
            old=_median(old.trials[place]),
            new=_median(new.trials[place]),
            ratio=_ratio(ratio.point, interval) if ratio else None,
            raw=_ratio(raw.point, raw.interval(len(places))),
            verdict=_verdict(interval, allowed, runs, place, noisy=noisy),
            margin=allowed,
            noisy=noisy,
            old_blocks=len(old.trials[place]),
            new_blocks=len(new.trials[place]),
        )


def _ratio(point: float, interval: Interval | None) -> Ratio:
    return Ratio(interval.ratio, interval.low, interval.high) if interval else Ratio(point)


def _verdict(
    interval: Interval | None, allowed: float | None, runs: ComparedRuns, place: ScenarioStack, *, noisy: bool
) -> Verdict:
    """Return the verdict on a change.

    A wide interval of the twins makes it harder to call something changed. But it makes nothing equivalent: a run that
    cannot tell twins apart cannot exclude a loss of ten per cent either.
    """
    verdict = decide(interval, allowed, noisy=noisy)
    if verdict != "equivalent" or allowed is None:
        return verdict
    narrow = min(allowed, max(WIDEST_EQUIVALENT, _resolution(runs, place)))
    return verdict if decide(interval, narrow, noisy=noisy) == "equivalent" else "inconclusive"


def _margin(runs: ComparedRuns, place: ScenarioStack, baseline: str) -> float | None:
    """Return the margin of no difference, from the twin's own change and the resolution of both runs' windows."""
    return margin(twin_change(runs, place[0], baseline), max(SMALLEST_MARGIN, _resolution(runs, place)))


def _resolution(runs: ComparedRuns, place: ScenarioStack) -> float:
    """Return the possible relative error of the windows of both runs together."""
    return math.prod(1 + run.resolution(place) for run in runs) - 1


def _median(trials: Sequence[Trial]) -> float:
    return statistics.median(trial.figure for trial in trials if trial.figure is not None)
