"""The attempts at one trial: how often it is repeated, and what is kept of void ones."""

from __future__ import annotations

from dataclasses import replace

from stackduel.analysis.judgement import kept_as_noisy
from stackduel.launch.launcher import Started
from stackduel.model.suite import Scenario
from stackduel.model.trial import Place, Result, Trial

MOST_ATTEMPTS = 3


class Attempts:
    """A scenario that is measured at a place until one trial counts or fails, three times at most."""

    def __init__(self, place: Place, scenario: Scenario) -> None:
        self.scenario = scenario
        self._place = place
        self._void: list[Trial] = []
        self._over = False

    @property
    def next(self) -> Place | None:
        """Where the next attempt stands; None when there is none to be made."""
        return None if self._over else replace(self._place, attempt=len(self._void) + 1)

    @property
    def repeats(self) -> bool:
        """Whether the next attempt is a repetition."""
        return bool(self._void)

    def take(self, result: Result) -> None:
        """What came of the attempt."""
        if isinstance(result, Trial) and not result.counts:
            self._void.append(result)
            self._over = len(self._void) == MOST_ATTEMPTS
        else:
            self._void.clear()
            self._over = True

    def noisy(self) -> Trial | None:
        """Where all were void by nothing but the host's noise, the quietest of them, to be kept as noisy."""
        return kept_as_noisy(self._void) if self._void else None


def fit_for_more(started: Started, result: Result) -> bool:
    """Whether a stack can be loaded again after a trial: it runs, and is not busy with the last load any more."""
    return started.failure() is None and isinstance(result, Trial) and result.measurement.drained
