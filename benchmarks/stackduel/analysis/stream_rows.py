"""The figures of event streams in tables: a stack in a scenario over all its blocks, and what its timers cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from stackduel.analysis.conditions.block_values import bounded
from stackduel.analysis.conditions.metrics import MetricValue
from stackduel.analysis.statistics.known_values import median_of_known
from stackduel.analysis.stream_metrics import events_per_s, figures_of
from stackduel.model.stream_figures import StreamFigures
from stackduel.model.suite import ClosedLoop, Scenario
from stackduel.model.trial import Result, Trial


@dataclass(frozen=True, slots=True)
class StreamRow:
    """The streams of a stack in a scenario: ``figures`` of all blocks together, medians of the blocks.

    ``cpu_us`` is the server's CPU time for an event, with its own interval from five blocks on, ``proxy_us`` that of a
    proxy in front.
    """

    figures: StreamFigures
    events_per_s: float | None
    cpu_us: MetricValue | None
    proxy_us: float | None = None


def stream_row(trials: Sequence[Trial]) -> StreamRow | None:
    """Return the figures of the streams of trials; None where there are none."""
    figures = figures_of(trials)
    if figures is None:
        return None
    return StreamRow(
        figures=figures,
        events_per_s=median_of_known(events_per_s(trial) for trial in trials),
        cpu_us=_bounded_median([trial.cpu_us_per_event for trial in trials]),
        proxy_us=median_of_known(_proxy_us(trial) for trial in trials),
    )


def timers_us(trials: Sequence[Trial], idle: Sequence[Trial]) -> MetricValue | None:
    """Return the CPU microseconds that the timers of each event take, by the idle control of the same blocks.

    The control has the same timetable and next to nothing to send: its CPU time a second over the events a second.
    None where nobody knows it.
    """
    controls = {trial.place.block: trial for trial in idle}
    pairs = [(trial, controls[trial.place.block]) for trial in trials if trial.place.block in controls]
    return _bounded_median([_timers_us(*pair) for pair in pairs])


def mib_per_stream(trials: Sequence[Trial], fewer: Sequence[Trial], more_streams: float) -> float | None:
    """Return the memory of each stream that these trials have more than others of the same blocks, in MiB.

    The median over the blocks of the difference of their peaks; None where nobody knows it, or it is not above 0: the
    server may have kept what an earlier load took.
    """
    before = {trial.place.block: trial for trial in fewer}
    grown = [
        (trial.cost.memory_peak_mib - other.cost.memory_peak_mib) / more_streams
        for trial in trials
        if (other := before.get(trial.place.block)) is not None and trial.cost is not None and other.cost is not None
    ]
    middle = median_of_known(grown)
    return middle if middle is not None and middle > 0 else None


def by_added_delay(results: Iterable[Result]) -> Iterator[Trial]:
    """Yield the trials whose events have an added delay beside what they are compared by, compared by that delay."""
    for each in results:
        if isinstance(each, Trial) and each.metric == "event_cpu" and each.event_p99_ms is not None:
            yield replace(each, metric="event_delay")


def scenarios_by_workload(scenarios: Sequence[Scenario]) -> Mapping[tuple[str, str], Sequence[Scenario]]:
    """Return the scenarios of event streams that differ in their load alone, by kind of load and requests.

    Those of a group are ordered by their load: by streams that are always open, or by arrivals a second.
    """
    groups: dict[tuple[str, str], list[Scenario]] = {}
    for scenario in scenarios:
        if scenario.streams and scenario.idle_of is None:
            groups.setdefault((type(scenario.load).__name__, scenario.label), []).append(scenario)
    return {name: sorted(each, key=streams_of) for name, each in groups.items()}


def streams_of(scenario: Scenario) -> float:
    """Return how many streams a scenario has: always open, or arriving a second."""
    load = scenario.load
    return load.connections if isinstance(load, ClosedLoop) else load.rate_rps


def _proxy_us(trial: Trial) -> float | None:
    streams = trial.measurement.streams
    if streams is None or trial.proxy_cpu_s is None or not streams.events:
        return None
    return 1e6 * trial.proxy_cpu_s / streams.events


def _timers_us(trial: Trial, idle: Trial) -> float | None:
    rate = events_per_s(trial)
    if idle.cost is None or not rate:
        return None
    return 1e6 * idle.cost.cpu_s / idle.measurement.duration_s / rate


def _bounded_median(blocks: Sequence[float | None]) -> MetricValue | None:
    middle = median_of_known(blocks)
    return None if middle is None else bounded(middle, blocks)
