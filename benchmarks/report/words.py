"""The sentences of a report, computed from a run (pure)."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.record import Run
from benchmarks.report.table import figure
from benchmarks.trial import Failure, Trial
from benchmarks.verdict import NO_BENEFIT, Migration, migrations

GENERATOR_BUSY = 0.7
WITHOUT_MIGRATION = frozenset({"baseline", "settings", "worker-class", "code"})


def headline(run: Run) -> str:
    """What kind of run it was, and whether it is whole."""
    done = len(run.done())
    counts = (counted(len(run.stacks), "stack"), counted(len(run.suite.scenarios), "scenario"))
    text = f"{run.suite.name}: {', '.join(counts)}, {counted(run.suite.blocks, 'block')}, seed {run.seed}"
    if run.status != "complete" or done < run.planned:
        text += f"; {run.status}: {done} of {run.planned} trials measured"
    return text


def matrix_lines(run: Run) -> list[str]:
    """The migration matrix's word on each stack; a change that is no migration is called what it is."""
    by_name = {each.candidate: each for each in migrations(run.comparisons)}
    return [_matrix_line(by_name[name], str(run.stacks[name]["tier"])) for name in run.stacks if name in by_name]


def _matrix_line(found: Migration, tier: str) -> str:
    word = found.word
    if tier == "control":
        word = "a wrong migration, shown as a control"
    elif tier in WITHOUT_MIGRATION and word != NO_BENEFIT:
        word = "gained without a migration"
    over = counted(found.scenarios, "scenario")
    return f"{found.candidate} ({tier}): {figure(found.mean_speedup)}x mean over {over} - {word}"


def matrix_note(run: Run) -> str:
    """How the matrix's figures are to be read."""
    if all(comparison.low is not None for comparison in run.comparisons):
        return "Read at the lower end of each interval."
    return "Point estimates: not tested for significance."


def notes(run: Run) -> list[str]:
    """What a reader must know before believing the figures."""
    found = [str(note) for note in run.environment.get("notes", ()) if note]
    busy = sorted({trial.place.stack for trial in _trials(run) if trial.measurement.generator.busiest > GENERATOR_BUSY})
    if busy:
        found.append(
            f"The load generator used over {GENERATOR_BUSY:.0%} of a core against {', '.join(busy)}: "
            "these stacks may be faster than shown."
        )
    failures = [result for result in run.results if isinstance(result, Failure)]
    if failures:
        found.append(f"{counted(len(failures), 'trial')} could not be measured: see the reasons.")
    return found


def counted(number: int, noun: str) -> str:
    """A number and its noun, in the plural unless it is one."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _trials(run: Run) -> Iterable[Trial]:
    return (result for result in run.results if isinstance(result, Trial))
