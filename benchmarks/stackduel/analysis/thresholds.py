"""Whether a run kept its thresholds, the service levels that fail it."""

from __future__ import annotations

from dataclasses import dataclass

from stackduel.analysis.candidates import CONTROL
from stackduel.analysis.service_levels import ELSEWHERE, result_text
from stackduel.model.aa_pair import is_twin
from stackduel.model.run import Run
from stackduel.model.service_level import ServiceLevelResult

BROKEN = 1
UNKNOWN = 2


@dataclass(frozen=True, slots=True)
class ThresholdVerdict:
    """The thresholds that a stack broke, those that too little was measured for, and those that nobody can measure.

    Controls and twins are not judged: a control is there to do badly.
    """

    broken: tuple[ServiceLevelResult, ...] = ()
    unknown: tuple[ServiceLevelResult, ...] = ()
    elsewhere: tuple[ServiceLevelResult, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return a line for each of them."""
        words = {"broken": self.broken, "cannot be judged": self.unknown, "was not judged": self.elsewhere}
        return tuple(
            f"threshold {word}: {each.scenario} on {each.stack}: {result_text(each)}"
            for word, results in words.items()
            for each in results
        )

    def status_with(self, status: int) -> int:
        """Return the exit status: 1 if a threshold is broken, else the run's own, else 2 if one cannot be judged."""
        if self.broken:
            return BROKEN
        return status or (UNKNOWN if self.unknown else 0)


def judge_thresholds(run: Run) -> ThresholdVerdict:
    """Return which thresholds of its suite a run did not keep."""
    bounds = {
        (scenario.name, level.name, level.bound)
        for scenario in run.suite.scenarios
        for level in scenario.sla
        if level.threshold
    }
    judged = [
        each
        for each in run.slas
        if (each.scenario, each.name, each.bound) in bounds
        and not is_twin(each.stack)
        and run.stacks[each.stack].tier != CONTROL
    ]
    missing = [each for each in judged if each.ok is None]
    return ThresholdVerdict(
        broken=tuple(each for each in judged if each.ok is False),
        unknown=tuple(each for each in missing if each.reason != ELSEWHERE),
        elsewhere=tuple(each for each in missing if each.reason == ELSEWHERE),
    )
