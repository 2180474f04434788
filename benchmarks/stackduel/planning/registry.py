"""The stacks of the registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from stackduel.model.errors import FieldError
from stackduel.model.similar import did_you_mean
from stackduel.model.stack import ModelProtocol, Registered, Stack
from stackduel.model.suite import Suite
from stackduel_servers.core.variables import SettingsError
from stackduel_servers.registry import Registry, load_registry
from stackduel_servers.start_variables import VARIABLES


def registered_stacks(registry: Registry | None = None) -> dict[str, Stack]:
    """Return the stacks of the registry by name, in its order."""
    registry = registry or load_registry()
    return {
        entry.name: Stack(
            name=entry.name,
            tier=entry.tier,
            summary=entry.summary,
            source=Registered(entry),
            health=entry.health,
            protocol=cast("ModelProtocol", entry.protocol),
        )
        for entry in registry.entries.values()
    }


def stack_named(name: str, known: Mapping[str, Stack]) -> Stack:
    """Return the stack that a command's argument STACK names; raises FieldError with the name that is close to it."""
    if name not in known:
        close = did_you_mean(name, known) or "; stackduel list shows all stacks"
        raise FieldError(f"STACK: {name!r} is unknown{close}")
    return known[name]


def variant_of(stack: Stack, name: str, settings: Mapping[str, str]) -> Stack:
    """Return a stack of the registry under another name, started with other settings.

    Raises FieldError if a setting is unknown, out of its bounds, or without effect on this stack.
    """
    if not isinstance(stack.source, Registered):
        raise FieldError(f"{stack.name}: only a stack of the registry has settings")
    unknown = [variable for variable in settings if variable not in VARIABLES]
    if unknown:
        raise FieldError(f"{name}: {unknown[0]} is unknown (known: {', '.join(VARIABLES)})")
    source = replace(stack.source, settings={**stack.source.settings, **settings})
    try:
        source.options(1)
    except SettingsError as error:
        raise FieldError(f"{name}: {error}") from error
    return replace(stack, name=name, source=source)


def variant_stacks(suite: Suite, known: Mapping[str, Stack]) -> dict[str, Stack]:
    """Return a suite's own variants by name: its baseline, and others that differ in settings; raises FieldError."""
    stacks = {}
    for each in suite.variants or ():
        where = f"suite {suite.name}: variants.{each.name}"
        if each.name in known:
            raise FieldError(f"{where}: the name is that of a stack already")
        if each.stack not in known:
            raise FieldError(f"{where}: stack: {each.stack!r} is unknown{did_you_mean(each.stack, known)}")
        tier = "baseline" if each.name == suite.baseline else "settings"
        started = variant_of(known[each.stack], each.name, dict(each.settings))
        stacks[each.name] = replace(started, summary=each.summary, tier=tier)
    return stacks
