"""The report of a run as one HTML file."""

from __future__ import annotations

from stackduel.model.run import Run
from stackduel.report.html import document
from stackduel.report.sections import contents
from stackduel.report.sections.advice import answer, title
from stackduel.report.sections.stack_looks import stack_looks


def render(run: Run) -> str:
    """Return the report of a run as the text of an HTML file; everything that came from outside is escaped."""
    return document.render(
        document.HtmlPage(
            title=f"{run.suite.name}: stackduel report",
            headline=title(run),
            answer=answer(run),
            question=f"What was measured: {run.suite.summary}" if run.suite.summary else "",
            sections=tuple(contents.sections(run, "html")),
            stacks=stack_looks(run),
            source=f"run.json of {run.run_id}",
        )
    )
