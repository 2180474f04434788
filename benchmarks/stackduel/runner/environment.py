"""The environment that a run is measured in, as its record describes it."""

from __future__ import annotations

from collections.abc import Iterator
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


def environment(context: RunContext, machine: Environment) -> Environment:
    """Return the environment of a run: the ``machine``, the launcher, the budget, and notes for the reader.

    ``machine`` is what ``host_facts.describe`` returned before this process bound itself to its core.
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
        notes=tuple(_notes(plan, facts, machine)),
    )


def with_launch(before: Environment, launcher: Launcher) -> Environment:
    """Return an environment with what the launcher knows by now, such as every image that it used."""
    return replace(before, launch=_without_warnings(launcher.facts()))


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
