"""What the user sees while a run measures: a live line in a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from benchmarks.duration import duration
from benchmarks.inference.isolated import Alone, NotIsolated
from benchmarks.plan import SOLO_S, AnyStep, Pace, Solo, Step, scenario_seconds, step_seconds
from benchmarks.report.table import counted, figure
from benchmarks.search.modes import search_seconds
from benchmarks.suite import Scenario, Suite
from benchmarks.trial import Failure, Place, Result


class Clock:
    """How much of the planned time is behind us, corrected by how fast the past went."""

    def __init__(self, planned_s: float) -> None:
        self.planned_s = planned_s
        self.behind_s = 0.0
        self._began = time.monotonic()

    def pass_by(self, planned_s: float) -> None:
        """Something that was planned to take so long is done."""
        self.behind_s = min(self.planned_s, self.behind_s + planned_s)

    def left_s(self) -> float:
        """About how long the rest will take."""
        spent = time.monotonic() - self._began
        pace = spent / self.behind_s if self.behind_s > 5 else 1.0
        return (self.planned_s - self.behind_s) * pace


class Narrator:
    """Shows the current stack, scenario and the time left; a context manager (see ``run.Show``)."""

    def __init__(self, console: Console, planned_s: float, paces: Mapping[str, Pace], *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._clock = Clock(planned_s)
        self._paces = paces
        self._scenario: Scenario | None = None
        self._said = ""
        self._launched = ""
        self._live = console.is_terminal and not quiet
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}", markup=False),
            console=console,
            transient=True,
            disable=not self._live,
        )
        self._task = self._progress.add_task("starting", total=planned_s, left="")

    def plan_more(self, planned_s: float) -> None:
        """There is more to do than was planned before."""
        self._clock.planned_s += planned_s
        self._progress.update(self._task, total=self._clock.planned_s)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._progress.stop()

    def say(self, text: str) -> None:
        """A line that stays, unless nothing is to be said."""
        if self._quiet:
            return
        self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def launching(self, step: Step) -> None:
        """A stack is being started."""
        self._launched = step.stack
        self._update(f"block {step.block}: starting {step.stack}")

    def measuring(self, place: Place, scenario: Scenario) -> None:
        """A trial begins."""
        self._scenario = scenario
        if self._launched:
            self._clock.pass_by(self._paces[self._launched].launch_s)
            self._launched = ""
        self._update(f"block {place.block}: {place.stack} {place.scenario}")

    def isolating(self, solo: Solo) -> None:
        """A model is being measured alone."""
        self._update(f"block {solo.block}: {solo.model} alone, in process")

    def isolated(self, alone: Alone) -> None:
        """A model was measured alone: tell its figure, or why it has none."""
        self._clock.pass_by(SOLO_S)
        where = f"block {alone.block} {alone.model} alone"
        if isinstance(alone, NotIsolated):
            self.say(f"{where}: not measured: {alone.reason}")
        elif not self._live:
            self.say(f"{where}: {figure(alone.rate_rps)} a second by {counted(alone.pool, 'thread')} in one process")

    def progress(self, requests: int, elapsed_s: float) -> None:
        """So many requests were answered since the window opened."""
        if self._live:
            self._update(f"{self._said} {requests} requests in {elapsed_s:.0f} s", keep=False)

    def finished(self, result: Result) -> None:
        """A trial ended: tell its figure, or why it has none."""
        place = result.place
        if self._scenario is not None and self._scenario.name == place.scenario:
            self._clock.pass_by(scenario_seconds(self._scenario, self._paces[place.stack]))
        where = f"block {place.block} {place.stack} {place.scenario}"
        if isinstance(result, Failure):
            self.say(f"{where}: not measured: {result.reason}")
            return
        if result.state != "ok":
            self.say(f"{where}, attempt {place.attempt}: {result.state}: {result.reason}")
            return
        if self._live:
            return
        value = f"{figure(result.rate_rps)} req/s"
        if result.metric == "time":
            value = f"{figure(result.time_ms)} ms a request"
        failed = result.measurement.failed
        failures = f", {failed} failed" if failed else ""
        self.say(f"{where}: {value}{failures} (about {duration(self._clock.left_s())} left)")

    def _update(self, text: str, *, keep: bool = True) -> None:
        if keep:
            self._said = text
        left = f"about {duration(self._clock.left_s())} left"
        self._progress.update(self._task, description=text, completed=self._clock.behind_s, left=left)


def planned_steps(steps: tuple[AnyStep, ...], paces: Mapping[str, Pace]) -> list[str]:
    """The plan as lines, for ``--dry-run``."""
    return [f"block {step.block}: {_planned(step)} ({duration(step_seconds(step, paces))})" for step in steps]


def _planned(step: AnyStep) -> str:
    if isinstance(step, Solo):
        return f"{step.model} alone, in process"
    return f"{step.stack}: {', '.join(scenario.name for scenario in step.scenarios)}"


def planned_searches(suite: Suite, paces: Mapping[str, Pace]) -> list[str]:
    """What a suite that searches will look for, and about how long, for ``--dry-run``; nothing for other suites."""
    settings = suite.search
    if settings is None:
        return []
    return [
        f"{stack}: {scenario.name}: {settings.goal} (about {duration(search_seconds(settings, scenario, pace))})"
        for stack, pace in paces.items()
        for scenario in suite.scenarios
    ]
