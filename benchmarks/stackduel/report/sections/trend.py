"""The trend over many runs, as rows for a terminal or Markdown (pure)."""

from __future__ import annotations

from stackduel.analysis.history.run_summary import SpeedupPoint
from stackduel.analysis.history.trend import Trend, TrendLine
from stackduel.report.sections.changes import ChangeGrid
from stackduel.report.sections.result_table import DASH, figure

MARK = "*"
_NOT_MERGED = "launched otherwise, or beside another baseline: not to be compared with what was before"


def grids(trend: Trend) -> tuple[ChangeGrid, ...]:
    """A table for each stack in each scenario, a row a run; a mark where the environment is another than before."""
    return tuple(_grid(trend, line) for line in trend.lines)


def change_lines(trend: Trend) -> list[str]:
    """What the marks stand for: in what the environment of a run differs from that of the run before."""
    return [
        f"{moment.run_id}: {'; '.join(moment.changed)}" + ("" if moment.merged else f" ({_NOT_MERGED})")
        for moment in trend.moments
        if moment.changed or not moment.merged
    ]


def _grid(trend: Trend, line: TrendLine) -> ChangeGrid:
    score = "req/s" if line.metric == "rate" else "ms"
    rows = []
    for moment, point in zip(trend.moments, line.points, strict=True):
        mark = f" {MARK}" if moment.changed or not moment.merged else ""
        if point is not None:
            rows.append((f"{moment.run_id}{mark}", figure(point.score), speedup_text(point), verdict_text(point)))
    return ChangeGrid(f"{line.scenario}, {line.stack}", ("run", score, "speedup", "verdict"), tuple(rows))


def speedup_text(point: SpeedupPoint) -> str:
    """A point's speedup with its interval where there is one."""
    if point.speedup is None:
        return DASH
    bounds = "" if point.low is None else f" ({figure(point.low)}-{figure(point.high)})"
    return f"{figure(point.speedup)}x{bounds}"


def verdict_text(point: SpeedupPoint) -> str:
    """The word on a point, or a dash where nothing was tested."""
    return DASH if point.verdict == "not tested" else point.verdict
