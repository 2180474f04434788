"""The whole report as one HTML file: whatever a run has, section by section (pure but for the package's own files)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from stackduel.model.run import Run
from stackduel.report.html import document as sheet
from stackduel.report.html import shared_sections as further
from stackduel.report.sections import bottlenecks as ceilings
from stackduel.report.sections import crossover, scenarios, speedups
from stackduel.report.sections import environment as surroundings
from stackduel.report.sections import search_charts as searches
from stackduel.report.sections import validity as doubts
from stackduel.report.sections.advice import answer
from stackduel.report.sections.blocks import Section
from stackduel.report.sections.roles import ROLES, described
from stackduel.report.sections.words import headline

# What a page is made of, in its order. A module that adds something has a function of this kind and a line here.
PARTS: tuple[Callable[[Run], Iterable[Section]], ...] = (
    speedups.sections,
    ceilings.sections,
    searches.sections,
    further.sections,
    scenarios.sections,
    crossover.sections,
    doubts.sections,
    surroundings.sections,
)


def render(run: Run) -> str:
    """The report of a run as the text of an HTML file; everything that came from outside is escaped."""
    return sheet.render(
        sheet.HtmlPage(
            title=f"{run.suite.name}: stackduel report",
            headline=headline(run),
            answer=answer(run),
            question=f"What was measured: {run.suite.summary}" if run.suite.summary else "",
            sections=[section for part in PARTS for section in part(run)],
            stacks=described(run),
            source=f"run.json of {run.run_id}",
            roles=ROLES,
        )
    )
