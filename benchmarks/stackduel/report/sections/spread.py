"""Each block's figure: how much of a difference is chance."""

from __future__ import annotations

from collections.abc import Iterator

from stackduel.analysis.statistics.known_values import median_of_known
from stackduel.model.suite import Metric
from stackduel.model.trial import Trial
from stackduel.report.sections.blocks import Block, Chart, Grid
from stackduel.report.sections.counted_trials import ByStack
from stackduel.report.sections.figures import figure

NOISY = " A hollow one was measured on a noisy host, and decides nothing."
UNITS: dict[Metric, tuple[str, str]] = {
    "rate": ("Requests per second, block by block", "req/s"),
    "time": ("Median time of a request, block by block", "ms"),
    "event_cpu": ("Server CPU time for an event, block by block", "us"),
    "event_delay": ("Added delay of the slowest hundredth of the events (p99), block by block", "ms"),
}


def blocks(metric: Metric, trials: ByStack) -> Iterator[Block]:
    """Yield a dot a block, and their median."""
    if not trials:
        return
    title, unit = UNITS[metric]
    better = "More is better." if metric == "rate" else "Less is better."
    yield Chart(
        form="strip",
        title=title,
        reading=f"Each mark is one block, with fresh servers; the stroke is their median. {better}"
        + (NOISY if any(trial.state == "noisy" for each in trials.values() for trial in each) else ""),
        data={
            "x": {"label": unit, "type": "auto"},
            "panels": [{"title": "", "rows": [_row(unit, *each) for each in trials.items()]}],
        },
        grid=_grid(title, trials),
    )


def _row(unit: str, name: str, trials: list[Trial]) -> dict[str, object]:
    middle = median_of_known(trial.figure for trial in trials)
    return {
        "stack": name,
        "value": middle,
        "text": f"{figure(middle)} {unit}",
        "note": "",
        "dots": [
            {"value": value, "block": trial.place.block, "noisy": trial.state == "noisy", "text": figure(value)}
            for trial in trials
            if (value := trial.figure) is not None
        ],
    }


def _grid(title: str, trials: ByStack) -> Grid:
    numbers = sorted({trial.place.block for each in trials.values() for trial in each})
    rows = []
    for name, each in trials.items():
        by_block = {trial.place.block: trial for trial in each}
        cells = (figure(by_block[n].figure) if n in by_block else "-" for n in numbers)
        rows.append((name, figure(median_of_known(trial.figure for trial in each)), *cells))
    return Grid(title, ("stack", "median", *(f"block {n}" for n in numbers)), tuple(rows))
