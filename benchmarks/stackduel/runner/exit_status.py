"""The exit status of a run, and of a verification."""

from __future__ import annotations

from collections.abc import Iterable

from stackduel.model.run import Run
from stackduel.model.stack import Stack
from stackduel.model.trial import Failure

STACK_FAILED = 3
INTERRUPTED = 130


def exit_status(run: Run) -> int:
    """Return 3 if a stack that is no control could not be measured, else 0."""
    if run.suite.search is not None:
        # A server that ends under too high a load is a finding, not a failure.
        failed = set(run.stacks) - {finding.stack for finding in run.findings}
    else:
        failed = {result.place.stack for result in run.results if isinstance(result, Failure)}
    return STACK_FAILED if any(run.stacks[name].tier != "control" for name in failed) else 0


def verification_status(wrong: Iterable[Stack]) -> int:
    """Return 3 if a stack that is no control answers wrongly, else 0."""
    return 0 if all(stack.is_control for stack in wrong) else STACK_FAILED
