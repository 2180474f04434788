"""Progress while a run measures: redrawn lines in a terminal, plain lines now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
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
from stackduel.planning.estimates import SOLO_S, Pace, scenario_seconds, step_seconds, total_seconds
from stackduel.report.sections.figures import figure
from stackduel.report.terminal.live_view import ScenarioProgress, TrialMark, view
from stackduel.report.terminal.page import is_animated, message
from stackduel.report.terminal.remaining_time import RemainingSearchTime, RemainingTime

# More would take time from what is measured, as the runner shares its core with it.
REDRAWN_A_SECOND = 2
# A plain line comes at least so often while there is progress, during one long trial too.
PRINTED_EVERY_S = 10.0


class Narrator:
    """Prints the events of a run; a context manager, after which the terminal is as it was.

    ``planned`` are the seconds that are planned, by stack; ``pilot_blocks`` is the number of blocks that they are for,
    if more may follow. ``chooses_loads`` says that they are for searches whose number of loads nobody knows.
    """

    def __init__(
        self,
        console: Console,
        planned: Mapping[str, float],
        paces: Mapping[str, Pace],
        *,
        quiet: bool = False,
        trials: int = 0,
        pilot_blocks: int = 0,
        chooses_loads: bool = False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._quiet = quiet
        self._clock = RemainingSearchTime(planned, now) if chooses_loads else RemainingTime(planned, now)
        self._pilot_blocks = pilot_blocks
        self._step: tuple[int, str] | None = None
        self._now = now
        self._paces = paces
        self._state = TrialMark(planned=trials)
        self._scenario: Scenario | None = None
        self._launched = ""
        self._ended: dict[str, ScenarioProgress] = {}
        self._told: set[str] = set()
        self._place: Place | None = None
        self._told_wrong: set[tuple[str, str]] = set()
        self._told_failures: set[tuple[str, str, str]] = set()
        self._is_checking = False
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

    def plan_more(self, planned: Mapping[str, float]) -> None:
        """Plan more seconds than before, by stack; the number of all trials is unknown from now on."""
        self._clock.plan_more(planned)
        self._pilot_blocks = self._state.planned = 0

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

    def checking(self, stack: str) -> None:
        """Show that a stack is started once, before anything is measured."""
        if not self._is_checking:
            self.print_line("Every stack is started once and asked everything, before anything is measured.")
        self._is_checking = True
        self._state.do(f"checking {stack}")

    def leave_out(self, stacks: Sequence[str]) -> None:
        """Expect no steps of these stacks any longer."""
        for stack in stacks:
            self._clock.leave_out(stack)
        self._state.planned = 0

    def launching(self, step: PlanStep) -> None:
        """Show that a stack is being started."""
        self._print_ended()
        if self._step != (step.block, step.stack):
            self._step = step.block, step.stack
            self._launched = step.stack
            self._clock.begin_step(step.stack, step_seconds(step, self._paces))
        self._clock.begin_part(self._paces[step.stack].launch_s)
        self._state.do(f"block {step.block}: starting {step.stack}")

    def launching_together(self, steps: Sequence[PlanStep]) -> None:
        """Show that the stacks of a block are being started, which run at once."""
        self._print_ended()
        self._step, self._launched = None, ""
        self._clock.begin_step("", total_seconds(steps, self._paces))
        self._clock.begin_part(sum(self._paces[step.stack].launch_s for step in steps))
        self._state.do(f"block {steps[0].block}: starting {', '.join(step.stack for step in steps)}")

    def measuring(self, place: Place, scenario: Scenario) -> None:
        """Show that a trial begins."""
        self._scenario = scenario
        if self._launched:
            self._clock.pass_by(self._paces[self._launched].launch_s)
            self._launched = ""
        self._clock.begin_part(scenario_seconds(scenario, self._paces[place.stack]), repeats=place.attempt > 1)
        attempt = f", attempt {place.attempt}" if place.attempt > 1 else ""
        self._state.do(f"block {place.block}: {place.stack}, {place.scenario}{attempt}")

    def isolating(self, solo: IsolatedStep) -> None:
        """Show that a model is being measured alone."""
        self._print_ended()
        self._step = None
        self._clock.begin_step(solo.model, SOLO_S)
        self._clock.begin_part(SOLO_S)
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
        if self._place is None or (place.block, place.stack) != (self._place.block, self._place.stack):
            # A stack can fail without being started: what is told next is still of the one before it.
            self._print_ended()
        self._place = place
        self._state.finished(result)
        # A plan knows of no second attempt, and what is kept as noisy was counted before.
        first = place.attempt == 1 and not (isinstance(result, Trial) and result.state == "noisy")
        if first and self._scenario is not None and self._scenario.name == place.scenario:
            self._clock.pass_by(scenario_seconds(self._scenario, self._paces[place.stack]))
        if isinstance(result, Failure):
            self._show_failure(result)
            return
        self._show_wrong_answer(result)
        self._ended.setdefault(place.scenario, ScenarioProgress(place.scenario)).add(result)
        if self._now() - self._printed_s >= PRINTED_EVERY_S:
            self._print_ended()

    def _show_failure(self, failure: Failure) -> None:
        """Print why there is no figure; of a stack that is not tried again in later blocks, in full only once."""
        self._print_ended()
        place, what = failure.place, "void" if failure.state == "void" else "not measured"
        told = place.stack, place.scenario, failure.reason
        reason = "as before" if told in self._told_failures else failure.reason
        self._told_failures.add(told)
        self.print_line(f"block {place.block}, {place.stack}, {place.scenario}: {what}: {reason}")

    def _show_wrong_answer(self, trial: Trial) -> None:
        """Print the first wrong answer of a stack in a scenario: what is wrong may be worth stopping the run for."""
        where = trial.place.stack, trial.place.scenario
        if trial.sample is not None and where not in self._told_wrong:
            self._told_wrong.add(where)
            self._print_ended()
            load, place = trial.measurement, trial.place
            failed = f"{load.failed:,} of {counted(load.requests, 'request')} failed; one answer: {trial.sample}"
            self.print_line(f"block {place.block}, {place.stack}, {place.scenario}: {failed}")

    def _print_ended(self) -> None:
        """Print a plain line of the trials that ended since the last line, all on one stack."""
        texts, self._ended = [each.text(self._told) for each in self._ended.values()], {}
        if texts and self._place and not self._live:
            self.print_line(f"block {self._place.block}, {self._place.stack}: {'; '.join(texts)} ({self._left()})")

    def _left(self) -> str:
        pilot = f" of the first {self._pilot_blocks} blocks" if self._pilot_blocks else ""
        return f"about {duration(self._clock.left_s())} left{pilot}"

    def _lines(self) -> Group:
        lines = view(self._state, self._clock.share, self._left())
        # A line that went on below would make the next drawing leave a part of this one behind.
        return Group(*(Text(line, no_wrap=True, overflow="ellipsis") for line in lines))
