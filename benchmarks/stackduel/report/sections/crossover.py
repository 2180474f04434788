"""The crossover: from which wait on a change pays, as predicted by wait and concurrency, beside measured speedups."""

from __future__ import annotations

from collections.abc import Iterator

from stackduel.analysis.crossover import WAITS_S
from stackduel.model.crossover import CrossoverCurve, CrossoverPoint
from stackduel.model.run import Run
from stackduel.report.sections.blocks import Block, Chart, Grid, Section
from stackduel.report.sections.figures import DASH, figure

# No wait at all has no place on a scale of logarithms: it stands at its left end.
_NO_WAIT_MS = 1000 * WAITS_S[1] / 3


def sections(run: Run) -> Iterator[Section]:
    """Yield the curves of the stack advised and of the best, where CPU time was measured."""
    curves = shown_curves(run)
    blocks = tuple(block for curve in curves for block in _blocks(curve, run.baseline))
    if blocks:
        yield Section("crossover", "From which wait on does it pay?", blocks)


def _blocks(curve: CrossoverCurve, baseline: str) -> Iterator[Block]:
    yield Chart(
        form="lines",
        title=f"Predicted speedup of {curve.candidate} over {baseline}",
        reading=(
            "What waiting slots and CPU time predict for requests that wait longer or shorter, if each takes as much "
            f"CPU as those of {curve.scenario}. The marks with intervals were measured; the left end is no wait at all."
        ),
        data={
            "x": {"label": "wait of a request, ms (log scale)", "type": "log"},
            "y": {"label": "speedup (log scale)", "type": "log"},
            "reference": 1,
            "panels": [{"title": "", "series": _series(curve), "dots": [_dot(point) for point in curve.measured]}],
        },
        grid=Grid(
            f"Predicted speedup of {curve.candidate} by wait and connections",
            ("wait ms", *(str(number) for number in curve.connections)),
            tuple(
                (f"{1000 * wait_s:g}", *(f"{figure(speedup)}x" for speedup in speedups))
                for wait_s, speedups in zip(curve.waits_s, curve.speedups, strict=True)
            ),
        ),
    )
    headings = ("scenario", "connections", "wait ms", "predicted", "measured", "from", "to")
    yield Grid(f"{curve.candidate}: measured beside predicted", headings, tuple(map(_row, curve.measured)))


def _series(curve: CrossoverCurve) -> list[dict[str, object]]:
    return [
        {
            "name": f"{number} connection{'' if number == 1 else 's'}",
            "points": [
                [1000 * wait_s or _NO_WAIT_MS, row[place]]
                for wait_s, row in zip(curve.waits_s, curve.speedups, strict=True)
            ],
        }
        for place, number in enumerate(curve.connections)
    ]


def _dot(point: CrossoverPoint) -> dict[str, object]:
    return {
        "x": 1000 * point.wait_s or _NO_WAIT_MS,
        "y": point.measured,
        "low": point.low,
        "high": point.high,
        "text": f"{point.scenario}: measured {figure(point.measured)}x, predicted {figure(point.predicted)}x",
    }


def _row(point: CrossoverPoint) -> tuple[str, ...]:
    return (
        point.scenario,
        str(point.connections),
        f"{1000 * point.wait_s:g}",
        f"{figure(point.predicted)}x",
        f"{figure(point.measured)}x",
        DASH if point.low is None else figure(point.low),
        DASH if point.high is None else figure(point.high),
    )


def shown_curves(run: Run) -> list[CrossoverCurve]:
    """Return the crossover curves that a reader needs: those of the stack advised, and of the best.

    They are about requests that wait; if all requests run a model, there are none.
    """
    if all(workload.model for scenario in run.suite.scenarios for workload in scenario.workloads):
        return []
    advice = run.advice.run if run.advice else None
    wanted = dict.fromkeys(name for name in (advice.stack, advice.best) if name) if advice else ()
    return [curve for name in wanted for curve in run.curves if curve.candidate == name]
