"""The changes between two runs, as Markdown."""

from __future__ import annotations

from stackduel.analysis.history.changes import RunComparison
from stackduel.report.markdown.markup import escape
from stackduel.report.markdown.passages import plain_lines
from stackduel.report.sections.changes import sections, title


def render(comparison: RunComparison) -> str:
    """Return the comparison as Markdown."""
    lines = (line for section in sections(comparison) for line in plain_lines(section))
    return "\n".join([f"# stackduel: {escape(title(comparison))}", *lines]) + "\n"
