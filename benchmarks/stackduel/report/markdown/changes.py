"""What changed between two runs, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from stackduel.analysis.history.changes import RunComparison
from stackduel.report.markdown.document import escape
from stackduel.report.sections.changes import LEGEND, WORDS, ChangeGrid, grids, heading


def render(found: RunComparison) -> str:
    """The comparison as Markdown."""
    return "\n".join(_lines(found)) + "\n"


def markdown_grid(grid: ChangeGrid) -> Iterator[str]:
    """A table as Markdown's lines."""
    yield f"| {' | '.join(grid.headings)} |"
    yield "|" + "".join("---|" if heading in WORDS else "---:|" for heading in grid.headings)
    yield from (f"| {' | '.join(map(escape, row))} |" for row in grid.rows)


def _lines(found: RunComparison) -> Iterator[str]:
    yield f"# stackduel: {escape(heading(found))}"
    for grid in grids(found):
        yield from ("", f"## {escape(grid.title)}", "")
        yield from markdown_grid(grid)
    yield from ("", LEGEND)
    if found.notes:
        yield from ("", "## Notes", "", *(f"- {escape(note)}" for note in found.notes))
    if found.differences:
        yield from ("", "## Not measured alike", "", *(f"- {escape(line)}" for line in found.differences))
