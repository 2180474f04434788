"""The two stacks that a run is about, head to head: the suite's own pair, or the baseline and the advised one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackduel.analysis.head_to_head import QPS, HeadToHead, alone, head_to_heads
from stackduel.model.run import Run
from stackduel.model.suite import OpenLoop
from stackduel.report.sections.blocks import Block, Folded, Grid, Paragraph, Section
from stackduel.report.sections.head_to_head import SUMMED_UP, figures
from stackduel.report.sections.head_to_head_words import outcome, ratio_text, winner_text
from stackduel.report.sections.loads import load_text
from stackduel.report.sections.pair import Pair, pair_of

# Of more scenarios than these, each is folded away below a line that says how it ended.
MOST_OPEN = 3


def sections(run: Run) -> Iterator[Section]:
    """Yield the pair over all scenarios, then in each scenario; of a single stack its own figures."""
    if not run.suite.search:
        pair = pair_of(run)
        title = f"{pair.first} against {pair.second}: every figure" if pair else f"{run.baseline}: every figure"
        yield Section("pair", title, (*_in_short(run, pair), *_by_scenario(run, pair)))


def head_to_heads_of(run: Run, pair: Pair | None) -> tuple[HeadToHead, ...]:
    """Return the two stacks head to head in each scenario in which both were measured."""
    return head_to_heads(run.results, run.suite.compared, (pair.first, pair.second)) if pair else ()


def _in_short(run: Run, pair: Pair | None) -> Iterator[Block]:
    if pair is None:
        return
    why = f"{pair.first} against {pair.second}, {pair.why}. A ratio says how many times better the winner is."
    results = head_to_heads_of(run, pair)
    if pair.first == run.baseline and any(each.tested for each in results):
        why += " Whether a move pays is the verdict under Results, which allows for the number of comparisons."
    yield Paragraph(why)
    if len(results) > MOST_OPEN:
        yield _summary(results)


def _summary(results: Sequence[HeadToHead]) -> Grid:
    rows = tuple(
        (each.scenario.name, load_text(each.scenario.load), *(outcome(each.row(name)) for name in SUMMED_UP))
        for each in results
    )
    headings = ("scenario", "load", *SUMMED_UP)
    return Grid(
        f"{results[0].first} against {results[0].second}, in every scenario", headings, rows, frozenset(headings)
    )


def _by_scenario(run: Run, pair: Pair | None) -> Iterator[Block]:
    """Yield the figures of the pair, or of the one of it that was measured, scenario by scenario."""
    names = (pair.first, pair.second) if pair else (run.baseline,)
    by_name = {
        each.scenario.name: each for name in reversed(names) for each in alone(run.results, run.suite.compared, name)
    }
    by_name |= {each.scenario.name: each for each in head_to_heads_of(run, pair)}
    for scenario in run.suite.compared:
        result = by_name.get(scenario.name)
        if result is None:
            continue
        if len(by_name) <= MOST_OPEN:
            yield figures(result)
        else:
            yield Folded(_ending(result), (figures(result),))


def _ending(result: HeadToHead) -> str:
    """Return a scenario's name, and who won its main row."""
    if not result.second:
        return f"{result.scenario.name}: {result.first} alone"
    row = result.row("p50" if isinstance(result.scenario.load, OpenLoop) else QPS)
    return f"{result.scenario.name}: {row.name} {winner_text(row)} {ratio_text(row)}"
