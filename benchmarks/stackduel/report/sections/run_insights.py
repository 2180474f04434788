"""Everything that follows from a run's figures by rules, each insight once over all scenarios."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackduel.analysis.head_to_head import HeadToHead
from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.model.run import Run
from stackduel.report.sections.blocks import Section, Sentences
from stackduel.report.sections.insights import insights
from stackduel.report.sections.merged_insights import merged
from stackduel.report.sections.models import model_insights
from stackduel.report.sections.pair import pair_of
from stackduel.report.sections.pair_results import head_to_heads_of
from stackduel.report.sections.stack_insights import stack_insights

# The most important come first; what is further down follows from the tables at one look.
MOST_INSIGHTS = 5


def sections(run: Run) -> Iterator[Section]:
    """Yield the insights into a run that compared stacks."""
    pair = None if run.suite.search else pair_of(run)
    results = head_to_heads_of(run, pair)
    if pair and results:
        of_pair = [(result.scenario.name, insight) for result in results for insight in insights(result)]
        of_models = model_insights(run, {pair.first, pair.second})
        lines = tuple(merged([*stack_insights(run, pair), *of_pair, *of_models], len(run.suite.compared)))
        yield Section("insights", "Insights", (Sentences((*caveats(results), *lines[:MOST_INSIGHTS])),))


def caveats(results: Sequence[HeadToHead]) -> Iterator[str]:
    """Yield what limits all insights into a pair."""
    if not any(result.tested for result in results):
        few = f"Nothing here is tested, as that takes {FEWEST_BLOCKS} blocks"
        yield f"{few}: the stack named was ahead, but that may be chance."
    noisy = [result.scenario.name for result in results if result.noisy]
    if noisy and any(result.tested for result in results):
        busy = f"The host was busy with other things in {', '.join(noisy)}"
        yield f"{busy}: the stack named there leads, but that may be chance."
