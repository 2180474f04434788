"""The report as Markdown, for a comment on a pull request: the answer first, then what it rests on."""

from __future__ import annotations

from collections.abc import Iterator

from stackduel.model.run import Run
from stackduel.report.markdown.markup import escape, item, paragraph
from stackduel.report.markdown.passages import passages
from stackduel.report.markdown.size_limit import Passage, fitted, left_out_text
from stackduel.report.sections import contents
from stackduel.report.sections.advice import answer, title


def render(run: Run) -> str:
    """Return the whole report as text that fits into a comment; everything that came from outside is escaped."""
    sections = contents.sections(run, "markdown")
    lines, left_out = fitted(
        [Passage("The advice", tuple(_head(run))), *(p for each in sections for p in passages(each))]
    )
    if left_out:
        lines = (*lines, "", paragraph(left_out_text(left_out)))
    return "\n".join(lines) + "\n"


def _head(run: Run) -> Iterator[str]:
    headline = answer(run)
    yield from (f"# stackduel: {escape(title(run))}", "", f"**{escape(f'{headline.label}: {headline.sentence}')}**")
    if headline.reason:
        yield from ("", paragraph(headline.reason))
    if headline.more:
        yield from ("", *map(item, headline.more))
