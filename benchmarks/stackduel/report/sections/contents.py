"""Which sections a report has, in each form and in which order: a new section is its module and its lines here.

A section is a function that yields the sections of a run; it yields none where it has nothing to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Literal

from stackduel.model.run import Run
from stackduel.report.sections import (
    ablation,
    all_stacks,
    at_a_glance,
    bottlenecks,
    change,
    claimed_speedups,
    conditions,
    crossover,
    environment,
    head_to_head,
    interpreters,
    migration_matrix,
    models,
    notes,
    pair_results,
    profiles,
    published_claims,
    recommendations,
    response_times,
    run_insights,
    scaling,
    scenarios,
    search_results,
    search_winners,
    served,
    service_levels,
    speedups,
    streams,
    tokens,
    tuning,
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
        at_a_glance.sections,
        tuning.sections,
        change.sections,
        speedups.sections,
        interpreters.sections,
        migration_matrix.sections,
        bottlenecks.sections,
        search_results.sections,
        search_winners.sections,
        ablation.sections,
        scaling.sections,
        profiles.sections,
        published_claims.sections,
        claimed_speedups.sections,
        head_to_head.sections,
        recommendations.sections,
        folded(run_insights.sections),
        folded(pair_results.sections),
        tokens.sections,
        service_levels.sections,
        served.sections,
        response_times.sections,
        streams.sections,
        models.sections,
        scenarios.sections,
        crossover.sections,
        notes.sections,
        validity.sections,
        folded(environment.stacks_sections),
        folded(environment.sections),
        environment.repeat_sections,
    ),
    # For a comment on a pull request: what a reader decides by, and how to repeat it. The rest is in report.html.
    "markdown": (
        change.sections,
        at_a_glance.sections,
        search_results.tables_alone,
        search_winners.sections,
        ablation.tables_alone,
        scaling.tables_alone,
        tuning.tables_alone,
        profiles.sections,
        published_claims.sections,
        tokens.sections,
        service_levels.in_short,
        served.sections,
        claimed_speedups.sections,
        interpreters.sections,
        all_stacks.sections,
        migration_matrix.in_short,
        conditions.sections,
        notes.sections,
        folded(streams.tables_alone),
        folded(response_times.sections),
        folded(models.sections),
    ),
    # A terminal is read from its last line, where the advice is: what matters most comes last.
    "terminal": (
        search_results.sections,
        ablation.sections,
        scaling.sections,
        tuning.sections,
        profiles.sections,
        published_claims.sections,
        scenarios.tables_alone,
        response_times.sections,
        tokens.sections,
        service_levels.sections,
        served.sections,
        streams.tables_alone,
        models.sections,
        head_to_head.sections,
        claimed_speedups.sections,
        interpreters.sections,
        migration_matrix.sections,
        notes.sections,
        change.sections,
    ),
}


def sections(run: Run, form: ReportForm) -> Iterator[Section]:
    """Yield all sections of a run in a form, in their order."""
    for maker in CONTENTS[form]:
        yield from maker(run)
