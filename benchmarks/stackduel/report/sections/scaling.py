"""The gain of more cores: throughput, speedup and efficiency by cores, and the scalability law."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stackduel.model.run import Run
from stackduel.model.scaling_settings import ScalingSettings
from stackduel.model.search_results.scaling import LawParameter, Scaling, ScalingPoint
from stackduel.report.sections.blocks import Block, Chart, Grid, Heading, Legend, Meaning, Paragraph, Section, Sentences
from stackduel.report.sections.figures import DASH, figure
from stackduel.report.sections.scenarios import described

WORDS = frozenset({"stack", "how"})
# So many points make a smooth curve.
CURVE_POINTS = 16
# The curve is drawn so far beyond what was measured.
BEYOND = 2.0
MEANINGS = (
    Meaning(
        "speedup", "over one core, in the same blocks, with its interval where five are quiet", frozenset({"speedup"})
    ),
    Meaning("per core", "the speedup for each core: 100 % where twice the cores serve twice", frozenset({"per core"})),
)
LAW_MEANINGS = (
    Meaning("contention", "the share of the work that only one core can do at a time", frozenset({"contention"})),
    Meaning("coherency", "what each pair of cores costs; above 0 too many cores serve less", frozenset({"coherency"})),
    Meaning("most at", "the number of cores that serves the most; a dash where none is shown", frozenset({"most at"})),
    Meaning("chance", "how often chance alone puts points so far off the law", frozenset({"chance"})),
)


def sections(run: Run) -> Iterator[Section]:
    """Yield the results of a run that scaled its stacks, with charts."""
    yield from _sections(run, charts=True)


def tables_alone(run: Run) -> Iterator[Section]:
    """Yield the same without charts, for a form that has none."""
    yield from _sections(run, charts=False)


def _sections(run: Run, *, charts: bool) -> Iterator[Section]:
    if not isinstance(run.suite.search, ScalingSettings):
        return
    blocks: list[Block] = []
    for scenario in run.suite.scenarios:
        found = [each.found for each in run.findings if each.scenario == scenario.name]
        results = [each for each in found if isinstance(each, Scaling)]
        blocks += [Heading(scenario.name), *described(scenario)]
        if not results:
            blocks.append(Paragraph("Nothing was measured from which anything follows."))
            continue
        blocks += _charts(results) if charts else []
        blocks += _tables(results, scenario.name)
    yield Section("results", "Results", tuple(blocks))


def _tables(results: Sequence[Scaling], scenario: str) -> Iterator[Block]:
    rows = tuple((each.scaled, *_cells(point)) for each in results for point in each.points)
    headings = ("stack", "cores", "req/s", "95 % interval", "speedup", "per core")
    grid = Grid(f"By cores in {scenario}", headings, rows, WORDS, least_needed=("95 % interval",))
    yield grid.without_empty_columns()
    yield Sentences(tuple(f"{each.scaled}: {each.sentence}" for each in results))
    yield from _remarks(results)
    yield Legend(headings, MEANINGS)
    laws = tuple(_law_row(each) for each in results if each.law is not None)
    if laws:
        law_headings = ("stack", "contention", "coherency", "most at", "chance")
        yield Grid(
            f"The universal scalability law in {scenario}",
            law_headings,
            laws,
            WORDS,
            least_needed=("chance", "most at"),
        )
        yield Legend(law_headings, LAW_MEANINGS)


def _cells(point: ScalingPoint) -> tuple[str, ...]:
    bounds = DASH if point.low_rps is None else f"{figure(point.low_rps)}-{figure(point.high_rps)}"
    return (
        f"{point.cores}{' (shared)' if point.shared else ''}",
        figure(point.rate_rps),
        bounds,
        _speedup(point),
        DASH if point.efficiency is None else f"{100 * point.efficiency:.0f} %",
    )


def _speedup(point: ScalingPoint) -> str:
    if point.speedup is None:
        return DASH
    if point.low is None or point.high is None:
        return f"{point.speedup:.3g}"
    return f"{point.speedup:.3g} ({point.low:.3g}-{point.high:.3g})"


def _law_row(result: Scaling) -> tuple[str, ...]:
    law = result.law
    if law is None:
        raise ValueError(f"{result.scaled} has no law")
    return (
        result.scaled,
        _parameter(law.contention),
        _parameter(law.coherency),
        DASH if law.peak_cores is None else _parameter(law.peak_cores),
        f"{100 * law.misfit_p:.2g} %",
    )


def _parameter(parameter: LawParameter) -> str:
    high = "" if parameter.high is None else f"{parameter.high:.3g}"
    return f"{parameter.value:.3g} ({parameter.low:.3g}-{high or 'any'})"


def _remarks(results: Sequence[Scaling]) -> Iterator[Block]:
    lines = []
    if any(point.shared for each in results for point in each.points):
        lines.append("(shared): the generator worked on one of these cores, and took time from the server.")
    noisy = sum(point.noisy for each in results for point in each.points)
    if noisy:
        lines.append(f"Trials that were kept in spite of the host's noise: {noisy}. They give no speedup an interval.")
    if lines:
        yield Sentences(tuple(lines))


def _charts(results: Sequence[Scaling]) -> Iterator[Chart]:
    if max(len(each.points) for each in results) < 2:
        return
    series = [{"stack": each.scaled, "name": each.scaled, "points": _curve(each)} for each in results]
    dots = [_dot(each.scaled, point) for each in results for point in each.points]
    measured = [
        (each.scaled, "measured", str(point.cores), *map(figure, (point.rate_rps, point.low_rps, point.high_rps)))
        for each in results
        for point in each.points
    ]
    fitted = [
        (each.scaled, "the law", f"{cores:g}", figure(rate_rps), DASH, DASH)
        for each in results
        if each.law
        for cores, rate_rps in _curve(each)
    ]
    lines = "The lines join them"
    if any(each.law for each in results):
        lines = "The lines are the fitted law, drawn beyond the last mark as far again"
    yield Chart(
        "lines",
        "Throughput by cores",
        f"The marks with intervals are what was measured. {lines}. A line that bends away from straight loses time to "
        "what only one core can do at a time; one that falls, to what cores do to each other.",
        {
            "x": {"label": "cores of the server", "type": "linear"},
            "y": {"label": "requests per second", "type": "linear", "zero": True},
            "panels": [{"title": "", "series": series, "dots": dots}],
        },
        Grid(
            "Throughput by cores", ("stack", "how", "cores", "req/s", "from", "to"), (*measured, *fitted), WORDS
        ).without_empty_columns(),
    )


def _curve(result: Scaling) -> list[list[float]]:
    """Return the points of the fitted law; without one, those that were measured."""
    law = result.law
    if law is None:
        return [[point.cores, round(point.rate_rps, 1)] for point in result.points]
    most = BEYOND * result.points[-1].cores
    steps = (1 + (most - 1) * step / CURVE_POINTS for step in range(CURVE_POINTS + 1))
    return [[round(cores, 3), round(law.rate_rps * law.speedup(cores), 1)] for cores in steps]


def _dot(stack: str, point: ScalingPoint) -> Mapping[str, Any]:
    text = f"{stack}: {point.cores} cores, {figure(point.rate_rps)} req/s"
    bounds = {"low": point.low_rps, "high": point.high_rps}
    return {"x": point.cores, "y": point.rate_rps, **bounds, "stack": stack, "text": text}
