"""The claims that were published about the switches of an ablated stack, each beside what was measured."""

from __future__ import annotations

import math
from collections.abc import Iterator

from stackduel.model.run import Run
from stackduel.model.search_results.ablation import Effect, JudgedClaim, change_text
from stackduel.report.sections.ablation import findings_of
from stackduel.report.sections.blocks import Grid, Legend, Meaning, Section
from stackduel.report.sections.figures import DASH

WORDS = frozenset({"scenario", "claim", "about", "measured", "judgement"})
MEANINGS = (
    Meaning(
        "judgement",
        "reproduced: the whole interval is at least what was claimed. Explained: a gain is shown, and the claimed size "
        "is ruled out. Refuted: the claimed size is ruled out, and no gain is shown. Inconclusive: the interval holds "
        "the claim's lower end",
        frozenset({"judgement"}),
    ),
    Meaning(
        "minutes",
        "about how long a run would have to be to settle an inconclusive claim",
        frozenset({"minutes"}),
    ),
)


def sections(run: Run) -> Iterator[Section]:
    """Yield a row for each claim in each scenario, of a run that ablated a stack."""
    rows = tuple(_cells(scenario.name, claim) for scenario, found in findings_of(run) for claim in found.claims)
    if rows:
        headings = ("scenario", "claim", "about", "measured", "judgement", "minutes")
        grid = Grid("Published claims", headings, rows, WORDS, least_needed=("about",)).without_empty_columns()
        grid = grid if len(run.suite.scenarios) > 1 else grid.without("scenario")
        yield Section("claims", "Published claims, beside what was measured", (grid, Legend(grid.headings, MEANINGS)))


def _cells(scenario: str, judged: JudgedClaim) -> tuple[str, ...]:
    about = ", ".join(judged.switches) or "all on, none off"
    measured = change_text(Effect(judged.measure, judged.ratio, judged.low, judged.high))
    minutes = DASH if judged.minutes is None else f"{math.ceil(judged.minutes):,}"
    return scenario, judged.claim, about, measured, judged.judgement, minutes
