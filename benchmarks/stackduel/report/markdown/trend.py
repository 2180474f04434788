"""The trend over many runs, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from stackduel.analysis.history.trend import Trend
from stackduel.report.markdown.changes import markdown_grid
from stackduel.report.markdown.document import escape
from stackduel.report.sections.trend import MARK, change_lines, grids


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
