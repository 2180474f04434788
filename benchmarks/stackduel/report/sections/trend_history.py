"""The runs of a trend over time: a section a scenario with its charts, what changed, and the runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from stackduel.analysis.history.trend import Trend
from stackduel.model.counted import counted
from stackduel.report.sections import trend_charts
from stackduel.report.sections.advice import Headline
from stackduel.report.sections.blocks import Block, Grid, Paragraph, Section
from stackduel.report.sections.trend_runs import TrendRun

WORDS = frozenset({"run", "started", "change", "status", "baseline", "what changed"})
COMPARE = "stackduel compare OLD NEW tests whether two of these runs differ by more than chance."


def answer(whole: Trend, runs: Sequence[TrendRun]) -> Headline:
    """Return which runs these are, of the ``whole`` trend, and how far they can be compared."""
    days = list(dict.fromkeys(each.started.partition(" ")[0] for each in runs))
    when = f"from {days[0]} to {days[-1]}" if len(days) > 1 else f"of {days[0]}"
    suite = whole.moments[-1].suite
    return Headline(f"The figures of {suite} over {counted(len(runs), 'run')} {when}.", tuple(_more(whole, runs)))


def sections(trend: Trend, runs: Sequence[TrendRun], links: Mapping[str, str]) -> Iterator[Section]:
    """Yield the sections of a trend; ``links`` are the addresses of the runs' reports."""
    for number, scenario in enumerate(trend.scenarios, 1):
        here = [line for line in trend.lines if line.scenario == scenario]
        blocks: list[Block] = []
        for metric in dict.fromkeys(line.metric for line in here):
            lines = [line for line in here if line.metric == metric]
            blocks += [*trend_charts.speedups(lines, runs, links), trend_charts.figures(lines, runs, links)]
        yield Section(f"scenario-{number}", scenario, tuple(blocks))
    if len(runs) > 1:
        yield Section("changes", "What changed", (_changes(runs, links),))
    yield Section("runs", "The runs", tuple(_runs(runs, links)))


def _more(whole: Trend, runs: Sequence[TrendRun]) -> Iterator[str]:
    left_out = len(whole.moments) - len(runs)
    if left_out:
        yield f"{counted(left_out, 'older run')} left out, for which a page has no room: see --json."
    changes = sum(each.change is not None for each in runs)
    if changes:
        yield f"The environment changed {'once' if changes == 1 else f'{changes} times'} on the way: see What changed."
    elif len(runs) > 1:
        yield "All of them were measured in the same environment."
    if any(not each.moment.merged for each in runs[1:]):
        yield "The lines are broken where a run has another launcher or baseline than the run before."
    if len(runs) > 1:
        yield COMPARE


def _changes(runs: Sequence[TrendRun], links: Mapping[str, str]) -> Block:
    rows = tuple((each.moment.run_id, str(each.change), line) for each in runs for line in each.changed)
    if not rows:
        return Paragraph("Nothing: every run names the same environment as the one before it.")
    return Grid(
        "What differs in the environment of a run from that of the run before",
        ("run", "change", "what changed"),
        rows,
        WORDS,
        links=links,
    )


def _runs(runs: Sequence[TrendRun], links: Mapping[str, str]) -> Iterator[Block]:
    if links:
        yield Paragraph("A run's name leads to its report, if that is below this page's folder.")
    rows = tuple((each.moment.run_id, each.started, each.moment.baseline, each.moment.status) for each in runs)
    headings = ("run", "started", "baseline", "status")
    yield Grid("The runs, the oldest first", headings, rows, WORDS, links=links)
    broken = [each.moment.run_id for each in runs if each.at_ms is None]
    if broken:
        yield Paragraph(f"Not in the charts, because their start time cannot be read: {', '.join(broken)}.")
