"""The trend over many runs, as Markdown."""

from __future__ import annotations

from stackduel.analysis.history.trend import Trend
from stackduel.report.markdown.markup import escape
from stackduel.report.markdown.passages import plain_lines
from stackduel.report.sections.trend import sections, title


def render(trend: Trend) -> str:
    """Return the trend as Markdown."""
    lines = (line for section in sections(trend) for line in plain_lines(section))
    return "\n".join([f"# stackduel: {escape(title(trend))}", *lines]) + "\n"
