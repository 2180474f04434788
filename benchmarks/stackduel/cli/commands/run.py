"""``stackduel run``: measure a suite, save every trial, print the tables."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

from stackduel.analysis.conditions.conditions import conditions_for
from stackduel.analysis.migration import tier_from
from stackduel.cli.commands.dry_run import show_plan
from stackduel.model.aa_pair import TWIN_TIER, is_twin
from stackduel.model.environment import Environment
from stackduel.model.errors import FieldError
from stackduel.model.run import Run
from stackduel.model.run_options import RunOptions
from stackduel.model.stack import Registered
from stackduel.model.stack_facts import StackFacts
from stackduel.model.suite import Suite
from stackduel.model.trial import Failure
from stackduel.observe import host
from stackduel.planning.models import make_ready
from stackduel.planning.order import trials_in
from stackduel.planning.preparation import Prepared, prepare
from stackduel.runner.machinery import running_stacks
from stackduel.runner.session import Output, measure
from stackduel.storage import run_folder
from stackduel.storage.redaction import without_header_values

MAX_SEED = 2**31 - 1


def start(
    options: RunOptions,
    results: Path,
    output: Output,
    suite: Suite | None = None,
    fail_on: Sequence[str] = (),
    argv: Sequence[str] = (),
) -> int:
    """Measure from the beginning, the suite of the options or another one; returns the exit status.

    Each text of ``fail_on`` is a condition on what is measured; ``argv`` are the arguments that the record keeps.
    """
    seed = options.seed if options.seed is not None else secrets.randbelow(MAX_SEED)
    prepared = prepare(options, seed, running_stacks(options), suite)
    run = _new(options, prepared, seed, argv)
    conditions_for(fail_on, run)
    make_ready(prepared.suite, options.launcher, output.tell)
    return measure(run, prepared, results / run.run_id, options, output, fail_on)


def _new(options: RunOptions, prepared: Prepared, seed: int, argv: Sequence[str]) -> Run:
    """The run that is to be measured, with nothing measured yet."""
    started = datetime.now(UTC)
    run_id = f"{started:%Y%m%d-%H%M%S}-{prepared.suite.name}-{secrets.token_hex(2)}"
    return Run(
        run_id=run_id,
        started=started.isoformat(timespec="seconds"),
        command=("stackduel", *argv),
        options=options,
        seed=seed,
        environment=Environment(),
        suite=prepared.suite,
        baseline=prepared.baseline,
        stacks={name: _facts(name, prepared) for name in prepared.stacks},
        planned=0 if prepared.suite.search else trials_in(prepared.steps),
        secrets=prepared.secrets,
    )


def resume(where: Path, output: Output, fail_on: Sequence[str] = ()) -> int:
    """Go on with a run that stopped; returns the exit status."""
    before = run_folder.load(where)
    if before.suite.search is not None:
        raise FieldError(f"--resume: a search ({before.suite.search.mode}) cannot be gone on with: begin anew")
    folder = where if where.is_dir() else where.parent
    options = before.options
    prepared = prepare(options, before.seed, frozenset(before.suite.stacks))
    _refuse_if_changed(before, prepared)
    make_ready(prepared.suite, options.launcher, output.tell)
    run = replace(
        before,
        # The pilot may have fixed the number of blocks already.
        suite=prepared.suite.with_blocks(before.suite.blocks),
        secrets=prepared.secrets,
        # What failed is tried again; what was measured stands.
        results=tuple(result for result in before.results if not isinstance(result, Failure)),
    )
    return measure(run, prepared, folder, options, output, fail_on)


def dry_run(options: RunOptions, output: Output, suite: Suite | None = None, fail_on: Sequence[str] = ()) -> int:
    """Print the plan and how long it will take; the conditions of ``fail_on`` are read, and asked of nothing."""
    seed = options.seed if options.seed is not None else 0
    prepared = prepare(options, seed, running_stacks(options), suite)
    run = _new(options, prepared, seed, ())
    conditions_for(fail_on, run)
    show_plan(run, prepared, output.out, seeded=options.seed is not None)
    return 0


def _facts(name: str, prepared: Prepared) -> StackFacts:
    """Describe a stack for the run."""
    stack, pace = prepared.stacks[name], prepared.paces[name]
    return replace(
        stack.facts(len(prepared.budget.server)),
        tier=_tier(name, prepared),
        summary=f"{prepared.baseline} once more, as the measure of chance" if is_twin(name) else stack.summary,
        device=prepared.device if isinstance(stack.source, Registered) else None,
        waiting_slots=pace.slots,
        fans_out=pace.fans_out,
    )


def _tier(name: str, prepared: Prepared) -> str:
    """What it costs to move there from the baseline of this run."""
    if is_twin(name):
        return TWIN_TIER
    if name == prepared.baseline:
        return "baseline"
    cores = len(prepared.budget.server)
    return tier_from(prepared.stacks[name].facts(cores), prepared.stacks[prepared.baseline].facts(cores))


def _refuse_if_changed(before: Run, prepared: Prepared) -> None:
    """A run may only go on with what it began with; raises FieldError."""
    stored, now = before.suite, without_header_values(prepared.suite.with_blocks(before.suite.blocks))
    changed = sorted(field.name for field in fields(Suite) if getattr(stored, field.name) != getattr(now, field.name))
    if changed:
        raise FieldError(f"--resume: the suite's {', '.join(changed)} changed since run {before.run_id} began")
    began, python = before.environment.python, host.describe().python
    if began is not None and began != python:
        raise FieldError(f"--resume: run {before.run_id} began on {began}, this is {python}")
