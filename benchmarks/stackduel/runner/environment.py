"""The environment that a run is measured in, as its record describes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from stackduel.launch.launcher import Launcher
from stackduel.model.environment import Environment, LaunchFacts
from stackduel.planning.models import described
from stackduel.planning.run_plan import RunPlan
from stackduel.runner.run_context import RunContext

PROXY_NOTE = (
    "Published ports pass through the engine's userland proxy, which slows every request and halves a server that "
    "closes its connections: --generator container measures without it."
)
UNOBSERVED_NOTE = (
    "Models run on a GPU that cannot be observed: utilisation, memory and power are missing. stackduel doctor says why."
)


def environment(context: RunContext, machine: Environment, before: Environment) -> Environment:
    """Return the environment of a run: the ``machine``, the launcher, the budget, and notes for the reader.

    ``machine`` is what ``host_facts.describe`` returned before this process bound itself to its core. A run that is
    resumed keeps the notes of ``before``, and what its host was like before it began.
    """
    plan, facts = context.plan, context.launcher.facts()
    return replace(
        machine,
        launcher=context.launcher.name,
        launch=_without_warnings(facts),
        budget=plan.budget,
        generator=plan.options.generator,
        driver=plan.options.driver,
        device=plan.device,
        timeout_s=plan.options.timeout_s,
        models=described(plan.suite, Path(plan.options.model) if plan.options.model else None),
        interpreters=before.interpreters,
        notes=_together(context.notes if before.python is None else before.notes, _notes(plan, facts, machine)),
    )


def with_launch(before: Environment, launcher: Launcher, notes: Iterable[str] = ()) -> Environment:
    """Return an environment with what the launcher knows by now, such as every image that it used, and new notes."""
    facts: LaunchFacts = launcher.facts()
    new = (*facts.get("warnings", ()), *notes)
    return replace(before, launch=_without_warnings(facts), notes=_together(before.notes, new))


def _together(notes: Iterable[str], more: Iterable[str]) -> tuple[str, ...]:
    """Return all notes in their order, each once."""
    return tuple(dict.fromkeys((*notes, *more)))


def _without_warnings(facts: LaunchFacts) -> LaunchFacts:
    """Return how stacks were launched; the warnings stand among the notes."""
    return {name: value for name, value in facts.items() if name != "warnings"}


def _notes(plan: RunPlan, facts: LaunchFacts, machine: Environment) -> Iterator[str]:
    yield from plan.notes
    yield from facts.get("warnings", ())
    if facts.get("port_forwarding") == "proxy" and plan.options.generator == "process":
        yield PROXY_NOTE
    if "cuda" in (plan.device or "") and not machine.gpus:
        yield UNOBSERVED_NOTE
