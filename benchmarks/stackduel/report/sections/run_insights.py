"""Everything that follows from a run's figures by rules, each insight once over all scenarios."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackduel.analysis.head_to_head import HeadToHead
from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.model.run import Run
from stackduel.report.sections.blocks import Section, Sentences
from stackduel.report.sections.insights import insights, merged
from stackduel.report.sections.models import model_insights
from stackduel.report.sections.pair import pair_of
from stackduel.report.sections.pair_results import met
from stackduel.report.sections.stack_insights import reasons


def sections(run: Run) -> Iterator[Section]:
    """Yield the insights into a run that compared stacks."""
    pair = None if run.suite.search else pair_of(run)
    found = met(run, pair)
    if pair and found:
        of_pair = [(duel.scenario.name, insight) for duel in found for insight in insights(duel)]
        of_models = model_insights(run, {pair.first, pair.second})
        lines = merged([*reasons(run, pair), *of_pair, *of_models], len(run.suite.scenarios))
        yield Section("insights", "Insights", (Sentences((*caveats(found), *lines)),))


def caveats(found: Sequence[HeadToHead]) -> Iterator[str]:
    """Yield what limits all insights into a pair."""
    if not any(duel.tested for duel in found):
        yield f"Nothing here is tested, as that takes {FEWEST_BLOCKS} blocks: the stack named was ahead, no more."
    noisy = [duel.scenario.name for duel in found if duel.noisy]
    if noisy and any(duel.tested for duel in found):
        yield f"The host was busy with other things in {', '.join(noisy)}: the stack named there leads, no more."
