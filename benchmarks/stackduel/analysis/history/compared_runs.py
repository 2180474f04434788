"""The two runs of a comparison: the blocks that count in each, and the ratio of the two runs."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stackduel.analysis.pairs import Logs, log_ratios_by_pair
from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS, Interval
from stackduel.analysis.statistics.welch import unpaired
from stackduel.model.aa_pair import twin_of
from stackduel.model.run import Run
from stackduel.model.trial import Trial, counting_trials, trials_by_place

# A scenario and a stack.
ScenarioStack = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """One of the two runs: the trials that count and the log ratios, by (scenario, stack)."""

    run: Run
    trials: Mapping[ScenarioStack, Sequence[Trial]]
    logs: Mapping[ScenarioStack, Logs]

    @staticmethod
    def of(run: Run) -> ComparedRun:
        """Return the trials and log ratios of a run that count."""
        trials = trials_by_place(each for each in counting_trials(run.results) if each.score is not None)
        quiet = {place: _quiet(own_trials) for place, own_trials in trials.items()}
        return ComparedRun(run, quiet, log_ratios_by_pair(run.results, run.baseline))

    def resolution(self, place: ScenarioStack) -> float:
        """Return the smallest relative difference that the windows of this run can resolve; 0 if unknown."""
        resolutions = (each.resolution for each in self.run.comparisons if (each.scenario, each.candidate) == place)
        return next(resolutions, 0.0)


ComparedRuns = tuple[ComparedRun, ComparedRun]


@dataclass(frozen=True, slots=True)
class UnpairedLogs:
    """The logarithms of the blocks of both runs."""

    old: Sequence[float]
    new: Sequence[float]

    @property
    def point(self) -> float:
        """New over old, as a ratio."""
        return math.exp(statistics.fmean(self.new) - statistics.fmean(self.old))

    def interval(self, comparisons: int = 1) -> Interval | None:
        """Return the interval of the ratio as one of ``comparisons``; None with too few blocks."""
        return unpaired(self.new, self.old, comparisons)


def unpaired_logs(logs: Sequence[Sequence[float]]) -> UnpairedLogs:
    """Return the logarithms of the old run's blocks and of the new run's."""
    return UnpairedLogs(logs[0], logs[1])


def twin_change(runs: ComparedRuns, scenario: str, baseline: str) -> Interval | None:
    """Return the change of the twin's ratio to the baseline; None if a run has no twin."""
    place = (scenario, twin_of(baseline))
    if not all(place in run.logs for run in runs):
        return None
    return unpaired_logs([run.logs[place].logs for run in runs]).interval()


def _quiet(trials: Sequence[Trial]) -> Sequence[Trial]:
    """Return the trials without noise if they suffice for an interval, else all."""
    quiet = [trial for trial in trials if trial.state == "ok"]
    return quiet if len(quiet) >= FEWEST_BLOCKS else trials
