"""The sections of a run that searched: what was found, what follows from it, and who is better by what (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from stackduel.model.run import Run
from stackduel.report.markdown.compared import described
from stackduel.report.markdown.markup import code, escape, grid, item, table
from stackduel.report.markdown.size_limit import MarkdownSection, headed
from stackduel.report.sections.search_results import FINDING_WORDS, sections
from stackduel.report.sections.search_winners import when_lines, winners, won


def found_sections(run: Run) -> Iterator[MarkdownSection]:
    """Results, insights, when to use which, and winners."""
    yield headed("Results", _found(run))
    found = won(run)
    # Without winners these sentences are the first that the report says.
    sentences = [item(f"{each.scenario}, {each.stack}: {each.found.sentence}") for each in run.findings]
    yield headed("Insights", sentences if found else ())
    yield headed("When to use which", map(item, when_lines(found)))
    yield headed("Winners by figure", table(winners(found)) if found else ())


def _found(run: Run) -> Iterator[str]:
    """What was found of every stack, scenario by scenario, and what could not be."""
    for each in sections(run):
        yield from (f"### {escape(each.scenario.name)}", "", described(each.scenario), "")
        if each.rows:
            yield from (*grid(each.headings, each.rows, FINDING_WORDS), "")
        if each.failures:
            yield from (*(f"{item(stack)}: not measured: {code(reason)}" for stack, reason in each.failures), "")
