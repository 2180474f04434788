"""Scenarios that end at once because every request of a trial failed: on that stack, or on all if it is the baseline.

Measuring on would take minutes and compare nothing. Overload is no such case: a search makes trials of its own.
"""

from __future__ import annotations

from stackduel.analysis.all_failed import all_failed_text
from stackduel.model.suite import Load
from stackduel.model.trial import Failure, Result, Trial


class EndedScenarios:
    """Remembers where every request failed, and why."""

    def __init__(self, baseline: str) -> None:
        self._baseline = baseline
        self._reasons: dict[tuple[str, str], str] = {}

    def judged(self, stack: str, load: Load, result: Result) -> Result:
        """Return the result of a trial on a stack, or a failure if not one request of the load was answered rightly."""
        if not isinstance(result, Trial) or result.measurement.succeeded or not result.measurement.requests:
            return result
        reason = all_failed_text(result, load)
        self._reasons[stack, result.place.scenario] = reason
        return Failure(result.place, reason)

    def why(self, stack: str, scenario: str) -> str | None:
        """Return why a scenario is not measured on a stack any more; None if it is."""
        if reason := self._reasons.get((stack, scenario)):
            return reason  # the same words, so that reports say them once
        if reason := self._reasons.get((self._baseline, scenario)):
            return f"nothing to compare with, as the baseline {self._baseline} failed: {reason}"
        return None
