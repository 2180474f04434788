"""The same stack on several interpreters: each of them beside the first one."""

from __future__ import annotations

from stackduel.analysis.comparisons import compare_with
from stackduel.analysis.conclusion import fixed_in, slots_of, windows_in
from stackduel.model.comparison import Comparison
from stackduel.model.interpreter_name import references
from stackduel.model.run import Run


def interpreter_pairs(run: Run) -> tuple[Comparison, ...]:
    """Return the comparison of every stack on a later interpreter with the same stack on the first one."""
    return compare_with(
        run.results,
        references(run.stacks),
        run.baseline,
        slots_of(run.stacks),
        fixed_in(run.suite),
        windows_in(run.suite),
    )
