"""The environment that a run was measured in, as its record tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from stackduel.launch.launcher import Launcher
from stackduel.model.run_options import RunOptions
from stackduel.planning.models import described
from stackduel.planning.preparation import Prepared

PROXY_NOTE = (
    "Published ports pass through the engine's userland proxy, which costs every request and halves a server that "
    "closes its connections: --generator container measures without it."
)
UNOBSERVED_NOTE = (
    "Models run on a GPU that nobody could look at: utilisation, memory and power are not told. stackduel doctor says "
    "what is missing."
)


def environment(
    options: RunOptions, prepared: Prepared, launcher: Launcher, machine: Mapping[str, object]
) -> dict[str, object]:
    """Host, versions, core layout, how stacks were launched, and what a reader must be told about it.

    ``machine`` is what ``host.describe`` said before this process bound itself to its core.
    """
    facts = dict(launcher.facts())
    notes = [*prepared.notes, *_texts(facts.pop("warnings", ()))]
    if facts.get("port_forwarding") == "proxy" and options.generator == "process":
        notes.append(PROXY_NOTE)
    if "cuda" in (prepared.device or "") and not machine.get("gpus"):
        notes.append(UNOBSERVED_NOTE)
    budget = asdict(prepared.budget)
    return {
        **machine,
        "launcher": launcher.name,
        "launch": facts,
        "budget": {name: list(value) if isinstance(value, tuple) else value for name, value in budget.items()},
        "generator": options.generator,
        "driver": options.driver,
        "device": prepared.device,
        "timeout_s": options.timeout_s,
        "models": described(prepared.suite, Path(options.model) if options.model else None),
        "notes": notes,
    }


def _texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list | tuple) else []
