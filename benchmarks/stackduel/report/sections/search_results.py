"""What the searches of a run found, as rows for every renderer: a table a scenario, a sentence a stack (pure)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from stackduel.model.findings import BreakingPoint, Capacity, ColdStart, Finding, Median, SearchResult, Soak, Sustained
from stackduel.model.run import Run
from stackduel.model.suite import Scenario
from stackduel.model.trial import Failure, Trial
from stackduel.report.sections.result_table import DASH, figure

Cells = Mapping[str, str]
# Headings of words, which stand on the left of their column.
FINDING_WORDS = frozenset({"stack", "tier", "how sure", "not to be told from", "what broke"})


@dataclass(frozen=True, slots=True)
class FindingsSection:
    """What was found in one scenario: headings and rows of texts, sentences, and why some stacks have none."""

    scenario: Scenario
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sentences: tuple[tuple[str, str], ...]
    failures: tuple[tuple[str, str], ...]


def sections(run: Run) -> tuple[FindingsSection, ...]:
    """A section for each scenario of a run that searched; none for other runs."""
    return tuple(_section(run, scenario) for scenario in run.suite.scenarios) if run.suite.search else ()


def trials_of(run: Run, finding: Finding) -> list[Trial]:
    """The trials that a search made."""
    return [
        each
        for each in run.results
        if isinstance(each, Trial)
        and each.place.stack == finding.stack
        and _belongs(each.place.scenario, finding.scenario)
    ]


def _belongs(name: str, scenario: str) -> bool:
    return name == scenario or name.startswith(f"{scenario}@")


def _section(run: Run, scenario: Scenario) -> FindingsSection:
    findings = {each.stack: each for each in run.findings if each.scenario == scenario.name}
    rows: list[Cells] = []
    failures = []
    for stack, about in run.stacks.items():
        finding = findings.get(stack)
        if finding is not None:
            rows.append({"stack": stack, "tier": about.tier, **_cells(finding.found)})
            continue
        reasons = [
            each.reason
            for each in run.results
            if isinstance(each, Failure) and each.place.stack == stack and _belongs(each.place.scenario, scenario.name)
        ]
        failures.append((stack, reasons[-1] if reasons else "the search did not come to its end"))
    headings, texts = _grid(rows)
    sentences = tuple((name, findings[name].found.sentence) for name in run.stacks if name in findings)
    return FindingsSection(scenario, headings, texts, sentences, tuple(failures))


def _grid(rows: Sequence[Cells]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The headings, without those that no row has anything for, and the texts below them."""
    names = dict.fromkeys(name for row in rows for name in row)
    kept = tuple(name for name in names if any(row.get(name, DASH) != DASH for row in rows))
    return kept, tuple(tuple(row.get(name, DASH) for name in kept) for row in rows)


def _cells(found: SearchResult) -> Cells:
    return _CELLS[type(found)](found)


def _of_capacity(found: Capacity) -> Cells:
    confirmed, above = found.confirmed, found.above
    return {
        "capacity req/s": _rate(confirmed.rate_rps if confirmed else None, at_least=above is None),
        "kept": f"{confirmed.kept} of {confirmed.tried}" if confirmed else DASH,
        "not at": f"{above.rate_rps:g}" if above else DASH,
        "kept there": f"{above.kept} of {above.tried}" if above else DASH,
        "replicas": f"{found.replicas:,}" if found.replicas is not None else DASH,
        "cost": f"{found.cost:,.10g}" if found.cost is not None else DASH,
    }


def _of_sustained(found: Sustained) -> Cells:
    best = found.best
    if best is None:
        return {"connections": DASH}
    bounds = DASH if best.low_rps is None else f"{figure(best.low_rps)}-{figure(best.high_rps)}"
    return {
        "connections": str(best.connections),
        "req/s": figure(best.rate_rps),
        "95 % interval": bounds,
        "how sure": "sure" if found.sure else "inconclusive",
        "not to be told from": ", ".join(
            str(each.connections) for each in found.counts if each != best and each.word != "lower"
        )
        or DASH,
    }


def _of_breaking_point(found: BreakingPoint) -> Cells:
    last = next((step for step in reversed(found.steps) if step.rate_rps == found.held_rps), None)
    return {
        "held req/s": _rate(found.held_rps, at_least=found.broken_rps is None),
        "p99 ms there": figure(last.p99_ms) if last else DASH,
        "broken req/s": figure(found.broken_rps),
        "what broke": found.what if found.broken_rps is not None else DASH,
    }


def _of_cold_start(found: ColdStart) -> Cells:
    speedup = found.speedup
    text = "1" if speedup is None else f"{figure(speedup.ratio)}x"
    if speedup is not None and speedup.low is not None:
        text += f" ({figure(speedup.low)}-{figure(speedup.high)})"
    return {
        "launch ms": _median(found.launch_ms),
        "first ms": _median(found.first_ms),
        "warm ms": _median(found.warm_ms),
        "CPU s": _median(found.cpu_s),
        "speedup": text,
    }


def _of_soak(found: Soak) -> Cells:
    slope = found.slope
    return {
        "MiB": figure(found.memory_mib),
        "MiB/h": DASH if slope is None else f"{slope.value:+.3g} ({slope.low:+.3g} to {slope.high:+.3g})",
        "first req/s": figure(found.first.rate_rps),
        "last req/s": figure(found.last.rate_rps),
        "first p99 ms": figure(found.first.p99_ms),
        "last p99 ms": figure(found.last.p99_ms),
        "fail": str(found.failed),
    }


def _median(found: Median | None) -> str:
    if found is None:
        return DASH
    bounds = "" if found.low is None else f" ({figure(found.low)}-{figure(found.high)})"
    return f"{figure(found.value)}{bounds}"


def _rate(rate_rps: float | None, *, at_least: bool) -> str:
    return DASH if rate_rps is None else f"{'>= ' if at_least else ''}{figure(rate_rps)}"


_CELLS: Mapping[type, Callable[..., Cells]] = {
    Capacity: _of_capacity,
    Sustained: _of_sustained,
    BreakingPoint: _of_breaking_point,
    ColdStart: _of_cold_start,
    Soak: _of_soak,
}
