"""Which sections a report has, in each form and in which order: a new section is its module and its lines here.

A section is a function that yields the sections of a run; it yields none where it has nothing to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Literal

from stackduel.model.run import Run
from stackduel.report.sections import (
    all_stacks,
    bottlenecks,
    conditions,
    crossover,
    environment,
    head_to_head,
    how_to_read,
    migration_matrix,
    models,
    notes,
    pair_results,
    recommendations,
    run_insights,
    scenarios,
    search_results,
    search_winners,
    service_levels,
    speedups,
    validity,
)
from stackduel.report.sections.blocks import Folded, Section

SectionMaker = Callable[[Run], Iterable[Section]]
ReportForm = Literal["html", "markdown", "terminal"]


def folded(sections: SectionMaker) -> SectionMaker:
    """Return the same sections, each folded away below its title: few readers need them in this form."""

    def each_folded(run: Run) -> Iterator[Section]:
        for section in sections(run):
            yield replace(section, title="", blocks=(Folded(section.title, section.blocks),))

    return each_folded


CONTENTS: Mapping[ReportForm, tuple[SectionMaker, ...]] = {
    "html": (
        speedups.sections,
        migration_matrix.sections,
        bottlenecks.sections,
        search_results.sections,
        search_winners.sections,
        head_to_head.sections,
        service_levels.sections,
        models.sections,
        scenarios.sections,
        crossover.sections,
        notes.sections,
        validity.sections,
        environment.stacks_sections,
        environment.sections,
        environment.repeat_sections,
    ),
    # For a comment on a pull request. If it is too long, the last folded sections are dropped.
    "markdown": (
        conditions.sections,
        pair_results.sections,
        search_results.sections,
        service_levels.in_short,
        all_stacks.sections,
        folded(scenarios.tables_alone),
        run_insights.sections,
        recommendations.sections,
        search_winners.sections,
        notes.sections,
        how_to_read.sections,
        folded(models.sections),
        folded(validity.sections),
        folded(bottlenecks.limits_sections),
        folded(crossover.sections),
        folded(environment.sections),
    ),
    # A terminal is read from its last line, where the advice is: what matters most comes last.
    "terminal": (
        search_results.sections,
        scenarios.tables_alone,
        service_levels.sections,
        models.sections,
        head_to_head.sections,
        migration_matrix.sections,
        notes.sections,
    ),
}


def sections(run: Run, form: ReportForm) -> Iterator[Section]:
    """Yield all sections of a run in a form, in their order."""
    for maker in CONTENTS[form]:
        yield from maker(run)
