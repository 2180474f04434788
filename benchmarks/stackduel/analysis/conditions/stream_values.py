"""The metrics of event streams for conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from stackduel.analysis.conditions.block_values import bounded
from stackduel.analysis.conditions.metrics import Dimension, MetricValue, Missing
from stackduel.analysis.statistics.known_values import median_of_known
from stackduel.analysis.stream_metrics import (
    NO_TIMETABLE,
    STREAM_TIMES,
    StreamTime,
    cpu_us_per_token,
    events_per_s,
    figures_of,
    goodput_per_s,
    stream_counts,
    tokens_per_s,
)
from stackduel.model.stream_figures import StreamFigures
from stackduel.model.trial import Trial

COSTS: Mapping[str, Callable[[Trial], float | None]] = {
    "cpu_per_event": lambda trial: trial.cpu_us_per_event,
    "cpu_per_token": cpu_us_per_token,
}
RATES = {"event_rate": events_per_s, "token_rate": tokens_per_s, "goodput": goodput_per_s}


def stream_value(name: str, trials: Sequence[Trial], dimension: Dimension) -> MetricValue | Missing:
    """Return a metric of the streams of trials: of all events together; of costs and rates the blocks' median."""
    figures = figures_of(trials)
    if figures is None:
        return Missing("its answers were read as no event streams")
    if name in STREAM_TIMES:
        return _time(STREAM_TIMES[name], figures, trials)
    if name in COSTS:
        return _median([None if (us := COSTS[name](each)) is None else us / 1000 for each in trials])
    if name in RATES:
        return _median([RATES[name](each) for each in trials])
    counted = stream_counts(figures)[name]
    if not counted.of:
        return Missing(NO_TIMETABLE if name == "stalls" and figures.events else "no event came")
    return MetricValue(counted.count / counted.of if dimension == "share" else counted.count)


def _time(time: StreamTime, figures: StreamFigures, trials: Sequence[Trial]) -> MetricValue | Missing:
    point = time.of(figures)
    if point is None:
        return Missing(time.missing(figures))
    return bounded(point, [time.of(each.measurement.streams) for each in trials if each.measurement.streams])


def _median(blocks: Sequence[float | None]) -> MetricValue | Missing:
    middle = median_of_known(blocks)
    if middle is None:
        return Missing("unknown: the stack runs elsewhere, or sent no event")
    return bounded(middle, blocks)
