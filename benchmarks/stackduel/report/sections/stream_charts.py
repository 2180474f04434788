"""The charts of event streams: added delay by the event's number, and by how many streams there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from stackduel.analysis.stream_metrics import figures_of
from stackduel.analysis.stream_rows import streams_of
from stackduel.model.aa_pair import is_twin
from stackduel.model.histogram import fewest_for
from stackduel.model.run import Run
from stackduel.model.stream_figures import StreamFigures
from stackduel.model.suite import ClosedLoop, Scenario
from stackduel.report.sections.blocks import Chart, Grid
from stackduel.report.sections.figures import figure

PANELS = (("half of the events (p50)", 0.5), ("99 % of the events (p99)", 0.99))
P99 = 0.99
# Below, a logarithmic axis would show nothing but the clock.
LEAST_MS = 0.001
Point = tuple[float, float]
_BY_NUMBER = ("of", "stack", "up to event", "ms")
_WORDS = frozenset({"of", "stack"})


def by_number(run: Run, scenario: Scenario) -> Iterator[Chart]:
    """Yield the added delay of a scenario by the number of the event, where there are three bands at least."""
    measured = _measured(run, scenario)
    lines = {
        title: {name: points for name, each in measured.items() if (points := _over_numbers(each, q))}
        for title, q in PANELS
    }
    if max((len(points) for named in lines.values() for points in named.values()), default=0) < 3:
        return
    rows = [
        (title, name, f"{number:g}", figure(ms))
        for title, named in lines.items()
        for name, points in named.items()
        for number, ms in points
    ]
    yield Chart(
        form="lines",
        title=f"Added delay in {scenario.name} by the number of the event",
        reading=(
            "From due to read, of the first event, the second, the third and fourth, those up to 8, 16 and so on. A "
            "line that rises falls behind its timetable; one that is high at the left begins late."
        ),
        data={
            "x": {"label": "number of the event in its stream, up to (log scale)", "type": "log"},
            "y": {"label": "milliseconds (log scale)", "type": "log"},
            "panels": [
                {"title": title, "series": [_series(name, points) for name, points in named.items()]}
                for title, named in lines.items()
                if named
            ],
        },
        grid=Grid("Added delay by the number of the event, ms", _BY_NUMBER, tuple(rows), _WORDS),
    )


def by_load(run: Run, group: Sequence[Scenario]) -> Iterator[Chart]:
    """Yield the p99 of the added delay by the number of streams, where the scenarios have several."""
    lines: dict[str, list[Point]] = {}
    for scenario in group:
        for name, figures in _measured(run, scenario).items():
            ms = _quantile_ms(figures, P99)
            if ms is not None:
                lines.setdefault(name, []).append((streams_of(scenario), ms))
    if max(map(len, lines.values()), default=0) < 2:
        return
    closed = isinstance(group[0].load, ClosedLoop)
    x = "streams open" if closed else "streams arriving a second"
    rows = [(name, f"{streams:g}", figure(ms)) for name, points in lines.items() for streams, ms in points]
    yield Chart(
        form="lines",
        title=f"Added delay of {group[0].label} by the number of streams",
        reading="From due to read, 99 % of the events took at most so long. Where a line bends up, the stack is full.",
        data={
            "x": {"label": f"{x} (log scale)", "type": "log"},
            "y": {"label": "p99, milliseconds (log scale)", "type": "log"},
            "panels": [{"title": "", "series": [_series(name, points) for name, points in lines.items()]}],
        },
        grid=Grid("Added delay by the number of streams, ms", ("stack", x, "p99"), tuple(rows), _WORDS),
    )


def _measured(run: Run, scenario: Scenario) -> dict[str, StreamFigures]:
    """Return the figures of each stack over all blocks."""
    found = {name: figures_of(run.trials(scenario.name, name)) for name in run.stacks if not is_twin(name)}
    return {name: each for name, each in found.items() if each is not None}


def _over_numbers(figures: StreamFigures, q: float) -> list[Point]:
    return [
        (float(band), max(LEAST_MS, delays.quantile_ns(q) / 1e6))
        for band, delays in sorted(figures.added_by_number.items())
        if delays.count >= fewest_for(q)
    ]


def _quantile_ms(figures: StreamFigures, q: float) -> float | None:
    return max(LEAST_MS, figures.added.quantile_ns(q) / 1e6) if figures.added.count >= fewest_for(q) else None


def _series(name: str, points: Sequence[Point]) -> dict[str, Any]:
    return {"stack": name, "name": name, "points": [list(point) for point in points]}
