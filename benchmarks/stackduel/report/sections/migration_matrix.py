"""How good a candidate each stack is over all scenarios."""

from __future__ import annotations

from collections.abc import Iterator

from stackduel.analysis.matrix import MatrixEntry, migrations
from stackduel.model.counted import counted
from stackduel.model.run import Run
from stackduel.report.sections.blocks import Paragraph, Section, Sentences

WITHOUT_MIGRATION = frozenset({"baseline", "settings", "worker-class", "server", "code"})


def sections(run: Run) -> Iterator[Section]:
    """Yield the matrix of a run that compared stacks."""
    lines = matrix_lines(run)
    if lines:
        blocks = (Sentences(tuple(lines)), Paragraph(matrix_note(run), soft=True))
        yield Section("matrix", "Migration matrix", blocks)


def in_short(run: Run) -> Iterator[Section]:
    """Yield the matrix as one paragraph."""
    if lines := matrix_lines(run):
        yield Section("matrix", "Migration matrix", (Paragraph(f"{'; '.join(lines)}. {matrix_note(run)}"),))


def matrix_lines(run: Run) -> list[str]:
    """Return the matrix's verdict on each stack, in the suite's order; none of a tuning, which migrates nothing."""
    if run.suite.search:
        return []
    by_name = {each.candidate: each for each in migrations(run.comparisons)}
    return [_matrix_line(by_name[name], run.stacks[name].tier) for name in run.stacks if name in by_name]


def _matrix_line(entry: MatrixEntry, tier: str) -> str:
    count = len(entry.mean.comparisons)
    over = f" in the mean of {counted(count, 'scenario')}" if count > 1 else ""
    return f"{entry.candidate} ({tier}): {entry.mean.figures}{over} - {verdict_on(entry, tier)}"


def verdict_on(entry: MatrixEntry, tier: str) -> str:
    """Return the matrix's word, or what the change is instead of a migration."""
    if tier == "control":
        return "a wrong migration, shown as a control"
    if tier in WITHOUT_MIGRATION and entry.benefit:
        return "gained without a migration"
    return entry.word


def matrix_note(run: Run) -> str:
    """Return how the matrix's figures are to be read."""
    tested = [entry.mean.tested for entry in migrations(run.comparisons)]
    means = "Means are geometric. " if len({each.scenario for each in run.comparisons}) > 1 else ""
    words = "Each word goes by the lower end of its interval."
    untested = "A figure without an interval is not tested and has no word."
    said = (words if any(tested) else "", "" if all(tested) else untested)
    return means + " ".join(text for text in said if text)
