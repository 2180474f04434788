"""The trend over many runs as one HTML file: charts over time, and what changed on the way (pure but for our files)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from benchmarks.history.entry import Point
from benchmarks.history.trend import Line, Moment, Trend
from benchmarks.report.html import sheet
from benchmarks.report.html.answer import Answer
from benchmarks.report.html.blocks import Block, Chart, Grid, Paragraph, Section
from benchmarks.report.table import DASH, counted, figure
from benchmarks.report.trend import speedup_text, verdict_text
from benchmarks.suite import Metric

# Points of all lines together: each stands in two charts and two tables, and the file is to stay below 5 MB.
MOST_POINTS = 4_000
MOST_TOLD = 6
WORDS = frozenset({"run", "started", "stack", "verdict", "change", "status", "what changed"})
FIGURES: Mapping[Metric, tuple[str, str, str]] = {
    "rate": ("Requests per second", "req/s", "More is better."),
    "time": ("Median time of a request", "ms", "Less is better."),
}
HOST = "A slower host moves all lines."
SPEEDUPS = (
    "How many times as fast as the baseline of its run each stack was{with_intervals}. What slows both cancels out, so "
    "that runs can be held against each other."
)
MARKS = "At a numbered line the environment changed: see What changed."
COMPARE = "Whether two of these runs differ by more than chance is what stackduel compare OLD NEW tells."


@dataclass(frozen=True, slots=True)
class _Passed:
    """A moment on the page: its time in milliseconds where that can be read, and what changed, with a number."""

    moment: Moment
    at_ms: int | None
    started: str
    change: int | None
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Mark:
    """A point as a chart shows it, with its interval where it has one."""

    y: float
    low: float | None
    high: float | None
    text: str


def render(trend: Trend, links: Mapping[str, str]) -> str:
    """The trend of a run or more as the text of an HTML file; ``links`` are the addresses of reports, by run."""
    shown = _newest(trend)
    passed = tuple(_passed(shown))
    stacks = dict.fromkeys(line.stack for line in shown.lines)
    suite = shown.moments[-1].suite
    return sheet.render(
        sheet.Sheet(
            title=f"{suite}: stackduel trend",
            headline=f"{suite}: trend of {counted(len(shown.moments), 'run')}",
            answer=Answer(_sentence(suite, passed), tuple(_more(trend, passed))),
            question="",
            sections=tuple(_sections(shown, passed, links)),
            stacks=[{"name": stack} for stack in stacks],
            source=f"the run.json of {counted(len(shown.moments), 'run')}",
        )
    )


def _newest(trend: Trend) -> Trend:
    """As many of the newest runs as a page can hold."""
    count = max(1, MOST_POINTS // max(1, len(trend.lines)))
    lines = (replace(line, points=line.points[-count:]) for line in trend.lines)
    return replace(
        trend, moments=trend.moments[-count:], lines=tuple(line for line in lines if any(each for each in line.points))
    )


def _passed(trend: Trend) -> Iterator[_Passed]:
    changes = 0
    for before, moment in zip([None, *trend.moments], trend.moments, strict=False):
        changed = tuple(_changed(before, moment)) if before else ()
        changes += bool(changed)
        at = _at(moment.started)
        yield _Passed(
            moment,
            None if at is None else round(1000 * at.timestamp()),
            moment.started if at is None else at.strftime("%Y-%m-%d %H:%M"),
            changes if changed else None,
            changed,
        )


def _changed(before: Moment, now: Moment) -> Iterator[str]:
    """What is other than at the run before, a line each."""
    yield from now.changed
    if before.baseline != now.baseline:
        yield f"baseline: {before.baseline} -> {now.baseline}"
    if not now.merged:
        yield "Not to be compared with what was before: the lines are broken here."


def _at(started: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(started)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _sentence(suite: str, passed: Sequence[_Passed]) -> str:
    days = list(dict.fromkeys(each.started.partition(" ")[0] for each in passed))
    when = f"from {days[0]} to {days[-1]}" if len(days) > 1 else f"of {days[0]}"
    return f"How the figures of {suite} went over {counted(len(passed), 'run')} {when}."


def _more(whole: Trend, passed: Sequence[_Passed]) -> Iterator[str]:
    left_out = len(whole.moments) - len(passed)
    if left_out:
        yield f"{counted(left_out, 'older run')} left out, for which a page has no room: see --json."
    changes = sum(each.change is not None for each in passed)
    if changes:
        yield f"The environment changed {'once' if changes == 1 else f'{changes} times'} on the way: see What changed."
    elif len(passed) > 1:
        yield "All of them were measured in the same environment."
    if any(not each.moment.merged for each in passed[1:]):
        yield "Where a run was launched otherwise, or has another baseline, than the one before, the lines are broken."
    if len(passed) > 1:
        yield COMPARE


def _sections(trend: Trend, passed: Sequence[_Passed], links: Mapping[str, str]) -> Iterator[Section]:
    for number, scenario in enumerate(trend.scenarios, 1):
        here = [line for line in trend.lines if line.scenario == scenario]
        blocks: list[Block] = []
        for metric in dict.fromkeys(line.metric for line in here):
            lines = [line for line in here if line.metric == metric]
            blocks += [*_speedups(lines, passed, links), _figures(lines, passed, links)]
        yield Section(f"scenario-{number}", scenario, tuple(blocks))
    if len(passed) > 1:
        yield Section("changes", "What changed", (_changes(passed, links),))
    yield Section("runs", "The runs", tuple(_runs(passed, links)))


def _speedups(lines: Sequence[Line], passed: Sequence[_Passed], links: Mapping[str, str]) -> Iterator[Chart]:
    compared = [
        replace(
            line, points=tuple(_compared(line, point, each) for point, each in zip(line.points, passed, strict=True))
        )
        for line in lines
    ]
    compared = [line for line in compared if any(line.points)]
    if not compared:
        return
    baselines = {each.moment.baseline for each in passed}
    over = baselines.pop() if len(baselines) == 1 else "the baseline"
    title = f"Speedup over {over}"
    bounded = any(point and point.low is not None for line in compared for point in line.points)
    with_intervals = ", with its interval" if bounded else ""
    rows = tuple(
        (*_place(each, line), f"{figure(point.speedup)}x", figure(point.low), figure(point.high), verdict_text(point))
        for line, each, point in _told(compared, passed)
    )
    headings = ("run", "started", "change", "stack", "speedup", "from", "to", "verdict")
    yield Chart(
        form="lines",
        title=title,
        reading=SPEEDUPS.format(with_intervals=with_intervals) + _of_marks(passed),
        data={
            **_axes({"label": "speedup (log scale)", "type": "log", "suffix": "x"}),
            "reference": 1,
            "panels": [_panel(compared, passed, _speedup)],
        },
        grid=Grid(f"{title}: {lines[0].scenario}", headings, rows, WORDS, links=links),
    )


def _compared(line: Line, point: Point | None, each: _Passed) -> Point | None:
    """A point that has a speedup to show: the baseline's own is 1, and no news."""
    return point if point and point.speedup is not None and line.stack != each.moment.baseline else None


def _figures(lines: Sequence[Line], passed: Sequence[_Passed], links: Mapping[str, str]) -> Chart:
    title, unit, better = FIGURES[lines[0].metric]
    rows = tuple((*_place(each, line), figure(point.score)) for line, each, point in _told(lines, passed))
    return Chart(
        form="lines",
        title=title,
        reading=f"The median of each run's blocks. {better} {HOST}{_of_marks(passed)}",
        data={
            **_axes({"label": unit, "type": "linear", "zero": True}),
            "panels": [_panel(lines, passed, _score)],
        },
        grid=Grid(
            f"{title}: {lines[0].scenario}", ("run", "started", "change", "stack", unit), rows, WORDS, links=links
        ),
    )


def _axes(up: Mapping[str, Any]) -> dict[str, Any]:
    return {"x": {"label": "when the run began (UTC)", "type": "time"}, "y": up}


def _of_marks(passed: Sequence[_Passed]) -> str:
    return f" {MARKS}" if any(each.change for each in passed) else ""


def _told(lines: Sequence[Line], passed: Sequence[_Passed]) -> Iterator[tuple[Line, _Passed, Point]]:
    """What a table has a row for: the runs in the order of time, within each the stacks."""
    for place, each in enumerate(passed):
        for line in lines:
            point = line.points[place]
            if point is not None:
                yield line, each, point


def _place(each: _Passed, line: Line) -> tuple[str, ...]:
    return each.moment.run_id, each.started, DASH if each.change is None else str(each.change), line.stack


def _speedup(point: Point) -> _Mark:
    word = "" if point.verdict == "not tested" else f", {verdict_text(point)}"
    return _Mark(point.speedup or 1.0, point.low, point.high, f"{speedup_text(point)}{word}")


def _score(point: Point) -> _Mark:
    return _Mark(point.score, None, None, f"{figure(point.score)} {FIGURES[point.metric][1]}")


def _panel(lines: Sequence[Line], passed: Sequence[_Passed], mark: Callable[[Point], _Mark]) -> dict[str, Any]:
    return {
        "title": "",
        "series": [
            {"stack": line.stack, "name": line.stack, "points": list(_course(line, passed, mark))} for line in lines
        ],
        "dots": [_dot(line, each, mark(point)) for line, each, point in _told(lines, passed) if each.at_ms is not None],
        "events": [_event(each) for each in passed if each.change is not None and each.at_ms is not None],
    }


def _course(line: Line, passed: Sequence[_Passed], mark: Callable[[Point], _Mark]) -> Iterator[list[float | None]]:
    """A line's points; it is broken where a run lacks the stack, and before one that cannot be held against those."""
    for point, each in zip(line.points, passed, strict=True):
        if each.at_ms is None:
            continue
        if not each.moment.merged:
            yield [each.at_ms, None]
        yield [each.at_ms, None if point is None else _short(mark(point).y)]


def _dot(line: Line, each: _Passed, mark: _Mark) -> dict[str, Any]:
    return {
        "x": each.at_ms,
        "y": _short(mark.y),
        "low": _short(mark.low),
        "high": _short(mark.high),
        "stack": line.stack,
        "text": f"{line.stack}: {mark.text}\n{each.moment.run_id}",
    }


def _short(value: float | None) -> float | None:
    """As exact as any screen, in few letters."""
    return None if value is None else float(f"{value:.6g}")


def _event(each: _Passed) -> dict[str, Any]:
    lines = each.changed
    more = [f"and {len(lines) - MOST_TOLD} more: see What changed"] if len(lines) > MOST_TOLD else []
    text = "\n".join([f"{each.change}: changed at {each.moment.run_id}", *lines[:MOST_TOLD], *more])
    return {"x": each.at_ms, "label": str(each.change), "text": text}


def _changes(passed: Sequence[_Passed], links: Mapping[str, str]) -> Block:
    rows = tuple((each.moment.run_id, str(each.change), line) for each in passed for line in each.changed)
    if not rows:
        return Paragraph("Nothing: every run names the same environment as the one before it.")
    return Grid(
        "In what the environment of a run differs from that of the run before",
        ("run", "change", "what changed"),
        rows,
        WORDS,
        links=links,
    )


def _runs(passed: Sequence[_Passed], links: Mapping[str, str]) -> Iterator[Block]:
    if links:
        yield Paragraph("A run's name leads to its report, where that lies below this page's folder.")
    rows = tuple((each.moment.run_id, each.started, each.moment.baseline, each.moment.status) for each in passed)
    headings = ("run", "started", "baseline", "status")
    yield Grid("The runs, the oldest first", headings, rows, WORDS | {"baseline"}, links=links)
    broken = [each.moment.run_id for each in passed if each.at_ms is None]
    if broken:
        yield Paragraph(f"Not in the charts, as when they began cannot be read: {', '.join(broken)}.")
