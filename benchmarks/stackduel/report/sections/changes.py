"""The changes between two runs: a section for each scenario, with a row for each stack."""

from __future__ import annotations

from collections.abc import Iterator

from stackduel.analysis.history.changes import Ratio, RunComparison, StackChange
from stackduel.report.sections.blocks import Grid, Paragraph, Section, Sentences
from stackduel.report.sections.figures import DASH, figure, times_text, verdict_text
from stackduel.report.sections.spread import UNITS

WORDS = frozenset({"stack", "verdict"})
LEGEND = (
    "old, new: requests a second, or milliseconds where the scenario gives their number or rate. ratio: the speedup "
    "over the baseline, new over old, with its interval; what changed the stack and the baseline alike cancels out. "
    "raw: the figures themselves, new over old, above 1 is better, with the host's part: no verdict rests on it."
)


def title(comparison: RunComparison) -> str:
    """Return which runs are compared."""
    beside = f", beside {comparison.baseline}" if comparison.baseline else ""
    return f"{comparison.new} over {comparison.old}{beside}"


def sections(comparison: RunComparison) -> Iterator[Section]:
    """Yield a table per scenario, what its columns mean, the notes, and what was not measured alike."""
    units = {change.scenario: UNITS[change.metric][1] for change in comparison.changes}
    for number, (scenario, unit) in enumerate(units.items(), 1):
        rows = tuple(_row(each, comparison.baseline) for each in comparison.changes if each.scenario == scenario)
        heading = f"{scenario}, {unit}"
        headings = ("stack", "old", "new", "ratio", "raw", "verdict")
        grid = Grid(heading, headings, rows, WORDS, least_needed=("raw", "old", "new"))
        yield Section(f"scenario-{number}", heading, (grid,))
    yield Section("legend", "", (Paragraph(LEGEND, soft=True),))
    if comparison.notes:
        yield Section("notes", "Notes", (Sentences(tuple(comparison.notes)),))
    if comparison.differences:
        yield Section("differences", "Not measured alike", (Sentences(tuple(comparison.differences)),))


def _row(change: StackChange, baseline: str | None) -> tuple[str, ...]:
    ratio = "baseline" if change.stack == baseline else ratio_text(change.ratio)
    verdict = verdict_text(change.verdict, noisy=change.noisy)
    return change.stack, figure(change.old), figure(change.new), ratio, ratio_text(change.raw), verdict


def ratio_text(ratio: Ratio | None) -> str:
    """Return a ratio with its interval, if it has one."""
    return DASH if ratio is None else times_text(ratio.value, ratio.low, ratio.high)
