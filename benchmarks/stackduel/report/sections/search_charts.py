"""The charts of searches: capacity, the best number of connections, breaking points, cold starts, soaks, losses."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from stackduel.model.findings import Finding
from stackduel.model.run import Run
from stackduel.model.search_results.breaking_point import BreakingPoint, RampStep
from stackduel.model.search_results.capacity import Capacity
from stackduel.model.search_results.cold_start import ColdStart
from stackduel.model.search_results.leaving import Leaving
from stackduel.model.search_results.recycling import Recycling
from stackduel.model.search_results.shutdown import Shutdown
from stackduel.model.search_results.slow_readers import SlowReaders
from stackduel.model.search_results.soak import Soak
from stackduel.model.search_results.streams_held import StreamsHeld
from stackduel.model.search_results.sustained import Sustained
from stackduel.model.suite import Scenario
from stackduel.report.sections.blocks import Chart, Grid
from stackduel.report.sections.figures import DASH, figure
from stackduel.report.sections.search_trials import trials_of

MOST_POINTS = 300


def charts(run: Run, scenario: Scenario) -> Iterator[Chart]:
    """Yield a chart for each kind of search result in a scenario; a suite has one kind."""
    findings = [each for each in run.findings if each.scenario == scenario.name]
    for kind, draw in _DRAWN.items():
        here = [each for each in findings if isinstance(each.found, kind)]
        if here:
            yield from draw(run, here)


def _of_capacity(_run: Run, findings: Sequence[Finding]) -> Iterator[Chart]:
    rows, cells = [], []
    for each in findings:
        result = each.found
        if not isinstance(result, Capacity) or result.confirmed is None:
            continue
        kept, above = result.confirmed.rate_rps, result.above.rate_rps if result.above else None
        rows.append(_mark(each.stack, kept, kept, above, f"{kept:g} req/s", result.sentence))
        cells.append((each.stack, f"{kept:g}", DASH if above is None else f"{above:g}"))
    if rows:
        yield _intervals(
            "Capacity",
            "The highest rate at which every window kept the service level; the line reaches to the lowest rate at "
            "which not all did. Further to the right is better.",
            "requests per second",
            rows,
            Grid("Capacity, requests per second", ("stack", "kept", "not kept"), tuple(cells)),
        )


def _of_streams_held(_run: Run, findings: Sequence[Finding]) -> Iterator[Chart]:
    rows, cells = [], []
    for each in findings:
        result = each.found
        if not isinstance(result, StreamsHeld) or result.confirmed is None:
            continue
        held, above = result.confirmed.streams, result.above.streams if result.above else None
        rows.append(_mark(each.stack, held, held, above, f"{held:,} streams", result.sentence))
        cells.append((each.stack, f"{held:,}", DASH if above is None else f"{above:,}"))
    if rows:
        yield _intervals(
            "Streams held at once",
            "The most streams with which every window kept the service level; the line reaches to the fewest with "
            "which not all did. Further to the right is better.",
            "streams",
            rows,
            Grid("Streams held at once", ("stack", "kept", "not kept"), tuple(cells)),
        )


def _of_cold_start(_run: Run, findings: Sequence[Finding]) -> Iterator[Chart]:
    rows, cells = [], []
    for each in findings:
        if isinstance(each.found, ColdStart):
            at = each.found.launch_ms
            rows.append(_mark(each.stack, at.value, at.low, at.high, f"{figure(at.value)} ms", each.found.sentence))
            cells.append((each.stack, figure(at.value), figure(at.low), figure(at.high)))
    yield _intervals(
        "From launch to the first answer",
        "The median over the launches, with its interval where there were enough. Further to the left is better.",
        "milliseconds",
        rows,
        Grid("From launch to the first answer, milliseconds", ("stack", "median", "from", "to"), tuple(cells)),
    )


def _of_sustained(_run: Run, findings: Sequence[Finding]) -> Iterator[Chart]:
    series, dots, cells = [], [], []
    for each in findings:
        if not isinstance(each.found, Sustained):
            continue
        tried = sorted((one.connections, one.rate_rps) for one in each.found.explored)
        series.append({"stack": each.stack, "name": each.stack, "points": [list(pair) for pair in tried]})
        cells += [(each.stack, "tried once", str(number), figure(rate_rps), DASH, DASH) for number, rate_rps in tried]
        for one in each.found.counts:
            text = f"{each.stack}: {one.connections} connections, {figure(one.rate_rps)} req/s, {one.word}"
            place = {"x": one.connections, "y": one.rate_rps, "low": one.low_rps, "high": one.high_rps}
            dots.append({**place, "stack": each.stack, "text": text})
            bounds = (figure(one.low_rps), figure(one.high_rps))
            cells.append((each.stack, f"confirmed: {one.word}", str(one.connections), figure(one.rate_rps), *bounds))
    yield _lines(
        "Throughput by number of connections",
        "The lines are what was tried once; the marks with intervals are what was confirmed in turns. Beyond the knee, "
        "more connections only wait longer.",
        {"label": "connections (log scale)", "type": "log"},
        {"label": "requests per second", "type": "linear", "zero": True},
        series,
        Grid(
            "Throughput by number of connections",
            ("stack", "how", "connections", "req/s", "from", "to"),
            tuple(cells),
            frozenset({"stack", "how"}),
        ),
        dots,
    )


def _of_breaking_point(_run: Run, findings: Sequence[Finding]) -> Iterator[Chart]:
    series, cells = [], []
    for each in findings:
        if not isinstance(each.found, BreakingPoint):
            continue
        steps = each.found.steps
        points = [[step.rate_rps, step.p99_ms] for step in steps if step.p99_ms is not None]
        series.append({"stack": each.stack, "name": each.stack, "points": points})
        cells += [(each.stack, *_step_cells(step)) for step in steps]
    yield _lines(
        "The slowest hundredth of requests, by rate",
        "The ramp of each stack up to where it broke: where a line rises steeply, requests begin to queue.",
        {"label": "arrivals per second (log scale)", "type": "log"},
        {"label": "p99, milliseconds (log scale)", "type": "log"},
        series,
        Grid(
            "The ramp, step by step",
            ("stack", "req/s", "word", "failed", "p99 ms"),
            tuple(cells),
            frozenset({"stack", "word"}),
        ),
    )


def _step_cells(step: RampStep) -> tuple[str, ...]:
    return (
        f"{step.rate_rps:g}",
        "held" if step.held else "broken",
        DASH if step.failed is None else f"{100 * step.failed:.2g} %",
        figure(step.p99_ms),
    )


def _of_soak(run: Run, findings: Sequence[Finding]) -> Iterator[Chart]:
    series, cells = [], []
    for each in findings:
        points = _memory_of(run, each)
        if points:
            series.append({"stack": each.stack, "name": each.stack, "points": points})
            cells += [(each.stack, f"{at_s:.4g}", figure(mib)) for at_s, mib in points]
    if series:
        yield _lines(
            "Memory over the whole time",
            "What each stack held in memory, piece after piece of one long load. A line that keeps rising is a leak.",
            {"label": "seconds since the load began", "type": "linear"},
            {"label": "MiB", "type": "linear", "zero": True},
            series,
            Grid("Memory over the whole time", ("stack", "second", "MiB"), tuple(cells)),
        )


def _memory_of(run: Run, finding: Finding) -> list[list[float]]:
    """Return the memory of all pieces on one axis of time."""
    points, passed_s = [], 0.0
    for trial in trials_of(run, finding):
        points += [[round(passed_s + each.t_s, 2), each.mib] for each in (trial.cost.memory if trial.cost else ())]
        passed_s += trial.measurement.duration_s
    return points[:: math.ceil(len(points) / MOST_POINTS) or 1]


def _of_shutdown(_run: Run, findings: Sequence[Finding]) -> Iterator[Chart]:
    found = [(each.stack, each.found) for each in findings if isinstance(each.found, Shutdown)]
    yield _lost([(stack, result.losses.lost, result.sentence) for stack, result in found])
    rows = [
        _mark(stack, at.value, at.low, at.high, f"{figure(at.value)} s", result.sentence)
        for stack, result in found
        for at in (result.ended_s,)
    ]
    yield _intervals(
        "From SIGTERM to the end of the server",
        "The median over the stops. Requests that wait longer than the server's grace cannot be answered.",
        "seconds",
        rows,
        Grid(
            "From SIGTERM to the end, seconds",
            ("stack", "median", "killed"),
            tuple((stack, figure(result.ended_s.value), str(result.killed)) for stack, result in found),
        ),
    )


def _of_recycling(_run: Run, findings: Sequence[Finding]) -> Iterator[Chart]:
    found = [(each.stack, each.found) for each in findings if isinstance(each.found, Recycling)]
    yield _lost([(stack, result.losses.lost, result.sentence) for stack, result in found])


def _of_leaving(_run: Run, findings: Sequence[Finding]) -> Iterator[Chart]:
    rows, cells = [], []
    for each in findings:
        noticing = each.found.handler if isinstance(each.found, Leaving) else None
        if noticing is None or noticing.median_ms is None:
            continue
        middle, worst = noticing.median_ms, noticing.worst_ms
        rows.append(_mark(each.stack, middle, middle, worst, f"{figure(middle)} ms", each.found.sentence))
        cells.append((each.stack, figure(middle), figure(worst), f"{noticing.never:,}"))
    if rows:
        yield _intervals(
            "From leaving to the handler's end",
            "The median of the clients that the handler noticed within the window; the line reaches to the worst. "
            "Further to the left is better.",
            "milliseconds",
            rows,
            Grid("From leaving to the handler's end, ms", ("stack", "median", "worst", "never"), tuple(cells)),
        )


def _of_slow_readers(_run: Run, findings: Sequence[Finding]) -> Iterator[Chart]:
    rows, cells = [], []
    for each in findings:
        side = each.found.handler if isinstance(each.found, SlowReaders) else None
        if side is None:
            continue
        rows.append(_mark(each.stack, side.ahead, None, None, f"{side.ahead:,.4g} events", each.found.sentence))
        cells.append((each.stack, figure(side.ahead), f"{side.held:,}"))
    if rows:
        yield _intervals(
            "How far the handler ran ahead of slow clients",
            "The median of the events that it had made more than its client had read. Further to the left is better.",
            "events",
            rows,
            Grid("How far the handler ran ahead, events", ("stack", "ahead", "held back"), tuple(cells)),
        )


def _lost(rows: Sequence[tuple[str, int, str]]) -> Chart:
    return _intervals(
        "Lost requests",
        "The requests that were sent and never answered in full, all rounds together. Nothing was sent again. Fewer is "
        "better: none is possible.",
        "requests",
        [_mark(stack, lost, None, None, f"{lost:,}", sentence) for stack, lost, sentence in rows],
        Grid("Lost requests", ("stack", "lost"), tuple((stack, f"{lost:,}") for stack, lost, _ in rows)),
    )


def _mark(stack: str, value: float, low: float | None, high: float | None, text: str, note: str) -> dict[str, Any]:
    return {"stack": stack, "value": value, "low": low, "high": high, "text": text, "note": note}


def _intervals(title: str, reading: str, unit: str, rows: list[dict[str, Any]], grid: Grid) -> Chart:
    axis = {"label": unit, "type": "auto"}
    return Chart("intervals", title, reading, {"x": axis, "panels": [{"title": "", "rows": rows}]}, grid)


def _lines(
    title: str,
    reading: str,
    x: Mapping[str, Any],
    y: Mapping[str, Any],
    series: list[dict[str, Any]],
    grid: Grid,
    dots: Sequence[Mapping[str, Any]] = (),
) -> Chart:
    panels = [{"title": "", "series": series, "dots": list(dots)}]
    return Chart("lines", title, reading, {"x": x, "y": y, "panels": panels}, grid)


_DRAWN: Mapping[type, Callable[[Run, Sequence[Finding]], Iterator[Chart]]] = {
    Capacity: _of_capacity,
    StreamsHeld: _of_streams_held,
    Sustained: _of_sustained,
    BreakingPoint: _of_breaking_point,
    ColdStart: _of_cold_start,
    Soak: _of_soak,
    Shutdown: _of_shutdown,
    Recycling: _of_recycling,
    Leaving: _of_leaving,
    SlowReaders: _of_slow_readers,
}
