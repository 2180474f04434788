"""Each block's figure: how much of a difference is chance."""

from __future__ import annotations

from collections.abc import Iterator

from stackduel.analysis.statistics.known_values import median_of_known
from stackduel.model.run import Run
from stackduel.model.suite import Metric
from stackduel.model.trial import Trial
from stackduel.report.sections.blocks import Block, Chart, Grid
from stackduel.report.sections.counted_trials import ByStack
from stackduel.report.sections.figures import figure
from stackduel.report.sections.roles import role_of

UNITS: dict[Metric, tuple[str, str]] = {
    "rate": ("Requests per second, block by block", "req/s"),
    "time": ("Median time of a request, block by block", "ms"),
}


def blocks(run: Run, metric: Metric, trials: ByStack) -> Iterator[Block]:
    """Yield a dot a block, and their median."""
    if not trials:
        return
    title, unit = UNITS[metric]
    better = "More is better." if metric == "rate" else "Less is better."
    yield Chart(
        form="strip",
        title=title,
        reading=f"Each dot is one block, with fresh servers; the stroke is their median. {better} "
        "A hollow dot was measured on a noisy host, and decides nothing.",
        data={
            "x": {"label": unit, "type": "auto"},
            "by": "role",
            "panels": [{"title": "", "rows": [_row(run, metric, unit, *each) for each in trials.items()]}],
        },
        grid=_grid(title, metric, trials),
    )


def _value(metric: Metric, trial: Trial) -> float | None:
    return trial.rate_rps if metric == "rate" else trial.time_ms


def _row(run: Run, metric: Metric, unit: str, name: str, trials: list[Trial]) -> dict[str, object]:
    middle = median_of_known(_value(metric, trial) for trial in trials)
    return {
        "stack": name,
        "role": role_of(run.stacks[name].tier),
        "value": middle,
        "text": f"{figure(middle)} {unit}",
        "note": "",
        "dots": [
            {"value": value, "block": trial.place.block, "noisy": trial.state == "noisy", "text": figure(value)}
            for trial in trials
            if (value := _value(metric, trial)) is not None
        ],
    }


def _grid(title: str, metric: Metric, trials: ByStack) -> Grid:
    numbers = sorted({trial.place.block for each in trials.values() for trial in each})
    rows = []
    for name, each in trials.items():
        by_block = {trial.place.block: trial for trial in each}
        cells = (figure(_value(metric, by_block[n])) if n in by_block else "-" for n in numbers)
        rows.append((name, figure(median_of_known(_value(metric, trial) for trial in each)), *cells))
    return Grid(title, ("stack", "median", *(f"block {n}" for n in numbers)), tuple(rows))
