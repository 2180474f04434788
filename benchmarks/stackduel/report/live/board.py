"""The state of the live page, as ready texts: the server computes nothing while a trial is measured."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stackduel.model.histogram import Histogram, summarise
from stackduel.model.run import Run
from stackduel.model.trial import Failure, Result, Trial
from stackduel.model.visible_text import visible_values
from stackduel.report.sections.figures import figure
from stackduel.report.sections.spread import UNITS
from stackduel.report.sections.stack_looks import stack_looks
from stackduel.report.terminal.live_view import LiveRate

# Of the latest ones: a page that grows without end would in a long run slow its reader down.
MOST_LINES = 200
MOST_DOTS = 60


@dataclass(frozen=True, slots=True)
class Texts:
    """The state of the page in JSON: what changes all the time, and what changes with each trial; by their numbers."""

    now: str
    trials: str
    now_number: int
    trials_number: int
    ended: bool


@dataclass(slots=True)
class _Figures:
    """The figures of one scenario by stack, in the order in which they came: (value, block, noisy)."""

    unit: str
    title: str
    by_stack: dict[str, list[tuple[float, int, bool]]] = field(default_factory=dict)

    def add(self, stack: str, value: float, block: int, *, noisy: bool) -> None:
        self.by_stack.setdefault(stack, []).append((value, block, noisy))


class Board:
    """Takes what happens, and has the page's state ready at every moment."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._figures: dict[tuple[str, str], _Figures] = {}
        self._lines: list[str] = []
        self._rates: list[list[float]] = []
        self._latencies: list[list[float]] = []
        self._pace = LiveRate()
        self._doing = "starting"
        self._measured = 0
        self._planned = run.planned
        self._begin()

    def _begin(self) -> None:
        self._texts = Texts("", "", 0, 0, ended=False)
        self._update_trials()
        self.update_now(0.0, 0.0)

    @property
    def texts(self) -> Texts:
        """Return the page's state; another thread may read it."""
        return self._texts

    def do(self, doing: str) -> None:
        """Set what the run is doing from now on."""
        self._doing, self._pace = doing, LiveRate()
        self._rates, self._latencies = [], []

    def answered(self, requests: int, elapsed_s: float, recent_ms: float | None) -> None:
        """Take the number of requests answered since the window opened, and their latest median latency."""
        rate = self._pace.rate_rps(requests, elapsed_s)
        if rate is not None:
            self._rates.append([round(elapsed_s, 2), round(rate, 2)])
            if recent_ms is not None:
                self._latencies.append([round(elapsed_s, 2), round(recent_ms, 3)])

    def update_now(self, share: float, left_s: float, *, ended: bool = False) -> None:
        """Prepare what changes all the time: the progress of the run, and the figures of the current trial."""
        now = {
            "doing": self._doing,
            "share": round(share, 4),
            "left_s": round(left_s),
            "measured": self._measured,
            "planned": self._planned,
            "ended": ended,
            "throughput": _current(self._rates, "requests per second"),
            "latency": _current(self._latencies, "median latency in ms"),
        }
        self._texts = Texts(
            json.dumps(visible_values(now)),
            self._texts.trials,
            self._texts.now_number + 1,
            self._texts.trials_number,
            ended,
        )

    def plan_more(self) -> None:
        """Plan more trials than before; their number is unknown from now on."""
        self._planned = 0

    def finished(self, result: Result) -> None:
        """Add the figures of a trial to the charts, or its failure to the list."""
        place = result.place
        where = f"block {place.block}: {place.stack}, {place.scenario}"
        if isinstance(result, Failure):
            self._lines.append(f"{where}: {'void' if result.state == 'void' else 'not measured'}: {result.reason}")
        else:
            if result.state != "ok":
                self._lines.append(f"{where}, attempt {place.attempt}: {result.state}: {result.reason}")
            if result.counts:
                self._measured += 1
                self._add(result)
        self._update_trials()

    def _add(self, trial: Trial) -> None:
        scenario, noisy = trial.place.scenario.partition("@")[0], trial.state == "noisy"
        title, unit = UNITS[trial.metric]
        latency = summarise(trial.measurement.latency if trial.metric == "rate" else Histogram.empty())
        for name, shown, of, amount in (
            ("figure", title, unit, trial.figure),
            ("p50", "Median latency, block by block", "ms", latency.p50),
            ("p99", "Latency of the slowest hundredth (p99), block by block", "ms", latency.p99),
        ):
            if amount is not None:
                figures = self._figures.setdefault((scenario, name), _Figures(of, f"{scenario}: {shown}"))
                figures.add(trial.place.stack, amount, trial.place.block, noisy=noisy)

    def _update_trials(self) -> None:
        trials = {
            "stacks": stack_looks(self._run),
            "charts": [self._strip(each) for each in self._figures.values()],
            "lines": self._lines[-MOST_LINES:],
        }
        self._texts = Texts(
            self._texts.now,
            json.dumps(visible_values(trials)),
            self._texts.now_number,
            self._texts.trials_number + 1,
            ended=False,
        )

    def _strip(self, figures: _Figures) -> Mapping[str, Any]:
        rows = [
            {
                "stack": name,
                "value": (middle := statistics.median(value for value, *_ in values)),
                "text": f"{figure(middle)} {figures.unit}",
                "note": "",
                "dots": [
                    {"value": value, "block": block, "noisy": noisy, "text": figure(value)}
                    for value, block, noisy in values[-MOST_DOTS:]
                ],
            }
            for name in self._run.stacks
            if (values := figures.by_stack.get(name))
        ]
        axis = {"label": figures.unit, "type": "auto"}
        return {"form": "strip", "title": figures.title, "x": axis, "panels": [{"title": "", "rows": rows}]}


def _current(points: Sequence[list[float]], label: str) -> Mapping[str, Any] | None:
    """Return a figure of the current trial so far; None before there is any."""
    if len(points) < 2:
        return None
    return {
        "form": "lines",
        "title": "Now",
        "x": {"label": "seconds since the measurement began", "type": "linear"},
        "y": {"label": label, "type": "linear", "zero": True},
        "panels": [{"title": "", "series": [{"name": label, "points": points[-MOST_DOTS:]}]}],
    }
