"""The environment that a run is measured in, as its record describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from stackduel.launch.launcher import Launcher
from stackduel.planning.models import described
from stackduel.planning.run_plan import RunPlan
from stackduel.runner.run_context import RunContext

PROXY_NOTE = (
    "Published ports pass through the engine's userland proxy, which costs every request and halves a server that "
    "closes its connections: --generator container measures without it."
)
UNOBSERVED_NOTE = (
    "Models run on a GPU that cannot be observed: utilisation, memory and power are missing. stackduel doctor says why."
)


def environment(context: RunContext, machine: Mapping[str, object]) -> dict[str, object]:
    """Return the host, versions, core layout, launcher and notes of a run.

    ``machine`` is what ``host.describe`` returned before this process bound itself to its core.
    """
    plan, facts = context.plan, context.launcher.facts()
    options, budget = plan.options, asdict(plan.budget)
    return {
        **machine,
        "launcher": context.launcher.name,
        "launch": _without_warnings(facts),
        "budget": {name: list(value) if isinstance(value, tuple) else value for name, value in budget.items()},
        "generator": options.generator,
        "driver": options.driver,
        "device": plan.device,
        "timeout_s": options.timeout_s,
        "models": described(plan.suite, Path(options.model) if options.model else None),
        "notes": _notes(plan, facts, machine),
    }


def with_launch(before: Mapping[str, object], launcher: Launcher) -> dict[str, object]:
    """Return an environment with what the launcher knows by now, such as every image that it used."""
    return {**before, "launch": _without_warnings(launcher.facts())}


def _without_warnings(facts: Mapping[str, object]) -> dict[str, object]:
    """Return how stacks were launched; the warnings stand among the notes."""
    return {name: value for name, value in facts.items() if name != "warnings"}


def _notes(plan: RunPlan, facts: Mapping[str, object], machine: Mapping[str, object]) -> list[str]:
    warnings = facts.get("warnings", ())
    notes = [*plan.notes, *(map(str, warnings) if isinstance(warnings, list | tuple) else ())]
    if facts.get("port_forwarding") == "proxy" and plan.options.generator == "process":
        notes.append(PROXY_NOTE)
    if "cuda" in (plan.device or "") and not machine.get("gpus"):
        notes.append(UNOBSERVED_NOTE)
    return notes
