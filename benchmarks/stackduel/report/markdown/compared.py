"""The sections of a run that compared stacks: results, insights, when to use which, winners (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackduel.analysis.head_to_head import QPS, HeadToHead, alone
from stackduel.model.run import Run
from stackduel.model.suite import OpenLoop, Scenario
from stackduel.report.markdown.details import figure_sections
from stackduel.report.markdown.head import caveats, failure_lines
from stackduel.report.markdown.markup import code, escape, folded, item, paragraph, table
from stackduel.report.markdown.size_limit import MarkdownSection, headed
from stackduel.report.sections.all_stacks import overview
from stackduel.report.sections.block import Block
from stackduel.report.sections.conditions import load_text
from stackduel.report.sections.head_to_head import SUMMED_UP, figures
from stackduel.report.sections.head_to_head_words import outcome, ratio_text, winner_text
from stackduel.report.sections.insights import insights, merged
from stackduel.report.sections.models import model_insights
from stackduel.report.sections.pair import Pair
from stackduel.report.sections.recommendations import when_lines, winners_block
from stackduel.report.sections.result_table import latency_kind
from stackduel.report.sections.run_insights import reasons
from stackduel.report.sections.service_levels import levels

# Of more scenarios than these, each is folded away below a line that says how it ended.
MOST_OPEN = 3
PAIRS = 1


def compared_sections(run: Run, pair: Pair | None, found: Sequence[HeadToHead]) -> Iterator[MarkdownSection]:
    """What there is of a run that compares stacks."""
    yield headed("Results", _results(pair, found, run))
    yield from _scenarios(run, pair, found)
    promised = levels(run)
    yield headed("Service levels", table(promised) if promised else ())
    yield headed("All stacks", _all_stacks(run))
    yield from figure_sections(run)
    if pair and found:
        of_each = [(duel.scenario.name, insight) for duel in found for insight in insights(duel)]
        of_models = model_insights(run, {pair.first, pair.second})
        said = merged([*reasons(run, pair), *of_each, *of_models], len(run.suite.scenarios))
        yield headed("Insights", map(item, [*caveats(found), *said]))
        yield headed("When to use which", map(item, when_lines(run, pair, found)))
        yield headed("Winners by category", _block(winners_block(found)))


def _results(pair: Pair | None, found: Sequence[HeadToHead], run: Run) -> Iterator[str]:
    if pair is None:
        yield paragraph(f"Nothing was measured beside {run.baseline}, so there is nothing to compare.")
        return
    yield paragraph(
        f"{pair.first} against {pair.second}, {pair.why}. A ratio says how many times better the winner is."
    )
    if pair.first == run.baseline and any(each.tested for each in found):
        yield ""
        yield paragraph(
            "Whether a move pays is the verdict in All stacks, which allows for the number of comparisons, and for "
            "what this host makes of no difference. The winner of a single row does not."
        )
    if len(found) > 1:
        rows = tuple(
            (each.scenario.name, load_text(each.scenario.load), *(outcome(each.row(name)) for name in SUMMED_UP))
            for each in found
        )
        headings = ("scenario", "load", *SUMMED_UP)
        yield ""
        yield from table(Block("", headings, rows, words=frozenset(headings)))


def _scenarios(run: Run, pair: Pair | None, found: Sequence[HeadToHead]) -> Iterator[MarkdownSection]:
    """The figures of the pair, or of the one of it that was measured, scenario by scenario."""
    names = (pair.first, pair.second) if pair else (run.baseline,)
    by_name = {
        each.scenario.name: each for name in reversed(names) for each in alone(run.results, run.suite.scenarios, name)
    }
    by_name |= {each.scenario.name: each for each in found}
    is_open = len(by_name) <= MOST_OPEN
    for scenario in run.suite.scenarios:
        duel = by_name.get(scenario.name)
        if duel is None:
            continue
        lines = [described(scenario), "", *table(figures(duel))]
        shown = [f"### {escape(scenario.name)}", "", *lines] if is_open else folded(_ending(duel), lines)
        yield MarkdownSection(f"{scenario.name}: the figures of {' and '.join(names)}", tuple(shown), PAIRS)


def described(scenario: Scenario) -> str:
    """A scenario in a line: what for, what is asked, how often, and what its latencies are."""
    summary = f"{paragraph(scenario.summary)} " if scenario.summary else ""
    return f"{summary}{code(scenario.label)}, {load_text(scenario.load)}; {latency_kind(scenario.load)}."


def _ending(duel: HeadToHead) -> str:
    """A scenario's name, and who won its main row."""
    if not duel.second:
        return f"{duel.scenario.name}: {duel.first} alone"
    row = duel.row("p50" if isinstance(duel.scenario.load, OpenLoop) else QPS)
    return f"{duel.scenario.name}: {row.name} {winner_text(row)} {ratio_text(row)}"


def _all_stacks(run: Run) -> Iterator[str]:
    told = overview(run)
    failures = list(failure_lines(run))
    if told:
        yield from table(told)
        yield from ("", *map(paragraph, told.lines))
    if failures:
        yield from ("", *failures)


def _block(block: Block) -> Iterator[str]:
    yield from table(block)
    if block.lines:
        yield from ("", *map(item, block.lines))
