"""What changed between two runs, as rows for every renderer (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from stackduel.analysis.history.changes import Ratio, RunComparison, StackChange
from stackduel.report.sections.result_table import DASH, figure

WORDS = frozenset({"stack", "verdict", "run"})
LEGEND = (
    "old, new: requests a second, or milliseconds where the scenario gives their number or rate. ratio: the speedup "
    "over the baseline, new over old, with its interval; what changed the stack and the baseline alike cancels out. "
    "raw: the figures themselves, new over old, above 1 is better, the host's part included: no verdict rests on it."
)


@dataclass(frozen=True, slots=True)
class ChangeGrid:
    """A table as texts, below its title."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def grids(found: RunComparison) -> tuple[ChangeGrid, ...]:
    """A table a scenario, a row a stack."""
    units = {change.scenario: "req/s" if change.metric == "rate" else "ms" for change in found.changes}
    headings = ("stack", "old", "new", "ratio", "raw", "verdict")
    return tuple(
        ChangeGrid(
            f"{scenario}, {unit}",
            headings,
            tuple(_row(each, found.baseline) for each in found.changes if each.scenario == scenario),
        )
        for scenario, unit in units.items()
    )


def heading(found: RunComparison) -> str:
    """Which runs, in one line."""
    beside = f", beside {found.baseline}" if found.baseline else ""
    return f"{found.new} over {found.old}{beside}"


def _row(change: StackChange, baseline: str | None) -> tuple[str, ...]:
    verdict = DASH if change.verdict == "not tested" else change.verdict + (" (noisy)" if change.noisy else "")
    ratio = "baseline" if change.stack == baseline else ratio_text(change.ratio)
    return change.stack, figure(change.old), figure(change.new), ratio, ratio_text(change.raw), verdict


def ratio_text(ratio: Ratio | None) -> str:
    """A ratio with its interval where there is one."""
    if ratio is None:
        return DASH
    bounds = "" if ratio.low is None else f" ({figure(ratio.low)}-{figure(ratio.high)})"
    return f"{figure(ratio.value)}x{bounds}"
