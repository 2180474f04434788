"""Trials that do not count, or count only as noisy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from stackduel.model.counted import counted
from stackduel.model.run import Run
from stackduel.model.trial import Trial
from stackduel.report.sections.blocks import Block, Folded, Grid, Paragraph, Section, Sentences
from stackduel.report.sections.counted_trials import all_trials

WORDS = frozenset({"scenario", "stack", "state", "reason"})
MOST_ROWS = 1_000


def sections(run: Run) -> Iterator[Section]:
    """Yield each attempt that did not pass its gates, with its reason."""
    if run.results:
        yield Section("void", "Trials that do not count", tuple(_blocks(run)))


def _blocks(run: Run) -> Iterator[Block]:
    trials = all_trials(run)
    doubtful = [each for each in trials if each.state != "ok"]
    if not doubtful:
        yield Paragraph(f"None: all {len(trials)} trials passed every check of the host and of the load generator.")
        return
    yield Paragraph(
        "A trial that the host or the load generator disturbed is void: it is listed, repeated, and counts nowhere. "
        "Where the host stayed noisy, the quietest attempt is kept, but decides no verdict."
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
    headings = ("scenario", "stack", "block", "attempt", "state", "reason")
    grid = Grid("Attempts that do not count, or count only as noisy", headings, rows, WORDS)
    summary = f"All {len(rows)} attempts" if len(rows) > 1 else "The attempt"
    if len(doubtful) > MOST_ROWS:
        summary = f"The first {MOST_ROWS:,} of {len(doubtful):,}; run.json has them all"
    yield Folded(summary, (grid,))


def void_lines(run: Run) -> list[str]:
    """Return where trials do not count, or were kept in spite of noise: how many, and the latest reason."""
    places: dict[tuple[str, str], list[Trial]] = {}
    for trial in all_trials(run):
        places.setdefault((trial.place.scenario, trial.place.stack), []).append(trial)
    return [
        f"{scenario}, {stack}: of {counted(len(trials), 'attempt')} {_states(trials)}. The latest: {_reason(trials)}"
        for (scenario, stack), trials in places.items()
        if any(trial.state != "ok" for trial in trials)
    ]


def _states(trials: Sequence[Trial]) -> str:
    counts = Counter(trial.state for trial in trials)
    return ", ".join(f"{counts[state]} {state}" for state in ("void", "noisy") if counts[state])


def _reason(trials: Sequence[Trial]) -> str:
    return next(str(trial.reason) for trial in reversed(trials) if trial.state != "ok")
