"""The user's request of a run, resolved into a RunPlan."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stackduel.analysis.conditions.conditions import conditions_for
from stackduel.application.chosen_interpreters import chosen_interpreters
from stackduel.model.ablation_settings import AblationSettings
from stackduel.model.errors import FieldError
from stackduel.model.run import Run
from stackduel.model.run_options import RunOptions
from stackduel.model.scaling_settings import ScalingSettings
from stackduel.model.suite import Suite
from stackduel.planning.interpreter_stacks import refuse_unchoosable
from stackduel.planning.planner import plan_run
from stackduel.planning.run_plan import RunPlan
from stackduel.planning.stacks_file import OwnFile
from stackduel.report.terminal import plan_tables
from stackduel.runner.interpreter_needs import refuse_unfit
from stackduel.runner.launchers import running_stacks
from stackduel.runner.output import Output
from stackduel.runner.run_state import new_run
from stackduel.runner.trial_export import NOWHERE, TrialOutlets
from stackduel.storage.redaction import REDACTED

MAX_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class RunRequest:
    """The options of a run, the command that repeats it, and the user's conditions.

    ``suite`` replaces the one that the options name, ``own`` the content of the stacks file; ``notes`` are sentences
    for the report. ``flamegraph`` is a file that gets a profile's first flamegraph, ``outlets`` get its trials.
    """

    options: RunOptions
    command: Sequence[str] = ()
    fail_on: Sequence[str] = ()
    suite: Suite | None = None
    flamegraph: Path | None = None
    outlets: TrialOutlets = NOWHERE
    own: OwnFile | None = None
    notes: tuple[str, ...] = ()


def resolve(request: RunRequest) -> RunPlan:
    """Return the plan of a new run, with a seed drawn now if the user gives none; raises FieldError."""
    seed = request.options.seed
    return _plan(request, secrets.randbelow(MAX_SEED) if seed is None else seed)


def restore_plan(stored: Run) -> RunPlan:
    """Return the plan that a stored run began with; raises FieldError if it cannot be resumed."""
    search = stored.suite.search
    if isinstance(search, AblationSettings):
        if any(REDACTED in str(scenario.workloads) for scenario in stored.suite.scenarios):
            raise FieldError("--resume: this ablation's requests held secrets, which no run stores: start a new run")
        return plan_run(stored.options, stored.seed, suite=stored.suite)
    if isinstance(search, ScalingSettings):
        return plan_run(stored.options, stored.seed, frozenset(search.stacks))
    if stored.suite.alternates:
        raise FieldError("--resume: a comparison of commits cannot be resumed, its checkouts are gone: start a new run")
    if search is not None:
        raise FieldError(f"--resume: a search ({search.mode}) cannot be resumed: start a new run")
    return _on_interpreters(stored.options, stored.seed, frozenset(stored.suite.stacks))


def dry_run(request: RunRequest, output: Output) -> int:
    """Show the plan and how long it takes, and start nothing; return the exit status."""
    plan = _plan(request, request.options.seed or 0)
    run = new_run(plan, request.command)
    conditions_for(request.fail_on, run)
    plan_tables.show(run, plan, output.out)
    return 0


def _on_interpreters(
    options: RunOptions,
    seed: int,
    running: frozenset[str] | None,
    suite: Suite | None = None,
    own: OwnFile | None = None,
) -> RunPlan:
    """Return the plan of a run on the interpreters that its options name, which have what its stacks need."""
    refuse_unchoosable(options)
    plan = plan_run(options, seed, running, suite, own=own, interpreters=chosen_interpreters(options))
    refuse_unfit(plan.stacks)
    return plan


def _plan(request: RunRequest, seed: int) -> RunPlan:
    plan = _on_interpreters(request.options, seed, running_stacks(request.options), request.suite, request.own)
    return replace(plan, notes=(*request.notes, *plan.notes))
