"""The trend over many runs as one HTML file: charts over time, and what changed on the way (pure but for our files)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from stackduel.analysis.history.trend import Trend
from stackduel.model.counted import counted
from stackduel.report.html import document as sheet
from stackduel.report.sections import trend_charts
from stackduel.report.sections import trend_runs as moments
from stackduel.report.sections.advice import Headline
from stackduel.report.sections.blocks import Block, Grid, Paragraph, Section
from stackduel.report.sections.trend_runs import TrendMoment

# Points of all lines together: each stands in two charts and two tables, and the file is to stay below 5 MB.
MOST_POINTS = 4_000
WORDS = frozenset({"run", "started", "change", "status", "baseline", "what changed"})
COMPARE = "Whether two of these runs differ by more than chance is what stackduel compare OLD NEW tells."


def render(trend: Trend, links: Mapping[str, str]) -> str:
    """The trend of a run or more as the text of an HTML file; ``links`` are the addresses of reports, by run."""
    shown = _newest(trend)
    passed = tuple(moments.passed(shown))
    stacks = dict.fromkeys(line.stack for line in shown.lines)
    suite = shown.moments[-1].suite
    return sheet.render(
        sheet.HtmlPage(
            title=f"{suite}: stackduel trend",
            headline=f"{suite}: trend of {counted(len(shown.moments), 'run')}",
            answer=Headline(_sentence(suite, passed), tuple(_more(trend, passed))),
            question="",
            sections=tuple(_sections(shown, passed, links)),
            stacks=[{"name": stack} for stack in stacks],
            source=f"the run.json of {counted(len(shown.moments), 'run')}",
        )
    )


def _newest(trend: Trend) -> Trend:
    """As many of the newest runs as a page can hold."""
    count = max(1, MOST_POINTS // max(1, len(trend.lines)))
    lines = (replace(line, points=line.points[-count:]) for line in trend.lines)
    return replace(
        trend, moments=trend.moments[-count:], lines=tuple(line for line in lines if any(each for each in line.points))
    )


def _sentence(suite: str, passed: Sequence[TrendMoment]) -> str:
    days = list(dict.fromkeys(each.started.partition(" ")[0] for each in passed))
    when = f"from {days[0]} to {days[-1]}" if len(days) > 1 else f"of {days[0]}"
    return f"How the figures of {suite} went over {counted(len(passed), 'run')} {when}."


def _more(whole: Trend, passed: Sequence[TrendMoment]) -> Iterator[str]:
    left_out = len(whole.moments) - len(passed)
    if left_out:
        yield f"{counted(left_out, 'older run')} left out, for which a page has no room: see --json."
    changes = sum(each.change is not None for each in passed)
    if changes:
        yield f"The environment changed {'once' if changes == 1 else f'{changes} times'} on the way: see What changed."
    elif len(passed) > 1:
        yield "All of them were measured in the same environment."
    if any(not each.moment.merged for each in passed[1:]):
        yield "Where a run was launched otherwise, or has another baseline, than the one before, the lines are broken."
    if len(passed) > 1:
        yield COMPARE


def _sections(trend: Trend, passed: Sequence[TrendMoment], links: Mapping[str, str]) -> Iterator[Section]:
    for number, scenario in enumerate(trend.scenarios, 1):
        here = [line for line in trend.lines if line.scenario == scenario]
        blocks: list[Block] = []
        for metric in dict.fromkeys(line.metric for line in here):
            lines = [line for line in here if line.metric == metric]
            blocks += [*trend_charts.speedups(lines, passed, links), trend_charts.figures(lines, passed, links)]
        yield Section(f"scenario-{number}", scenario, tuple(blocks))
    if len(passed) > 1:
        yield Section("changes", "What changed", (_changes(passed, links),))
    yield Section("runs", "The runs", tuple(_runs(passed, links)))


def _changes(passed: Sequence[TrendMoment], links: Mapping[str, str]) -> Block:
    rows = tuple((each.moment.run_id, str(each.change), line) for each in passed for line in each.changed)
    if not rows:
        return Paragraph("Nothing: every run names the same environment as the one before it.")
    return Grid(
        "In what the environment of a run differs from that of the run before",
        ("run", "change", "what changed"),
        rows,
        WORDS,
        links=links,
    )


def _runs(passed: Sequence[TrendMoment], links: Mapping[str, str]) -> Iterator[Block]:
    if links:
        yield Paragraph("A run's name leads to its report, where that lies below this page's folder.")
    rows = tuple((each.moment.run_id, each.started, each.moment.baseline, each.moment.status) for each in passed)
    headings = ("run", "started", "baseline", "status")
    yield Grid("The runs, the oldest first", headings, rows, WORDS, links=links)
    broken = [each.moment.run_id for each in passed if each.at_ms is None]
    if broken:
        yield Paragraph(f"Not in the charts, as when they began cannot be read: {', '.join(broken)}.")
