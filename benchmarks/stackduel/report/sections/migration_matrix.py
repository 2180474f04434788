"""How good a candidate each stack is over all scenarios."""

from __future__ import annotations

from collections.abc import Iterator

from stackduel.analysis.comparisons import NO_BENEFIT_WORD, MatrixEntry, migrations
from stackduel.model.aa_pair import is_twin
from stackduel.model.counted import counted
from stackduel.model.run import Run
from stackduel.report.sections.blocks import Paragraph, Section, Sentences
from stackduel.report.sections.figures import figure

WITHOUT_MIGRATION = frozenset({"baseline", "settings", "worker-class", "code"})


def sections(run: Run) -> Iterator[Section]:
    """Yield the matrix of a run that compared stacks."""
    lines = matrix_lines(run)
    if lines:
        blocks = (Sentences(tuple(lines)), Paragraph(matrix_note(run), soft=True))
        yield Section("matrix", "Migration matrix", blocks)


def matrix_lines(run: Run) -> list[str]:
    """Return the matrix's verdict on each stack, in the order of the suite."""
    by_name = {each.candidate: each for each in migrations(run.comparisons)}
    return [_matrix_line(by_name[name], run.stacks[name].tier) for name in run.stacks if name in by_name]


def _matrix_line(entry: MatrixEntry, tier: str) -> str:
    scenarios = counted(entry.scenarios, "scenario")
    return (
        f"{entry.candidate} ({tier}): {figure(entry.mean_speedup)}x mean over {scenarios} - {verdict_on(entry, tier)}"
    )


def verdict_on(entry: MatrixEntry, tier: str) -> str:
    """Return the matrix's verdict, or what the change is instead of a migration."""
    if tier == "control":
        return "a wrong migration, shown as a control"
    if tier in WITHOUT_MIGRATION and entry.verdict != NO_BENEFIT_WORD:
        return "gained without a migration"
    return entry.verdict


def matrix_note(run: Run) -> str:
    """Return how the matrix's figures are to be read."""
    tested = {comparison.low is not None for comparison in run.comparisons if not is_twin(comparison.candidate)}
    if tested == {True, False}:
        return "Read at the lower end of each interval; where there is none, at the point estimate."
    return (
        "Point estimates: not tested for significance."
        if False in tested
        else "Read at the lower end of each interval."
    )
