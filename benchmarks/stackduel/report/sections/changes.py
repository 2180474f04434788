"""What changed between two runs, as rows for every renderer (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stackduel.analysis.history.changes import Between, Change, Ratio
from stackduel.report.markdown.document import escape
from stackduel.report.sections.result_table import DASH, figure

WORDS = frozenset({"stack", "verdict", "run"})
LEGEND = (
    "old, new: requests a second, or milliseconds where the scenario gives their number or rate. ratio: the speedup "
    "over the baseline, new over old, with its interval; what changed the stack and the baseline alike cancels out. "
    "raw: the figures themselves, new over old, above 1 is better, the host's part included: no verdict rests on it."
)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as texts, below its title."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def grids(found: Between) -> tuple[Grid, ...]:
    """A table a scenario, a row a stack."""
    units = {change.scenario: "req/s" if change.metric == "rate" else "ms" for change in found.changes}
    headings = ("stack", "old", "new", "ratio", "raw", "verdict")
    return tuple(
        Grid(
            f"{scenario}, {unit}",
            headings,
            tuple(_row(each, found.baseline) for each in found.changes if each.scenario == scenario),
        )
        for scenario, unit in units.items()
    )


def render(found: Between) -> str:
    """The comparison as Markdown."""
    return "\n".join(_lines(found)) + "\n"


def heading(found: Between) -> str:
    """Which runs, in one line."""
    beside = f", beside {found.baseline}" if found.baseline else ""
    return f"{found.new} over {found.old}{beside}"


def markdown_grid(grid: Grid) -> Iterator[str]:
    """A table as Markdown's lines."""
    yield f"| {' | '.join(grid.headings)} |"
    yield "|" + "".join("---|" if heading in WORDS else "---:|" for heading in grid.headings)
    yield from (f"| {' | '.join(map(escape, row))} |" for row in grid.rows)


def _lines(found: Between) -> Iterator[str]:
    yield f"# stackduel: {escape(heading(found))}"
    for grid in grids(found):
        yield from ("", f"## {escape(grid.title)}", "")
        yield from markdown_grid(grid)
    yield from ("", LEGEND)
    if found.notes:
        yield from ("", "## Notes", "", *(f"- {escape(note)}" for note in found.notes))
    if found.differences:
        yield from ("", "## Not measured alike", "", *(f"- {escape(line)}" for line in found.differences))


def _row(change: Change, baseline: str | None) -> tuple[str, ...]:
    verdict = DASH if change.verdict == "not tested" else change.verdict + (" (noisy)" if change.noisy else "")
    ratio = "baseline" if change.stack == baseline else ratio_text(change.ratio)
    return change.stack, figure(change.old), figure(change.new), ratio, ratio_text(change.raw), verdict


def ratio_text(ratio: Ratio | None) -> str:
    """A ratio with its interval where there is one."""
    if ratio is None:
        return DASH
    bounds = "" if ratio.low is None else f" ({figure(ratio.low)}-{figure(ratio.high)})"
    return f"{figure(ratio.value)}x{bounds}"
