"""How the figures of a report were computed, and where there is more."""

from __future__ import annotations

from collections.abc import Iterator

from stackduel.analysis.head_to_head import WORTH_NAMING
from stackduel.model.run import Run
from stackduel.report.sections.blocks import Section, Sentences
from stackduel.report.sections.pair import pair_of
from stackduel.report.sections.pair_results import head_to_heads_of


def sections(run: Run) -> Iterator[Section]:
    """Yield how to read the report."""
    yield Section("reading", "How to read this report", (Sentences(tuple(_sentences(run))),))


def _sentences(run: Run) -> Iterator[str]:
    results = () if run.suite.search else head_to_heads_of(run, pair_of(run))
    if any(result.tested for result in results):
        yield (
            "Two stacks head to head: figures are of all blocks together; a ratio is that of the figures within "
            "each block, in the mean over the blocks, with an interval whose confidence of 95 % is that of all rows of "
            "its table together. A row has a winner if the interval does not contain 1; otherwise it is a tie."
        )
    elif results:
        yield (
            "Two stacks head to head: a ratio is the mean over the blocks; the stack that is ahead by "
            f"{100 * (WORTH_NAMING - 1):.0f} % is named, and the next run may name the other."
        )
    yield (
        "A dash is a figure that was not measured, or not on enough requests. More, and charts, in report.html beside "
        f"this file; every trial in run.json; what each figure is, in docs/method.md. Run {run.run_id}."
    )
