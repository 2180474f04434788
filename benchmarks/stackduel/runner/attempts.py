"""The attempts at one trial: how often it is repeated, and which void attempt is kept."""

from __future__ import annotations

from dataclasses import replace

from stackduel.analysis.trial_gates import quietest_attempt
from stackduel.launch.launcher import Started
from stackduel.model.suite import Scenario
from stackduel.model.trial import Place, Result, Trial

MOST_ATTEMPTS = 3


class Attempts:
    """Measures a scenario until one trial counts or fails, three times at most."""

    def __init__(self, place: Place, scenario: Scenario) -> None:
        self.scenario = scenario
        self._place = place
        self._void: list[Trial] = []
        self._lost = 0
        self._over = False

    @property
    def next(self) -> Place | None:
        """The place of the next attempt; None if no more are made."""
        return None if self._over else replace(self._place, attempt=self._made + 1)

    @property
    def repeats(self) -> bool:
        """Whether the next attempt is a repetition."""
        return self._made > 0

    @property
    def _made(self) -> int:
        return len(self._void) + self._lost

    def take(self, result: Result) -> None:
        """Take the result of the attempt."""
        if isinstance(result, Trial) and not result.counts:
            self._void.append(result)
            self._over = self._made == MOST_ATTEMPTS
        elif result.state == "void":
            self._lost += 1
            self._over = self._made == MOST_ATTEMPTS
        else:
            self._void.clear()
            self._over = True

    def noisy(self) -> Trial | None:
        """Return the quietest attempt, marked as noisy, if only the host's noise made all of them void."""
        return quietest_attempt(self._void) if self._void else None


def fit_for_more(started: Started, result: Result) -> bool:
    """Return whether a stack can be loaded again: it runs and has finished the last load."""
    return started.failure() is None and isinstance(result, Trial) and result.measurement.drained
