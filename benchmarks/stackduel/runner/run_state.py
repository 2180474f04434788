"""Make a new Run, or prepare a stored one for resuming."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime

from stackduel.model.environment import Environment
from stackduel.model.errors import FieldError
from stackduel.model.run import Run
from stackduel.model.safe_name import safe_name
from stackduel.model.suite import Suite
from stackduel.model.trial import Failure
from stackduel.observe.host import host_facts
from stackduel.planning.order import interleaved, trials_in
from stackduel.planning.run_plan import RunPlan
from stackduel.planning.stack_descriptions import describe_stack
from stackduel.storage.run_document import redaction_for


def new_run(plan: RunPlan, command: Sequence[str]) -> Run:
    """Return a run of the plan without any result and without secrets; ``command`` is what repeats it."""
    redaction = redaction_for(plan.secrets, plan.suite, plan.stacks)
    started = datetime.now(UTC)
    return Run(
        run_id=f"{started:%Y%m%d-%H%M%S}-{safe_name(plan.suite.name)}-{secrets.token_hex(2)}",
        started=started.isoformat(timespec="seconds"),
        command=redaction.words(command),
        options=plan.options,
        seed=plan.seed,
        environment=Environment(),
        suite=redaction.suite(plan.suite),
        baseline=plan.baseline,
        stacks={name: redaction.facts(describe_stack(name, plan)) for name in plan.stacks},
        planned=trials_in(plan.steps) if plan.suite.is_planned else 0,
        secrets=plan.secrets,
    )


def restore_run(stored: Run, plan: RunPlan) -> Run:
    """Return the stored run without its failures, whose trials are measured again.

    Raises FieldError if the suite or this Python is not the one that the run began with.
    """
    # The pilot may have fixed the number of blocks already.
    suite = plan.suite.with_blocks(stored.suite.blocks)
    before, now = stored.suite, redaction_for(plan.secrets, suite, plan.stacks).suite(suite)
    changed = sorted(each.name for each in fields(Suite) if getattr(before, each.name) != getattr(now, each.name))
    if changed:
        raise FieldError(f"--resume: the suite's {', '.join(changed)} changed since run {stored.run_id} began")
    began, python = stored.environment.python, host_facts.python()
    if began is not None and began != python:
        raise FieldError(f"--resume: run {stored.run_id} began on {began}, this is {python}")
    results = tuple(result for result in stored.results if not isinstance(result, Failure))
    planned = trials_in(interleaved(suite, plan.stacks, plan.seed))
    return replace(stored, secrets=plan.secrets, results=results, planned=planned)
