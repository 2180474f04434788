"""The answer of a run that stopped servers or replaced workers under load: who lost requests, and who lost none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackduel.model.run import Run
from stackduel.model.search_results.recycling import Recycling
from stackduel.model.search_results.shutdown import Shutdown


def loss_sentences(run: Run) -> Iterator[str]:
    """Yield a sentence for each scenario in which losses were counted."""
    for scenario in run.suite.scenarios:
        found = {
            each.stack: each.found
            for each in run.findings
            if each.scenario == scenario.name and isinstance(each.found, Shutdown | Recycling)
        }
        if found:
            yield f"{scenario.name}: {_sentence(found)}"


def _sentence(found: Mapping[str, Shutdown | Recycling]) -> str:
    losses = {name: each.losses for name, each in found.items()}
    losing = sorted((name for name, each in losses.items() if each.lost), key=lambda name: -losses[name].lost)
    keeping = [name for name in losses if name not in losing]
    kept = ", ".join(f"{name}{_but(found[name])}" for name in keeping)
    lost = ", ".join(f"{name} {losses[name].lost:,}" for name in losing)
    if not losing:
        return f"no stack lost a request: {kept}."
    return f"{kept} lost no request; lost by {lost}." if keeping else f"every stack lost requests: {lost}."


def _but(found: Shutdown | Recycling) -> str:
    """Return what a stack did that lost nothing, and is no better than a loss."""
    if isinstance(found, Recycling) and found.ended:
        return " (but it did not come back)"
    return f" (but {found.losses.other:,} answered otherwise)" if found.losses.other else ""
