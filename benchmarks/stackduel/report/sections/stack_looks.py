"""The look of each stack on a page: one colour and one mark, the same in every chart, table and legend."""

from __future__ import annotations

from typing import Any

from stackduel.model.aa_pair import is_twin
from stackduel.model.ablation_settings import AblationSettings
from stackduel.model.run import Run
from stackduel.model.scaling_settings import ScalingSettings

# The looks that have a name; all others are numbers (assets/charts.js).
BASELINE, TWIN = "baseline", "twin"


def stack_looks(run: Run) -> list[dict[str, Any]]:
    """Return the stacks that charts show with their looks, as the script needs them, in the order of the suite."""
    if isinstance(run.suite.search, AblationSettings):
        # Its charts are about switches: no arm stands in them.
        return []
    if isinstance(run.suite.search, ScalingSettings):
        # Its charts have a line for each stack, not for each arm.
        stacks = run.suite.search.stacks
        return [{"name": name, "look": number - 1 if number else BASELINE} for number, name in enumerate(stacks)]
    others = [name for name in run.stacks if name != run.baseline and not is_twin(name)]
    named = {name: TWIN if is_twin(name) else BASELINE for name in run.stacks if name not in others}
    return [{"name": name, "look": named[name] if name in named else others.index(name)} for name in run.stacks]
