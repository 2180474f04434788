"""The stacks of the registry."""

from __future__ import annotations

from typing import cast

from stackduel.model.stack import ModelProtocol, Registered, Stack
from stackduel_servers.registry import Registry, load_registry


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
