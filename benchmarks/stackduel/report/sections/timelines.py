"""Throughput, latency and memory over the time of a trial: medians over the blocks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from stackduel.analysis.statistics.known_values import median_of_known
from stackduel.model.measurement import Window
from stackduel.model.run import Run
from stackduel.model.trial import Trial
from stackduel.report.sections.blocks import Block, Chart, Grid
from stackduel.report.sections.counted_trials import ByStack
from stackduel.report.sections.figures import figure

# More points of a line cannot be seen apart, and more points of all lines make the page too large.
MOST_POINTS = 150
MOST_IN_ALL = 12_000
FEWEST_POINTS = 3
# Throughput, two latencies, and memory.
_LINES = 4
TimelinePoint = tuple[float, float]


def points_for(run: Run) -> int:
    """Return how many points each line may have, so that all of them fit into the page."""
    lines = _LINES * len(run.suite.scenarios) * len(run.stacks)
    return max(2 * FEWEST_POINTS, min(MOST_POINTS, MOST_IN_ALL // max(1, lines)))


def blocks(trials: ByStack, most: int = MOST_POINTS, *, drained: bool = False) -> Iterator[Block]:
    """Yield throughput and latencies over time, and memory if watched long enough; at most ``most`` points a line.

    Where a load was ``drained``, its last window holds the answers that came after the end as well, and has no rate.
    """
    counted = (
        {name: [_without_last(each) for each in measured] for name, measured in trials.items()} if drained else trials
    )
    rates = _lines(counted, most, lambda window: window.requests / window.width_s)
    if rates:
        yield _chart(
            "Throughput over time",
            "Requests answered per second of a trial, the median of its blocks.",
            "requests per second",
            [("", rates)],
        )
    yield from _latency(trials, most)
    memory = _memory(trials, most)
    if memory:
        yield _chart(
            "Memory over time",
            "What each stack held in memory during its latest trial.",
            "MiB",
            [("", memory)],
        )


def _latency(trials: ByStack, most: int) -> Iterator[Chart]:
    """Yield the median latency over time, with the slowest hundredth where it is known."""
    medians = _lines(trials, most, lambda window: window.p50_ms)
    slowest = _lines(trials, most, lambda window: window.p99_ms)
    if medians:
        yield _chart(
            "Latency over time",
            "Median of the blocks.",
            "milliseconds",
            [("median (p50)", medians), *([("slowest hundredth (p99)", slowest)] if slowest else [])],
        )


def _lines(trials: ByStack, most: int, value: Callable[[Window], float | None]) -> dict[str, list[TimelinePoint]]:
    lines = {name: _over_time(each, most, value) for name, each in trials.items()}
    return {name: points for name, points in lines.items() if len(points) >= FEWEST_POINTS}


def _over_time(trials: Sequence[Trial], most: int, value: Callable[[Window], float | None]) -> list[TimelinePoint]:
    """Return the median over the blocks at each window's middle."""
    whole = [_whole(trial.measurement.timeline) for trial in trials]
    length = max((len(each) for each in whole), default=0)
    step = math.ceil(length / most) or 1
    points = []
    for start in range(0, length, step):
        windows = [window for each in whole for window in each[start : start + step]]
        level = median_of_known(value(window) for window in windows)
        if level is not None:
            middle = sum(window.t_s + window.width_s / 2 for window in windows) / len(windows)
            points.append((round(middle, 3), level))
    return points


def _without_last(trial: Trial) -> Trial:
    return replace(trial, measurement=replace(trial.measurement, timeline=trial.measurement.timeline[:-1]))


def _whole(timeline: Sequence[Window]) -> list[Window]:
    """Return the windows without a very short last one, whose rate would be chance."""
    return [window for window in timeline if window.width_s > 0.5 * timeline[0].width_s]


def _memory(trials: ByStack, most: int) -> dict[str, list[TimelinePoint]]:
    memory = {}
    for name, each in trials.items():
        latest = each[-1].cost
        if latest and len(latest.memory) >= FEWEST_POINTS:
            step = math.ceil(len(latest.memory) / most)
            memory[name] = [(round(seen.t_s, 3), seen.mib) for seen in latest.memory[::step]]
    return memory


def _chart(title: str, reading: str, unit: str, panels: Sequence[tuple[str, dict[str, list[TimelinePoint]]]]) -> Chart:
    return Chart(
        form="lines",
        title=title,
        reading=reading,
        data={
            "x": {"label": "seconds since the measurement began", "type": "linear"},
            "y": {"label": unit, "type": "linear", "zero": True},
            "panels": [{"title": name, "series": [_series(*each) for each in lines.items()]} for name, lines in panels],
        },
        grid=_grid(f"{title}, {unit}", panels),
    )


def _series(name: str, points: list[TimelinePoint]) -> dict[str, Any]:
    return {"stack": name, "name": name, "points": points}


def _grid(caption: str, panels: Sequence[tuple[str, dict[str, list[TimelinePoint]]]]) -> Grid:
    """Return a row for each point of each stack: stacks have points at different times."""
    titled = any(title for title, _ in panels)
    rows = [
        (*((title,) if titled else ()), name, f"{at_s:.3g}", figure(level))
        for title, lines in panels
        for name, points in lines.items()
        for at_s, level in points
    ]
    headings = (*(("of",) if titled else ()), "stack", "second", "value")
    return Grid(caption, headings, tuple(rows), frozenset({"of", "stack"}))
