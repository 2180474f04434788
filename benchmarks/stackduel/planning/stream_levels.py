"""``--slo`` of a run: bounds on the times of streams, in place of those of the suite."""

from __future__ import annotations

import re
from dataclasses import replace

from stackduel.analysis.service_levels import FIGURES, OF_STREAMS
from stackduel.analysis.slo import LONGEST_MS
from stackduel.model.errors import FieldError
from stackduel.model.suite import Scenario, ServiceLevel, Suite

_BOUND = re.compile(
    rf"(?P<name>(?:{'|'.join(OF_STREAMS)})_(?:{'|'.join(FIGURES)}))\s*<?=?\s*(?P<value>\d{{1,9}}(?:\.\d{{1,9}})?)\s*(?P<unit>ms|s)"
)
EXAMPLE = "ttft_p99=500ms,tpot_p99=50ms"


def with_stream_levels(suite: Suite, text: str | None) -> Suite:
    """Return the suite whose streams are to keep the bounds of a text such as ``EXAMPLE``; raises FieldError."""
    if text is None:
        return suite
    levels = _levels(text)
    if suite.search is not None or not suite.stream_scenarios:
        raise FieldError(f"--slo: only for streams that are compared, and {suite.name} has none")
    return replace(suite, scenarios=tuple(_kept_to(scenario, levels) for scenario in suite.scenarios))


def _kept_to(scenario: Scenario, levels: tuple[ServiceLevel, ...]) -> Scenario:
    """Return a scenario of streams with these levels in place of its own on the same times."""
    if not scenario.streams:
        return scenario
    others = (level for level in scenario.sla if level.name.partition("_")[0] not in OF_STREAMS)
    return replace(scenario, sla=(*others, *levels))


def _levels(text: str) -> tuple[ServiceLevel, ...]:
    levels: dict[str, ServiceLevel] = {}
    for part in text.split(","):
        match = _BOUND.fullmatch(part.strip().lower())
        if match is None:
            raise FieldError(
                f"--slo: {part.strip()!r}: must be NAME=TIME in ms or s, NAME one of {', '.join(FIGURES)} after "
                f"{' or '.join(f'{each}_' for each in OF_STREAMS)}, such as {EXAMPLE}"
            )
        name = f"{match['name']}_ms"
        bound_ms = float(match["value"]) * (1000 if match["unit"] == "s" else 1)
        if not 0 < bound_ms <= LONGEST_MS:
            raise FieldError(f"--slo: {match['name']}: must be a time above 0 and up to {LONGEST_MS / 1000:g} s")
        if name in levels:
            raise FieldError(f"--slo: {match['name']} has two bounds")
        levels[name] = ServiceLevel(name, bound_ms)
    return tuple(levels.values())
