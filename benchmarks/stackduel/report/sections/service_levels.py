"""Which stacks keep the service levels of a run's scenarios, in one table (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from stackduel.model.aa_pair import is_twin
from stackduel.model.run import Run
from stackduel.model.service_level import ServiceLevelResult
from stackduel.report.sections.block import Block
from stackduel.report.sections.models import bound_text
from stackduel.report.sections.result_table import DASH, figure


def levels(run: Run) -> Block | None:
    """A row a promise, with what was measured of each stack; None where nothing was promised."""
    found: dict[tuple[str, str], list[ServiceLevelResult]] = {}
    for sla in run.slas:
        if not is_twin(sla.stack):
            found.setdefault((sla.scenario, bound_text(sla.name, sla.bound)), []).append(sla)
    if not found:
        return None
    headings = ("scenario", "level", "kept by", "broken by", "not told of")
    rows = tuple((*place, *(_those(slas, ok) for ok in (True, False, None))) for place, slas in found.items())
    return Block("Service levels", headings, rows, words=frozenset(headings))


def _those(slas: Sequence[ServiceLevelResult], ok: bool | None) -> str:
    found = [each for each in slas if each.ok is ok]
    if len(found) < len(slas) or len(slas) == 1:
        return ", ".join(f"{each.stack}{_measured(each)}" for each in found) or DASH
    return f"all {len(slas)}{_measured(max(found, key=lambda each: each.measured or 0.0), 'the most ')}"


def _measured(sla: ServiceLevelResult, before: str = "") -> str:
    if sla.measured is None:
        return ""
    return f" ({before}{100 * sla.measured:.3g} %)" if sla.is_share else f" ({before}{figure(sla.measured)})"
