"""What a reader must know before believing the figures: notes, and trials that do not count (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from stackduel.model.run import Run
from stackduel.model.trial import Trial
from stackduel.report.sections.blocks import Folded, Grid, Paragraph, Section, Sentences, Shown
from stackduel.report.sections.words import notes, void_lines

WORDS = frozenset({"scenario", "stack", "word", "reason"})
MOST_ROWS = 1_000


def sections(run: Run) -> Iterator[Section]:
    """The notes, then each attempt that the gates did not let pass, with its reason."""
    found = notes(run)
    if found:
        yield Section("notes", "Before you rely on it", (Sentences(tuple(found)),))
    if run.results:
        yield Section("void", "Trials that do not count", tuple(_blocks(run)))


def _blocks(run: Run) -> Iterator[Shown]:
    trials = [each for each in run.results if isinstance(each, Trial)]
    doubtful = [each for each in trials if each.state != "ok"]
    if not doubtful:
        yield Paragraph(f"None: all {len(trials)} trials passed every check of the host and of the load generator.")
        return
    yield Paragraph(
        "A trial that the host or the load generator disturbed is void: it is shown, repeated, and counted nowhere. "
        "Where the host stayed noisy, the quietest attempt is kept, and decides nothing."
    )
    yield Sentences(tuple(void_lines(run)))
    rows = tuple(
        (
            each.place.scenario,
            each.place.stack,
            str(each.place.block),
            str(each.place.attempt),
            each.state,
            " ".join(str(each.reason).split()),
        )
        for each in doubtful[:MOST_ROWS]
    )
    headings = ("scenario", "stack", "block", "attempt", "word", "reason")
    grid = Grid("Attempts that do not count, or count only as noisy", headings, rows, WORDS)
    summary = f"All {len(rows)} of them" if len(rows) > 1 else "It in full"
    if len(doubtful) > MOST_ROWS:
        summary = f"The first {MOST_ROWS:,} of {len(doubtful):,}; run.json has them all"
    yield Folded(summary, (grid,))
