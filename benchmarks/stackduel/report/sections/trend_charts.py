"""The charts of a trend: stacks in one scenario, over the start times of the runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stackduel.analysis.history.run_summary import SpeedupPoint
from stackduel.analysis.history.trend import TrendLine
from stackduel.model.suite import Metric
from stackduel.report.sections.blocks import Chart, Grid
from stackduel.report.sections.figures import DASH, figure, sized_verdict_text
from stackduel.report.sections.trend import speedup_of
from stackduel.report.sections.trend_runs import TrendRun

MOST_NAMED = 6
WORDS = frozenset({"run", "started", "change", "stack", "verdict"})
FIGURES: Mapping[Metric, tuple[str, str, str]] = {
    "rate": ("Requests per second", "req/s", "More is better."),
    "time": ("Median time of a request", "ms", "Less is better."),
    "event_cpu": ("Server CPU time for an event", "us", "Less is better."),
    "event_delay": ("Added delay of the slowest hundredth of the events (p99)", "ms", "Less is better."),
}
HOST = "A slower host moves all lines."
SPEEDUPS = (
    "How many times as fast as the baseline of its run each stack was{with_intervals}. What slows both cancels out, so "
    "that runs can be compared."
)
MARKS = "At a numbered line the environment changed: see What changed."


@dataclass(frozen=True, slots=True)
class _Mark:
    """A point as a chart shows it, with its interval where it has one."""

    y: float
    low: float | None
    high: float | None
    text: str


def speedups(lines: Sequence[TrendLine], runs: Sequence[TrendRun], links: Mapping[str, str]) -> Iterator[Chart]:
    """Yield the speedups in one scenario by one metric, with their intervals; nothing if there are none."""
    compared = [
        replace(line, points=tuple(_compared(line, point, each) for point, each in zip(line.points, runs, strict=True)))
        for line in lines
    ]
    compared = [line for line in compared if any(line.points)]
    if not compared:
        return
    baselines = {each.moment.baseline for each in runs}
    over = baselines.pop() if len(baselines) == 1 else "the baseline"
    title = f"Speedup over {over}"
    bounded = any(point and point.low is not None for line in compared for point in line.points)
    with_intervals = ", with its interval" if bounded else ""
    rows = tuple((*_place(each, line), *_speedup_cells(point)) for line, each, point in _rows(compared, runs))
    headings = ("run", "started", "change", "stack", "speedup", "from", "to", "verdict")
    yield Chart(
        form="lines",
        title=title,
        reading=SPEEDUPS.format(with_intervals=with_intervals) + _of_marks(runs),
        data={
            **_axes({"label": "speedup (log scale)", "type": "log", "suffix": "x"}),
            "reference": 1,
            "panels": [_panel(compared, runs, _speedup)],
        },
        grid=Grid(f"{title}: {lines[0].scenario}", headings, rows, WORDS, links=links),
    )


def _speedup_cells(point: SpeedupPoint) -> tuple[str, ...]:
    shown = speedup_of(point) if point.size else f"{figure(point.speedup)}x"
    return shown, figure(point.low), figure(point.high), sized_verdict_text(point)


def _compared(line: TrendLine, point: SpeedupPoint | None, each: TrendRun) -> SpeedupPoint | None:
    """Return a point that has a speedup to show: the baseline's own is always 1."""
    return point if point and point.speedup is not None and line.stack != each.moment.baseline else None


def figures(lines: Sequence[TrendLine], runs: Sequence[TrendRun], links: Mapping[str, str]) -> Chart:
    """Return the figures in one scenario by one metric."""
    title, unit, better = FIGURES[lines[0].metric]
    rows = tuple((*_place(each, line), figure(point.score)) for line, each, point in _rows(lines, runs))
    return Chart(
        form="lines",
        title=title,
        reading=f"The median of each run's blocks. {better} {HOST}{_of_marks(runs)}",
        data={
            **_axes({"label": unit, "type": "linear", "zero": True}),
            "panels": [_panel(lines, runs, _score)],
        },
        grid=Grid(
            f"{title}: {lines[0].scenario}", ("run", "started", "change", "stack", unit), rows, WORDS, links=links
        ),
    )


def _axes(up: Mapping[str, Any]) -> dict[str, Any]:
    return {"x": {"label": "when the run began (UTC)", "type": "time"}, "y": up}


def _of_marks(runs: Sequence[TrendRun]) -> str:
    return f" {MARKS}" if any(each.change for each in runs) else ""


def _rows(lines: Sequence[TrendLine], runs: Sequence[TrendRun]) -> Iterator[tuple[TrendLine, TrendRun, SpeedupPoint]]:
    """Yield each row of a table: the runs in the order of time, and within each run the stacks."""
    for place, each in enumerate(runs):
        for line in lines:
            point = line.points[place]
            if point is not None:
                yield line, each, point


def _place(each: TrendRun, line: TrendLine) -> tuple[str, ...]:
    return each.moment.run_id, each.started, DASH if each.change is None else str(each.change), line.stack


def _speedup(point: SpeedupPoint) -> _Mark:
    word = "" if point.verdict == "not tested" else f", {sized_verdict_text(point)}"
    return _Mark(point.speedup or 1.0, point.low, point.high, f"{speedup_of(point)}{word}")


def _score(point: SpeedupPoint) -> _Mark:
    return _Mark(point.score, None, None, f"{figure(point.score)} {FIGURES[point.metric][1]}")


def _panel(
    lines: Sequence[TrendLine], runs: Sequence[TrendRun], mark: Callable[[SpeedupPoint], _Mark]
) -> dict[str, Any]:
    return {
        "title": "",
        "series": [
            {"stack": line.stack, "name": line.stack, "points": list(_course(line, runs, mark))} for line in lines
        ],
        "dots": [_dot(line, each, mark(point)) for line, each, point in _rows(lines, runs) if each.at_ms is not None],
        "events": [_event(each) for each in runs if each.change is not None and each.at_ms is not None],
    }


def _course(
    line: TrendLine, runs: Sequence[TrendRun], mark: Callable[[SpeedupPoint], _Mark]
) -> Iterator[list[float | None]]:
    """Yield a line's points; it is broken where a run lacks the stack, and before a run that cannot be compared."""
    for point, each in zip(line.points, runs, strict=True):
        if each.at_ms is None:
            continue
        if not each.moment.merged:
            yield [each.at_ms, None]
        yield [each.at_ms, None if point is None else _short(mark(point).y)]


def _dot(line: TrendLine, each: TrendRun, mark: _Mark) -> dict[str, Any]:
    return {
        "x": each.at_ms,
        "y": _short(mark.y),
        "low": _short(mark.low),
        "high": _short(mark.high),
        "stack": line.stack,
        "text": f"{line.stack}: {mark.text}\n{each.moment.run_id}",
    }


def _short(value: float | None) -> float | None:
    """Return six significant digits, as exact as any screen."""
    return None if value is None else float(f"{value:.6g}")


def _event(each: TrendRun) -> dict[str, Any]:
    lines = each.changed
    more = [f"and {len(lines) - MOST_NAMED} more: see What changed"] if len(lines) > MOST_NAMED else []
    text = "\n".join([f"{each.change}: changed at {each.moment.run_id}", *lines[:MOST_NAMED], *more])
    return {"x": each.at_ms, "label": str(each.change), "text": text}
