"""Progress while a run measures: redrawn lines in a terminal, plain lines now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from stackduel.model.counted import counted
from stackduel.model.duration import duration
from stackduel.model.isolated import IsolatedFailure, IsolatedResult
from stackduel.model.plan_step import IsolatedStep, PlanStep
from stackduel.model.suite import Scenario
from stackduel.model.trial import Failure, Place, Result, Trial
from stackduel.planning.estimates import SOLO_S, Pace, scenario_seconds
from stackduel.report.sections.figures import figure
from stackduel.report.terminal.live_view import ScenarioProgress, TrialMark, view
from stackduel.report.terminal.page import is_animated, message

# More would take time from what is measured, as the runner shares its core with it.
REDRAWN_A_SECOND = 2
# A plain line comes at least so often while there is progress, during one long trial too.
PRINTED_EVERY_S = 10.0


class Clock:
    """The part of the planned time that has passed, corrected by the pace so far."""

    def __init__(self, planned_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self.planned_s = planned_s
        self.behind_s = 0.0
        self._now = now
        self._began = self._passed = now()
        self._current_s = 0.0

    @property
    def share(self) -> float:
        """Return the part of the planned time that has passed."""
        return self.behind_s / self.planned_s if self.planned_s else 0.0

    def begin(self, planned_s: float) -> None:
        """Begin a step that is planned to take so long."""
        self._current_s, self._passed = planned_s, self._now()

    def pass_by(self, planned_s: float) -> None:
        """Count a step that was planned to take so long as done."""
        self.behind_s = min(self.planned_s, self.behind_s + planned_s)
        self.begin(0.0)

    def left_s(self) -> float:
        """Return about how long the rest will take."""
        spent = self._passed - self._began
        pace = spent / self.behind_s if self.behind_s > 5 else 1.0
        # What goes on longer than it was planned to says nothing of what is still to come.
        under_way = min(self._now() - self._passed, self._current_s * pace)
        return max(0.0, (self.planned_s - self.behind_s) * pace - under_way)


class Narrator:
    """Prints the events of a run; a context manager, after which the terminal is as it was."""

    def __init__(
        self,
        console: Console,
        planned_s: float,
        paces: Mapping[str, Pace],
        *,
        quiet: bool = False,
        trials: int = 0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._quiet = quiet
        self._clock = Clock(planned_s, now)
        self._now = now
        self._paces = paces
        self._state = TrialMark(planned=trials)
        self._scenario: Scenario | None = None
        self._launched = ""
        self._ended: dict[str, ScenarioProgress] = {}
        self._place: Place | None = None
        self._printed_s = now()
        self._live = self._redrawn_lines() if is_animated(console) and not quiet else None

    def _redrawn_lines(self) -> Live:
        return Live(
            get_renderable=self._lines,
            console=self._console,
            refresh_per_second=REDRAWN_A_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def plan_more(self, planned_s: float) -> None:
        """Plan more time than before; the number of all trials is unknown from now on."""
        self._clock.planned_s += planned_s
        self._state.planned = 0

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._print_ended()
        if self._live:
            self._live.stop()

    def print_line(self, text: str) -> None:
        """Print a line that stays, unless the narrator is quiet."""
        if not self._quiet:
            message(self._console, text)
            self._printed_s = self._now()

    def launching(self, step: PlanStep) -> None:
        """Show that a stack is being started."""
        self._print_ended()
        self._launched = step.stack
        self._clock.begin(self._paces[step.stack].launch_s)
        self._state.do(f"block {step.block}: starting {step.stack}")

    def measuring(self, place: Place, scenario: Scenario) -> None:
        """Show that a trial begins."""
        self._scenario, self._place = scenario, place
        if self._launched:
            self._clock.pass_by(self._paces[self._launched].launch_s)
            self._launched = ""
        if place.attempt == 1:
            self._clock.begin(scenario_seconds(scenario, self._paces[place.stack]))
        attempt = f", attempt {place.attempt}" if place.attempt > 1 else ""
        self._state.do(f"block {place.block}: {place.stack}, {place.scenario}{attempt}")

    def isolating(self, solo: IsolatedStep) -> None:
        """Show that a model is being measured alone."""
        self._print_ended()
        self._clock.begin(SOLO_S)
        self._state.do(f"block {solo.block}: {solo.model} alone, in process")

    def isolated(self, alone: IsolatedResult) -> None:
        """Print the figure of a model measured alone, or why it has none."""
        self._clock.pass_by(SOLO_S)
        where = f"block {alone.block}, {alone.model} alone"
        if isinstance(alone, IsolatedFailure):
            self.print_line(f"{where}: not measured: {alone.reason}")
        elif not self._live:
            self.print_line(
                f"{where}: {figure(alone.rate_rps)} a second by {counted(alone.pool, 'thread')} in one process"
            )

    def progress(self, requests: int, elapsed_s: float, recent_ms: float | None) -> None:
        """Show the requests answered since the window opened, and the median latency of the latest."""
        self._state.answered(requests, elapsed_s, recent_ms)
        if not self._live and self._now() - self._printed_s >= PRINTED_EVERY_S:
            self._print_ended()
            self.print_line(f"{self._state.doing}: {self._state.now} ({self._left()})")

    def finished(self, result: Result) -> None:
        """Print the figure of a trial that ended, or why it has none."""
        place = result.place
        self._place = place
        self._state.finished(result)
        # A plan knows of no second attempt, and what is kept as noisy was counted before.
        first = place.attempt == 1 and not (isinstance(result, Trial) and result.state == "noisy")
        if first and self._scenario is not None and self._scenario.name == place.scenario:
            self._clock.pass_by(scenario_seconds(self._scenario, self._paces[place.stack]))
        if isinstance(result, Failure):
            self._print_ended()
            self.print_line(f"block {place.block}, {place.stack}, {place.scenario}: not measured: {result.reason}")
            return
        self._ended.setdefault(place.scenario, ScenarioProgress(place.scenario)).add(result)
        if self._now() - self._printed_s >= PRINTED_EVERY_S:
            self._print_ended()

    def _print_ended(self) -> None:
        """Print a plain line of the trials that ended since the last line, all on one stack."""
        texts, self._ended = [each.text for each in self._ended.values()], {}
        if texts and self._place and not self._live:
            self.print_line(f"block {self._place.block}, {self._place.stack}: {'; '.join(texts)} ({self._left()})")

    def _left(self) -> str:
        return f"about {duration(self._clock.left_s())} left"

    def _lines(self) -> Group:
        lines = view(self._state, self._clock.share, self._clock.left_s())
        # A line that went on below would make the next drawing leave a part of this one behind.
        return Group(*(Text(line, no_wrap=True, overflow="ellipsis") for line in lines))
