"""The trend over many runs, as rows for a terminal or Markdown (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from stackduel.analysis.history.run_summary import Point
from stackduel.analysis.history.trend import Line, Trend
from stackduel.report.markdown.document import escape
from stackduel.report.sections.changes import Grid, markdown_grid
from stackduel.report.sections.result_table import DASH, figure

MARK = "*"
_NOT_MERGED = "launched otherwise, or beside another baseline: not to be compared with what was before"


def grids(trend: Trend) -> tuple[Grid, ...]:
    """A table for each stack in each scenario, a row a run; a mark where the environment is another than before."""
    return tuple(_grid(trend, line) for line in trend.lines)


def change_lines(trend: Trend) -> list[str]:
    """What the marks stand for: in what the environment of a run differs from that of the run before."""
    return [
        f"{moment.run_id}: {'; '.join(moment.changed)}" + ("" if moment.merged else f" ({_NOT_MERGED})")
        for moment in trend.moments
        if moment.changed or not moment.merged
    ]


def render(trend: Trend) -> str:
    """The trend as Markdown."""
    return "\n".join(_lines(trend)) + "\n"


def _lines(trend: Trend) -> Iterator[str]:
    yield f"# stackduel: trend of {len(trend.moments)} runs"
    for grid in grids(trend):
        yield from ("", f"## {escape(grid.title)}", "")
        yield from markdown_grid(grid)
    changes = change_lines(trend)
    if changes:
        yield from ("", f"## What changed at {escape(MARK)}", "", *(f"- {escape(line)}" for line in changes))


def _grid(trend: Trend, line: Line) -> Grid:
    score = "req/s" if line.metric == "rate" else "ms"
    rows = []
    for moment, point in zip(trend.moments, line.points, strict=True):
        mark = f" {MARK}" if moment.changed or not moment.merged else ""
        if point is not None:
            rows.append((f"{moment.run_id}{mark}", figure(point.score), speedup_text(point), verdict_text(point)))
    return Grid(f"{line.scenario}, {line.stack}", ("run", score, "speedup", "verdict"), tuple(rows))


def speedup_text(point: Point) -> str:
    """A point's speedup with its interval where there is one."""
    if point.speedup is None:
        return DASH
    bounds = "" if point.low is None else f" ({figure(point.low)}-{figure(point.high)})"
    return f"{figure(point.speedup)}x{bounds}"


def verdict_text(point: Point) -> str:
    """The word on a point, or a dash where nothing was tested."""
    return DASH if point.verdict == "not tested" else point.verdict
