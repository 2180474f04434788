"""The sentences of a report, computed from a run (pure)."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.record import Run
from benchmarks.report.table import figure
from benchmarks.trial import Failure, Trial
from benchmarks.verdict import migrations

GENERATOR_BUSY = 0.7


def headline(run: Run) -> str:
    """What kind of run it was, and whether it is whole."""
    done = len(run.done())
    counts = (counted(len(run.stacks), "stack"), counted(len(run.suite.scenarios), "scenario"))
    text = f"{run.suite.name}: {', '.join(counts)}, {counted(run.suite.blocks, 'block')}, seed {run.seed}"
    if run.status != "complete" or done < run.planned:
        text += f"; {run.status}: {done} of {run.planned} trials measured"
    return text


def matrix_lines(run: Run) -> list[str]:
    """The migration matrix's word on each stack that is not a control."""
    lines = []
    for each in migrations(run.comparisons):
        tier = run.stacks[each.candidate]["tier"]
        word = "control: not a migration to make" if tier == "control" else each.word
        over = counted(each.scenarios, "scenario")
        lines.append(f"{each.candidate} ({tier}): {figure(each.mean_speedup)}x mean over {over} - {word}")
    return lines


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
