"""The report as Markdown, for a comment on a pull request: first what to do, then on what grounds."""

from __future__ import annotations

from collections.abc import Iterator

from stackduel.analysis.head_to_head import head_to_heads
from stackduel.model.run import Run
from stackduel.report.markdown.compared import compared_sections
from stackduel.report.markdown.details import detail_sections
from stackduel.report.markdown.head import head_lines, how_to_read
from stackduel.report.markdown.markup import code, escape, item, paragraph
from stackduel.report.markdown.search_report import found_sections
from stackduel.report.markdown.size_limit import MarkdownSection, fitted, headed, left_out_text
from stackduel.report.sections.conditions import command_text, condition_lines
from stackduel.report.sections.pair import pair_of
from stackduel.report.sections.words import headline, notes

__all__ = ["escape", "render"]


def render(run: Run) -> str:
    """The whole report as Markdown text that fits into a comment; everything that came from outside is escaped."""
    lines, left_out = fitted(_sections(run))
    if left_out:
        lines = (*lines, "", paragraph(left_out_text(left_out)))
    return "\n".join(lines) + "\n"


def _sections(run: Run) -> Iterator[MarkdownSection]:
    pair = None if run.suite.search else pair_of(run)
    found = head_to_heads(run.results, run.suite.scenarios, (pair.first, pair.second)) if pair else ()
    yield MarkdownSection("The advice", (f"# stackduel: {escape(headline(run))}", "", *head_lines(run, pair, found)))
    yield headed("Conditions", _conditions(run))
    yield from found_sections(run) if run.suite.search else compared_sections(run, pair, found)
    yield headed("Notes", map(item, [*notes(run), *how_to_read(run, found)]))
    yield from detail_sections(run, pair)


def _conditions(run: Run) -> Iterator[str]:
    yield item(run.suite.summary)
    yield from map(item, condition_lines(run))
    yield f"- Measured by {code(command_text(run))}."
