"""Which trials belong to which search."""

from __future__ import annotations

from stackduel.model.findings import Finding
from stackduel.model.run import Run
from stackduel.model.trial import Trial


def trials_of(run: Run, finding: Finding) -> list[Trial]:
    """Return the trials of a search."""
    return [
        each
        for each in run.results
        if isinstance(each, Trial)
        and each.place.stack == finding.stack
        and belongs(each.place.scenario, finding.scenario)
    ]


def belongs(name: str, scenario: str) -> bool:
    """Return whether a trial of that scenario belongs to the search in ``scenario``: probes are named after it."""
    return name == scenario or name.startswith(f"{scenario}@")
