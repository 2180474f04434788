"""The environment that a run was measured in, as run.json records it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stackduel.launch.launcher import Launcher
from stackduel.model.environment import Environment
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


def environment(options: RunOptions, prepared: Prepared, launcher: Launcher, machine: Environment) -> Environment:
    """Return the environment of a run: the ``machine``, the launcher, the budget, and notes for the reader.

    ``machine`` is what ``host.describe`` returned before this process bound itself to its core.
    """
    launch = dict(launcher.facts())
    notes = [*prepared.notes, *_texts(launch.pop("warnings", ()))]
    if launch.get("port_forwarding") == "proxy" and options.generator == "process":
        notes.append(PROXY_NOTE)
    if "cuda" in (prepared.device or "") and not machine.gpus:
        notes.append(UNOBSERVED_NOTE)
    return replace(
        machine,
        launcher=launcher.name,
        launch=launch,
        budget=prepared.budget,
        generator=options.generator,
        driver=options.driver,
        device=prepared.device,
        timeout_s=options.timeout_s,
        models=described(prepared.suite, Path(options.model) if options.model else None),
        notes=tuple(notes),
    )


def _texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list | tuple) else []
