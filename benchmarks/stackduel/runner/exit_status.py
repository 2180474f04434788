"""The exit status of a run, and of a verification."""

from __future__ import annotations

from collections.abc import Iterable

from stackduel.model.findings import SearchResult
from stackduel.model.run import Run
from stackduel.model.search_results.capacity import Capacity
from stackduel.model.search_results.streams_held import StreamsHeld
from stackduel.model.search_results.tuned import Tuned
from stackduel.model.stack import Stack
from stackduel.model.trial import Failure
from stackduel.model.tune_settings import TuneSettings

UNSAVED = 2
STACK_FAILED = 3
INTERRUPTED = 130


def exit_status(run: Run) -> int:
    """Return 3 if a stack that is no control could not be measured, or if nothing was, else 0."""
    if run.status == "failed":
        return STACK_FAILED
    if isinstance(run.suite.search, TuneSettings):
        # A candidate that does not start is a candidate less; without its current command nothing is compared.
        failed = set() if any(_is_confirmed(finding.found) for finding in run.findings) else {run.baseline}
    elif not run.suite.is_planned:
        # A server that ends under too high a load is a finding, not a failure.
        failed = set(run.stacks) - {finding.stack for finding in run.findings if not _nothing_right(finding.found)}
    else:
        failed = {
            result.place.stack for result in run.results if isinstance(result, Failure) and result.state == "failed"
        }
    return STACK_FAILED if any(run.stacks[name].tier != "control" for name in failed) else 0


def _is_confirmed(found: SearchResult) -> bool:
    """Return whether a tuning measured anything beside its current command."""
    return isinstance(found, Tuned) and len(found.confirmed) > 1


def _nothing_right(found: SearchResult) -> bool:
    """Return whether a search ended because no request was answered rightly, even at the lowest load."""
    return isinstance(found, Capacity | StreamsHeld) and found.nothing_right is True


def verification_status(wrong: Iterable[Stack]) -> int:
    """Return 3 if a stack that is no control answers wrongly, else 0."""
    return 0 if all(stack.is_control for stack in wrong) else STACK_FAILED
