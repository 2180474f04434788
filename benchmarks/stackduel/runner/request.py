"""What the user asks a run for, resolved into a RunPlan or shown as one."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from stackduel.analysis.conditions.conditions import conditions_for
from stackduel.model.errors import FieldError
from stackduel.model.run import Run
from stackduel.model.run_options import RunOptions
from stackduel.model.suite import Suite
from stackduel.planning.planner import plan_run
from stackduel.planning.run_plan import RunPlan
from stackduel.report.terminal import plan_tables
from stackduel.runner.launchers import running_stacks
from stackduel.runner.output import Output
from stackduel.runner.run_state import new_run

MAX_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class RunRequest:
    """The options of a run, the command that repeats it, and the user's conditions.

    ``suite`` replaces the one that the options name.
    """

    options: RunOptions
    command: Sequence[str] = ()
    fail_on: Sequence[str] = ()
    suite: Suite | None = None


def resolve(request: RunRequest) -> RunPlan:
    """Return the plan of a new run, with a seed drawn now if the user gives none; raises FieldError."""
    seed = request.options.seed
    return _plan(request, secrets.randbelow(MAX_SEED) if seed is None else seed)


def restore_plan(stored: Run) -> RunPlan:
    """Return the plan that a stored run began with; raises FieldError if it cannot be resumed."""
    if stored.suite.search is not None:
        raise FieldError(f"--resume: a search ({stored.suite.search.mode}) cannot be resumed: start a new run")
    return plan_run(stored.options, stored.seed, frozenset(stored.suite.stacks))


def dry_run(request: RunRequest, output: Output) -> int:
    """Show the plan and how long it takes, and start nothing; return the exit status."""
    plan = _plan(request, request.options.seed or 0)
    run = new_run(plan, request.command)
    conditions_for(request.fail_on, run)
    plan_tables.show(run, plan, output.out)
    return 0


def _plan(request: RunRequest, seed: int) -> RunPlan:
    return plan_run(request.options, seed, running_stacks(request.options), request.suite)
