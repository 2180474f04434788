"""The two runs of a comparison: the blocks of each that count, and the ratio of both."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stackduel.analysis.comparisons import Logs, log_ratios_by_pair
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
        """What counts of a run."""
        trials = trials_by_place(each for each in counting_trials(run.results) if each.score is not None)
        quiet = {place: _quiet(found) for place, found in trials.items()}
        return ComparedRun(run, quiet, log_ratios_by_pair(run.results, run.baseline))

    def resolution(self, place: ScenarioStack) -> float:
        """What the windows of this run could tell apart."""
        found = (each.resolution for each in self.run.comparisons if (each.scenario, each.candidate) == place)
        return next(found, 0.0)


ComparedRuns = tuple[ComparedRun, ComparedRun]


@dataclass(frozen=True, slots=True)
class UnpairedLogs:
    """The logarithms of both runs' blocks."""

    old: Sequence[float]
    new: Sequence[float]

    @property
    def point(self) -> float:
        """New over old."""
        return math.exp(statistics.fmean(self.new) - statistics.fmean(self.old))

    def interval(self, comparisons: int = 1) -> Interval | None:
        """Between which bounds it lies, as one of so many comparisons; None where too few blocks tell."""
        return unpaired(self.new, self.old, comparisons)


def unpaired_logs(logs: Sequence[Sequence[float]]) -> UnpairedLogs:
    """The logarithms of the old run's blocks and of the new one's."""
    return UnpairedLogs(logs[0], logs[1])


def twin_change(runs: ComparedRuns, scenario: str, baseline: str) -> Interval | None:
    """What became of the baseline's twin beside the baseline; None where a run has none."""
    place = (scenario, twin_of(baseline))
    if not all(place in run.logs for run in runs):
        return None
    return unpaired_logs([run.logs[place].logs for run in runs]).interval()


def _quiet(trials: Sequence[Trial]) -> Sequence[Trial]:
    """The trials without noise, where these are enough for an interval; else all."""
    quiet = [trial for trial in trials if trial.state == "ok"]
    return quiet if len(quiet) >= FEWEST_BLOCKS else trials
