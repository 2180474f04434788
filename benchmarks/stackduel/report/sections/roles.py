"""The colours of the stacks on a page: by the cost of a move to them, and by their order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackduel.model.run import Run
from stackduel.report.sections.migration_matrix import WITHOUT_MIGRATION

# In the order of the legend; each has a colour and a shape of its own (assets/charts.js).
ROLES: Mapping[str, str] = {
    "baseline": "the baseline",
    "control": "no migration: settings, worker class or handlers changed",
    "migration": "a migration: another framework, a rewrite or a service",
    "wrong": "a wrong migration, shown as a control",
    "twin": "the baseline measured against itself: what chance does here",
}
_BY_TIER: Mapping[str, str] = {"baseline": "baseline", "control": "wrong", "A/A": "twin"}


def role_of(tier: str) -> str:
    """Return which of ``ROLES`` a stack of this tier has."""
    return _BY_TIER.get(tier) or ("control" if tier in WITHOUT_MIGRATION else "migration")


def described(run: Run) -> list[dict[str, Any]]:
    """Return the stacks as the script needs them, in the order of the suite."""
    return [{"name": name, "role": role_of(about.tier)} for name, about in run.stacks.items()]
