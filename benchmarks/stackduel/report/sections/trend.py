"""The trend over many runs as tables: a section for each stack in each scenario, a row a run."""

from __future__ import annotations

from collections.abc import Iterator

from stackduel.analysis.history.run_summary import SpeedupPoint
from stackduel.analysis.history.trend import Trend, TrendLine
from stackduel.report.sections.blocks import Grid, Section, Sentences
from stackduel.report.sections.figures import figure, sized_verdict_text, speedup_text
from stackduel.report.sections.spread import UNITS

MARK = "*"
WORDS = frozenset({"run", "verdict"})
_NOT_MERGED = "other launcher or baseline: not comparable with earlier runs"


def title(trend: Trend) -> str:
    """Return how many runs the trend is of."""
    return f"trend of {len(trend.moments)} runs"


def sections(trend: Trend) -> Iterator[Section]:
    """Yield the tables, with a mark where the environment changed, then what changed there."""
    for number, line in enumerate(trend.lines, 1):
        yield Section(f"line-{number}", f"{line.scenario}, {line.stack}", (_grid(trend, line),))
    lines = change_lines(trend)
    if lines:
        yield Section("changes", f"What changed at {MARK}", (Sentences(tuple(lines)),))


def change_lines(trend: Trend) -> list[str]:
    """Return how the environment of each marked run differs from that of the run before."""
    return [
        f"{moment.run_id}: {'; '.join(moment.changed)}" + ("" if moment.merged else f" ({_NOT_MERGED})")
        for moment in trend.moments
        if moment.changed or not moment.merged
    ]


def speedup_of(point: SpeedupPoint) -> str:
    """Return a point's speedup with its interval, if it has one."""
    return speedup_text(point)


def _grid(trend: Trend, line: TrendLine) -> Grid:
    score = UNITS[line.metric][1]
    rows = []
    for moment, point in zip(trend.moments, line.points, strict=True):
        mark = f" {MARK}" if moment.changed or not moment.merged else ""
        if point is not None:
            row = (f"{moment.run_id}{mark}", figure(point.score), speedup_of(point), sized_verdict_text(point))
            rows.append(row)
    headings = ("run", score, "speedup", "verdict")
    return Grid(f"{line.scenario}, {line.stack}", headings, tuple(rows), WORDS, least_needed=(score, "verdict"))
