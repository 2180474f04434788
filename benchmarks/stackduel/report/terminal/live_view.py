"""The lines that a terminal shows of a run while it measures."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from stackduel.analysis.stream_metrics import events_per_s
from stackduel.model.counted import counted
from stackduel.model.histogram import summarise
from stackduel.model.trial import Failure, Result, Trial
from stackduel.report.sections.figures import figure

BAR_WIDTH = 20
NUMBER = re.compile(r"[0-9][0-9.,]*")


@dataclass(slots=True)
class LiveRate:
    """Answers a second between one count of them and the next."""

    _last: tuple[int, float] = (0, 0.0)

    def rate_rps(self, requests: int, elapsed_s: float) -> float | None:
        """Return the rate since the last count; None if no time has passed."""
        before, before_s = self._last
        if elapsed_s <= before_s:
            return None
        self._last = requests, elapsed_s
        return (requests - before) / (elapsed_s - before_s)


@dataclass(slots=True)
class TrialMark:
    """The state of a run while it measures; ``planned`` trials are 0 if their number is unknown."""

    planned: int = 0
    doing: str = "starting"
    now: str = ""
    measured: int = 0
    void: int = 0
    failed: int = 0
    latest: str = ""
    latest_void: str = ""
    _pace: LiveRate = field(default_factory=LiveRate)

    def do(self, doing: str) -> None:
        """Set what the run is doing from now on."""
        self.doing, self.now, self._pace = doing, "", LiveRate()

    def answered(self, requests: int, elapsed_s: float, recent_ms: float | None) -> None:
        """Take the number of requests answered since the window opened, and their latest median latency."""
        rate = self._pace.rate_rps(requests, elapsed_s)
        if rate is not None:
            latency = f", p50 {figure(recent_ms)} ms" if recent_ms is not None else ""
            self.now = f"{figure(rate)} req/s{latency}, {elapsed_s:.1f} s so far"

    def finished(self, result: Result) -> None:
        """Take a trial that ended, measured or not."""
        where = f"{result.place.stack}, {result.place.scenario}"
        if result.state == "void":
            self.void += 1
            self.latest_void = f"{where}: {result.reason}"
        elif isinstance(result, Failure):
            self.failed += 1
        elif result.counts:
            self.measured += 1
            self.latest = f"{where}: {figures(result)}"


@dataclass(slots=True)
class ScenarioProgress:
    """The attempts of one scenario on one stack since the last line: those that do not count, then a figure."""

    scenario: str
    void: int = 0
    reason: str = ""
    figures: str = ""

    def add(self, trial: Trial) -> None:
        """Add an attempt; a trial that is kept as noisy was void before."""
        if trial.state == "void":
            self.void += 1
        else:
            self.figures = figures(trial) + (", noisy" if trial.state == "noisy" else "")
        self.reason = (trial.reason or self.reason).rstrip(".")

    def text(self, told: set[str]) -> str:
        """Return all attempts in a few words; a reason that was ``told`` before with other numbers is not."""
        kind = NUMBER.sub("", self.reason)
        reason = "as before" if kind in told else self.reason
        if self.void:
            told.add(kind)
        void = f"{counted(self.void, 'attempt')} void: {reason}" if self.void else ""
        if not self.figures:
            return f"{self.scenario}: {void}"
        return f"{self.scenario} {self.figures}" + (f" ({void})" if void else "")


def figures(trial: Trial) -> str:
    """Return the figures of a trial in a few words, with their units."""
    if trial.measurement.streams is not None:
        return _stream_figures(trial)
    text = f"{figure(trial.rate_rps)} req/s"
    if trial.metric == "time":
        text = f"{figure(trial.time_ms)} ms a request"
    latency = summarise(trial.measurement.latency)
    text += "".join(
        f", {name} {figure(value)} ms"
        for name, value in (("p50", latency.p50), ("p99", latency.p99))
        if value is not None
    )
    failed = trial.measurement.failed
    return f"{text}, {failed} failed" if failed else text


def _stream_figures(trial: Trial) -> str:
    """Return the figures of a trial of event streams."""
    parts = [f"{figure(events_per_s(trial))} events/s"]
    if trial.cpu_us_per_event is not None:
        parts.append(f"{figure(trial.cpu_us_per_event)} us CPU an event")
    if trial.event_p99_ms is not None:
        parts.append(f"p99 {figure(trial.event_p99_ms)} ms after due")
    if trial.measurement.failed:
        parts.append(f"{trial.measurement.failed} failed")
    return ", ".join(parts)


def view(state: TrialMark, share: float, left: str) -> list[str]:
    """Return the lines from the top: progress, current step, latest figures, and trials that do not count."""
    filled = round(BAR_WIDTH * min(1.0, share))
    bar = "━" * filled + "─" * (BAR_WIDTH - filled)
    trials = f", {state.measured} of {state.planned} trials" if state.planned else f", {state.measured} trials"
    lines = [f"{bar} {100 * min(1.0, share):.0f} %{trials}, {left}"]
    lines.append(f"now    {state.doing}" + (f": {state.now}" if state.now else ""))
    if state.latest:
        lines.append(f"last   {state.latest}")
    if state.void:
        lines.append(f"void   {counted(state.void, 'attempt')}, the last: {state.latest_void}")
    if state.failed:
        lines.append(f"failed {counted(state.failed, 'trial')}")
    return lines
