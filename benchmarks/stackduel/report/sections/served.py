"""Requests that each stack served and failed of a load at a fixed rate: what a limit lets through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS, mean_interval
from stackduel.model.comparison import CONFIDENCE
from stackduel.model.run import Run
from stackduel.model.suite import OpenLoop
from stackduel.model.trial import Trial
from stackduel.report.sections.blocks import Block, Grid, Section, Sentences
from stackduel.report.sections.counted_trials import ByStack, counting
from stackduel.report.sections.figures import DASH, figure, interval_text

HEADINGS = ("stack", "blocks", "right answers/s", "failed %")
READING = (
    f"The mean of the blocks, with the {100 * CONFIDENCE:g} % interval of each figure by itself from {FEWEST_BLOCKS} "
    "blocks on. What failed is counted against all requests that were sent."
)


def sections(run: Run) -> Iterator[Section]:
    """Yield a table for each load at a fixed rate of which some stack failed a request."""
    blocks: list[Block] = []
    for scenario in run.suite.compared:
        trials = counting(run, scenario)
        failed = any(trial.measurement.failed for each in trials.values() for trial in each)
        if isinstance(scenario.load, OpenLoop) and failed:
            blocks.append(_grid(f"{scenario.name}: {figure(scenario.load.rate_rps)} requests/s", trials))
    if blocks:
        yield Section("served", "Served and failed", (*blocks, Sentences((READING,))))


def _grid(title: str, trials: ByStack) -> Grid:
    rows = (
        (
            name,
            str(len(each)),
            _mean([trial.rate_rps for trial in each]),
            _mean([_failed_percent(trial) for trial in each], most=100.0),
        )
        for name, each in trials.items()
    )
    return Grid(title, HEADINGS, tuple(rows))


def _failed_percent(trial: Trial) -> float:
    found = trial.measurement
    return 100 * found.failed / found.requests if found.requests else 0.0


def _mean(values: Sequence[float], most: float | None = None) -> str:
    """Return a mean with its interval, as far as it can be: never below 0 or above ``most``."""
    if not values:
        return DASH
    low, high = mean_interval(values) or (None, None)
    if low is not None and high is not None:
        low, high = max(low, 0.0), high if most is None else min(high, most)
    return f"{figure(sum(values) / len(values))}{interval_text(low, high)}"
