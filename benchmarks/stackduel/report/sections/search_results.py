"""The results of a search: a table per scenario, a sentence per stack, and charts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from stackduel.model.estimates import Median
from stackduel.model.findings import SearchResult
from stackduel.model.profile_settings import ProfileSettings
from stackduel.model.run import Run
from stackduel.model.search_results.ablation import Ablation
from stackduel.model.search_results.breaking_point import BreakingPoint
from stackduel.model.search_results.capacity import Capacity
from stackduel.model.search_results.cold_start import ColdStart
from stackduel.model.search_results.leaving import Leaving
from stackduel.model.search_results.losses import Losses
from stackduel.model.search_results.profile import Profile
from stackduel.model.search_results.recycling import Recycling
from stackduel.model.search_results.scaling import Scaling
from stackduel.model.search_results.shutdown import Shutdown
from stackduel.model.search_results.slow_readers import SlowReaders
from stackduel.model.search_results.soak import Soak
from stackduel.model.search_results.streams_held import StreamsHeld
from stackduel.model.search_results.sustained import Sustained
from stackduel.model.search_results.tuned import Tuned
from stackduel.model.suite import Scenario
from stackduel.model.trial import Failure
from stackduel.model.tune_settings import TuneSettings
from stackduel.report.sections import search_charts
from stackduel.report.sections.blocks import Block, Failures, Grid, Heading, Section, Sentences
from stackduel.report.sections.client_cells import of_leaving, of_slow_readers
from stackduel.report.sections.figures import DASH, figure, interval_text, times_text
from stackduel.report.sections.scenarios import described
from stackduel.report.sections.search_trials import belongs

Cells = Mapping[str, str]
WORDS = frozenset({"stack", "tier", "how sure", "not different from", "what broke", "handler held", "upstream held"})
_LEAST_NEEDED = (
    "tier",
    "stops",
    "rounds",
    "killed",
    "in flight",
    "reconnects",
    "CPU s",
    "kept there",
    "first p99 ms",
    "first req/s",
    "kept",
    "warm ms",
    "no stream",
    "MiB before",
    "p99 ms beside",
    "upstream worst",
    "upstream never",
    "MiB peak",
    "others' p99 ms",
    "MiB after",
    "p99 ratio",
    "upstream of due",
    "upstream ahead",
    "of due",
    "upstream held",
)


def sections(run: Run) -> Iterator[Section]:
    """Yield the results of a run that searched."""
    if _has_tables(run):
        blocks = (block for scenario in run.suite.scenarios for block in _blocks(run, scenario))
        yield Section("results", "Results", tuple(blocks))


def tables_alone(run: Run) -> Iterator[Section]:
    """Yield the same results without their charts, for a form that has none."""
    if _has_tables(run):
        blocks = (block for scenario in run.suite.scenarios for block in _blocks(run, scenario, charts=False))
        yield Section("results", "Results", tuple(blocks))


def _has_tables(run: Run) -> bool:
    """Return whether the run searched for a figure of each stack: profiles and tunings have sections of their own."""
    return not run.suite.is_planned and not isinstance(run.suite.search, ProfileSettings | TuneSettings)


def _blocks(run: Run, scenario: Scenario, *, charts: bool = True) -> Iterator[Block]:
    yield Heading(scenario.name)
    yield from described(scenario)
    if charts:
        yield from search_charts.charts(run, scenario)
    yield from _findings(run, scenario)


def _findings(run: Run, scenario: Scenario) -> Iterator[Block]:
    findings = {each.stack: each for each in run.findings if each.scenario == scenario.name}
    rows = [
        {"stack": stack, "tier": about.tier, **_cells(findings[stack].found)}
        for stack, about in run.stacks.items()
        if stack in findings
    ]
    if rows:
        yield _grid(scenario, rows)
        yield Sentences(tuple(f"{name}: {findings[name].found.sentence}" for name in run.stacks if name in findings))
    failures = tuple(_not_measured(run, scenario, stack) for stack in run.stacks if stack not in findings)
    if failures:
        yield Failures(failures)


def _not_measured(run: Run, scenario: Scenario, stack: str) -> tuple[str, str]:
    reasons = [
        each.reason
        for each in run.results
        if isinstance(each, Failure) and each.place.stack == stack and belongs(each.place.scenario, scenario.name)
    ]
    return f"{stack}: not measured", reasons[-1] if reasons else "the search did not come to its end"


def _grid(scenario: Scenario, rows: Sequence[Cells]) -> Grid:
    """Return the table, without the columns that no row has anything for."""
    names = dict.fromkeys(name for row in rows for name in row)
    cells = tuple(tuple(row.get(name, DASH) for name in names) for row in rows)
    caption = f"All stacks in {scenario.name}"
    return Grid(caption, tuple(names), cells, WORDS, least_needed=_LEAST_NEEDED).without_empty_columns()


def _cells(result: SearchResult) -> Cells:
    return _CELLS[type(result)](result)


def _of_capacity(result: Capacity) -> Cells:
    confirmed, above = result.confirmed, result.above
    return {
        "capacity req/s": _rate(confirmed.rate_rps if confirmed else None, at_least=above is None),
        "kept": f"{confirmed.kept} of {confirmed.tried}" if confirmed else DASH,
        "not at": f"{above.rate_rps:g}" if above else DASH,
        "kept there": f"{above.kept} of {above.tried}" if above else DASH,
        "replicas": f"{result.replicas:,}" if result.replicas is not None else DASH,
        "cost": f"{result.cost:,.10g}" if result.cost is not None else DASH,
    }


def _of_streams_held(result: StreamsHeld) -> Cells:
    confirmed, above = result.confirmed, result.above
    at_least = ">= " if above is None else ""
    return {
        "streams held": f"{at_least}{confirmed.streams:,}" if confirmed else DASH,
        "kept": f"{confirmed.kept} of {confirmed.tried}" if confirmed else DASH,
        "not with": f"{above.streams:,}" if above else DASH,
        "kept there": f"{above.kept} of {above.tried}" if above else DASH,
    }


def _of_sustained(result: Sustained) -> Cells:
    best = result.best
    if best is None:
        return {"connections": DASH}
    bounds = DASH if best.low_rps is None else f"{figure(best.low_rps)}-{figure(best.high_rps)}"
    return {
        "connections": str(best.connections),
        "req/s": figure(best.rate_rps),
        "95 % interval": bounds,
        "how sure": "sure" if result.sure else "inconclusive",
        "not different from": ", ".join(
            str(each.connections) for each in result.counts if each != best and each.word != "lower"
        )
        or DASH,
    }


def _of_breaking_point(result: BreakingPoint) -> Cells:
    last = next((step for step in reversed(result.steps) if step.rate_rps == result.held_rps), None)
    return {
        "held req/s": _rate(result.held_rps, at_least=result.broken_rps is None),
        "p99 ms there": figure(last.p99_ms) if last else DASH,
        "broken req/s": figure(result.broken_rps),
        "what broke": result.what if result.broken_rps is not None else DASH,
    }


def _of_cold_start(result: ColdStart) -> Cells:
    speedup = result.speedup
    text = "1" if speedup is None else times_text(speedup.ratio, speedup.low, speedup.high)
    return {
        "launch ms": _median(result.launch_ms),
        "first ms": _median(result.first_ms),
        "warm ms": _median(result.warm_ms),
        "CPU s": _median(result.cpu_s),
        "speedup": text,
    }


def _of_soak(result: Soak) -> Cells:
    slope = result.slope
    return {
        "MiB": figure(result.memory_mib),
        "MiB/h": DASH if slope is None else f"{slope.value:+.3g} ({slope.low:+.3g} to {slope.high:+.3g})",
        "first req/s": figure(result.first.rate_rps),
        "last req/s": figure(result.last.rate_rps),
        "first p99 ms": figure(result.first.p99_ms),
        "last p99 ms": figure(result.last.p99_ms),
        "fail": str(result.failed),
    }


def _median(median: Median | None) -> str:
    return DASH if median is None else f"{figure(median.value)}{interval_text(median.low, median.high)}"


def _rate(rate_rps: float | None, *, at_least: bool) -> str:
    return DASH if rate_rps is None else f"{'>= ' if at_least else ''}{figure(rate_rps)}"


def _of_shutdown(result: Shutdown) -> Cells:
    return {
        "stops": str(len(result.stops)),
        "in flight": f"{result.in_flight:,}",
        **_of_losses(result.losses),
        "ended s": _median(result.ended_s),
        "killed": str(result.killed),
    }


def _of_recycling(result: Recycling) -> Cells:
    return {
        "rounds": str(len(result.rounds)),
        **_of_losses(result.losses),
        "reconnects": f"{result.reconnects:,}",
        "did not come back": str(result.ended),
    }


def _of_losses(losses: Losses) -> Cells:
    return {
        "answered": f"{losses.answered:,}",
        "lost": f"{losses.lost:,}",
        "refused": f"{losses.refused:,}",
        "other answers": f"{losses.other:,}",
    }


_CELLS: Mapping[type, Callable[..., Cells]] = {
    Capacity: _of_capacity,
    StreamsHeld: _of_streams_held,
    Sustained: _of_sustained,
    BreakingPoint: _of_breaking_point,
    ColdStart: _of_cold_start,
    Soak: _of_soak,
    # These are no figures of a stack; the sections ablation, profiles, tuning and scaling have them.
    Ablation: lambda _result: {},
    Profile: lambda _result: {},
    Tuned: lambda _result: {},
    Scaling: lambda _result: {},
    Shutdown: _of_shutdown,
    Recycling: _of_recycling,
    Leaving: of_leaving,
    SlowReaders: of_slow_readers,
}
