"""Latency distributions, percentile by percentile, as far as the number of requests allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackduel.model.histogram import Histogram, fewest_for
from stackduel.report.sections.blocks import Block, Chart, Grid, Paragraph
from stackduel.report.sections.counted_trials import ByStack
from stackduel.report.sections.figures import DASH, figure

# Evenly spaced on the axis of nines that HdrHistogram's plots have, and what tables usually show.
QUANTILES = (
    0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.9625, 0.975, 0.98, 0.9875, 0.99,
    0.9925, 0.995, 0.9975, 0.999, 0.9995, 0.9999, 0.99999,
)  # fmt: skip
# Below, a curve would be a stub.
FEWEST = fewest_for(0.9)


def blocks(kind: str, trials: ByStack) -> Iterator[Block]:
    """Yield the curve of each stack, or why there is none; ``kind`` says what the latencies are."""
    merged = {name: Histogram.sum(trial.measurement.latency for trial in each) for name, each in trials.items()}
    if all(each.count < FEWEST for each in merged.values()):
        most = max((each.count for each in merged.values()), default=0)
        yield Paragraph(f"No distribution of latencies: {most} requests a stack are too few for percentiles.")
        return
    known = {name: _known(each) for name, each in merged.items()}
    yield Chart(
        form="lines",
        title="Latency by percentile",
        reading=(
            f"How long the slowest requests took ({kind}), over all blocks. Lower is better, and so is flatter; a line "
            "ends where there were too few requests to tell."
        ),
        data={
            "x": {"label": "percentile of the requests", "type": "percentile"},
            "y": {"label": "milliseconds (log scale)", "type": "log"},
            "panels": [{"title": "", "series": [_series(name, values) for name, values in known.items() if values]}],
        },
        grid=_grid(known, merged),
    )


def _known(latency: Histogram) -> dict[float, float]:
    """Return milliseconds by quantile, where the histogram is large enough."""
    count = latency.count
    return {q: latency.quantile_ns(q) / 1e6 for q in QUANTILES if count >= fewest_for(q)}


def _series(name: str, values: dict[float, float]) -> dict[str, Any]:
    return {"stack": name, "name": name, "points": [[q, ms] for q, ms in values.items()]}


def _grid(known: dict[str, dict[float, float]], merged: dict[str, Histogram]) -> Grid:
    reached = [q for q in QUANTILES if any(q in values for values in known.values())]
    rows = [(f"{100 * q:.6g} %", *(figure(values.get(q)) for values in known.values())) for q in reached]
    longest = (figure(each.max_ns / 1e6) if each.count else DASH for each in merged.values())
    return Grid(
        "Latency by percentile, milliseconds",
        ("percentile", *known),
        (*rows, ("longest", *longest)),
    )
