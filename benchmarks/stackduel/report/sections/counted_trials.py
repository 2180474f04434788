"""The trials of a run: those that count, by scenario and stack, and all attempts."""

from __future__ import annotations

from stackduel.model.run import Run
from stackduel.model.suite import Scenario
from stackduel.model.trial import Trial

ByStack = dict[str, list[Trial]]


def counting(run: Run, scenario: Scenario) -> ByStack:
    """Return the trials of a scenario that count, by stack in the order of the suite, in the order of their blocks."""
    by_stack: ByStack = {name: run.trials(scenario.name, name) for name in run.stacks}
    ordered = {name: sorted(trials, key=lambda trial: trial.place.block) for name, trials in by_stack.items()}
    return {name: trials for name, trials in ordered.items() if trials}


def all_trials(run: Run) -> list[Trial]:
    """Return every attempt at a trial that was measured, also those that do not count."""
    return [result for result in run.results if isinstance(result, Trial)]
