"""Which stacks keep the service levels of a run's scenarios."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackduel.analysis.service_levels import level_text
from stackduel.model.aa_pair import is_twin
from stackduel.model.run import Run
from stackduel.model.service_level import ServiceLevelResult
from stackduel.model.suite import Scenario
from stackduel.report.sections.blocks import Block, Grid, Section, Sentences
from stackduel.report.sections.figures import DASH, figure


def sections(run: Run) -> Iterator[Section]:
    """Yield a table a scenario, with what was measured of each level on each stack."""
    blocks = tuple(block for scenario in run.suite.scenarios for block in _levels(scenario, run))
    if blocks:
        yield Section("levels", "Service levels", blocks)


def in_short(run: Run) -> Iterator[Section]:
    """Yield one table with a row a level, however many stacks and scenarios there are."""
    if (grid := levels(run)) is not None:
        yield Section("levels", "Service levels", (grid,))


def levels(run: Run) -> Grid | None:
    """Return a row a level, with the stacks that keep it and break it; None if the suite has no levels."""
    by_level: dict[tuple[str, str], list[ServiceLevelResult]] = {}
    for sla in run.slas:
        if not is_twin(sla.stack):
            by_level.setdefault((sla.scenario, level_text(sla.name, sla.bound)), []).append(sla)
    if not by_level:
        return None
    headings = ("scenario", "level", "kept by", "broken by", "unknown for")
    rows = tuple((*place, *(_those(slas, ok) for ok in (True, False, None))) for place, slas in by_level.items())
    return Grid("Service levels", headings, rows, frozenset(headings))


def _those(slas: Sequence[ServiceLevelResult], ok: bool | None) -> str:
    matching = [each for each in slas if each.ok is ok]
    if len(matching) < len(slas) or len(slas) == 1:
        return ", ".join(f"{each.stack}{_measured(each)}" for each in matching) or DASH
    return f"all {len(slas)}{_measured(max(matching, key=lambda each: each.measured or 0.0), 'the most ')}"


def _measured(sla: ServiceLevelResult, before: str = "") -> str:
    if sla.measured is None:
        return ""
    return f" ({before}{_value(sla, sla.measured)})"


def _levels(scenario: Scenario, run: Run) -> Iterator[Block]:
    kept: dict[str, dict[str, ServiceLevelResult]] = {}
    for sla in run.slas:
        if sla.scenario == scenario.name and not is_twin(sla.stack):
            kept.setdefault(sla.stack, {})[sla.name] = sla
    if not kept:
        return
    names = [promise.name for promise in scenario.sla]
    headings = [level_text(promise.name, promise.bound) for promise in scenario.sla]
    rows = tuple((stack, *(_word(by_name[name]) for name in names)) for stack, by_name in kept.items())
    all_kept = [stack for stack, by_name in kept.items() if all(sla.ok for sla in by_name.values())]
    broken = [stack for stack, by_name in kept.items() if any(sla.ok is False for sla in by_name.values())]
    lines = [f"All kept by {', '.join(all_kept)}."] if all_kept else []
    lines += [f"Broken by {', '.join(broken)}."] if broken else []
    if len(all_kept) + len(broken) < len(kept):
        lines.append("Of the others too little is known: measure more blocks.")
    title, least = f"{scenario.name}: service levels", tuple(reversed(headings[1:]))
    unit = "latencies in ms" if any(name.endswith("_ms") for name in names) else ""
    yield Grid(title, ("stack", *headings), rows, least_needed=least, unit=unit)
    yield Sentences(tuple(lines))


def _word(sla: ServiceLevelResult) -> str:
    if sla.measured is None:
        return str(sla.reason)
    return f"{_value(sla, sla.measured)} {'pass' if sla.ok else 'FAIL'}"


def _value(sla: ServiceLevelResult, measured: float) -> str:
    return f"{100 * measured:.3g} %" if sla.unit == "share" else figure(measured)
