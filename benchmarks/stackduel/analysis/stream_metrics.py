"""The figures of event streams that tables show, conditions name and service levels bound, read from figures alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from stackduel.model.histogram import Histogram, fewest_for
from stackduel.model.stream_figures import StreamFigures
from stackduel.model.trial import Trial

# The words of the field for the times of events, and what each of them is in the figures.
TIMES: Mapping[str, str] = {
    "event": "added",
    "late": "made_late",
    "way": "way",
    "ttft": "ttft",
    "gap": "gap",
    "tpot": "per_event",
}
QUANTILES: Mapping[str, float] = {"p50": 0.5, "p99": 0.99, "p999": 0.999}
TIMETABLED = frozenset({"added", "made_late", "way"})
NO_TIMETABLE = "its events have no timetable by the generator's clock (docs/streams.md)"


@dataclass(frozen=True, slots=True)
class StreamTime:
    """A quantile ``q`` of one of the times of streams, such as ``event_p99``: the p99 of the added delay."""

    times: str
    q: float

    @property
    def fewest(self) -> int:
        """The smallest number of values that gives this quantile."""
        return fewest_for(self.q)

    def of(self, figures: StreamFigures) -> float | None:
        """Return the quantile in milliseconds; None where there are too few values."""
        values: Histogram = getattr(figures, self.times)
        return values.quantile_ns(self.q) / 1e6 if values.count >= self.fewest else None

    def missing(self, figures: StreamFigures) -> str:
        """Return why there is no such quantile, as a part of a sentence."""
        values: Histogram = getattr(figures, self.times)
        if self.times in TIMETABLED and not values.count and figures.events:
            return NO_TIMETABLE
        return f"{values.count:,} values are too few ({self.fewest:,} are needed)"


STREAM_TIMES: Mapping[str, StreamTime] = {
    f"{word}_{quantile}": StreamTime(times, q) for word, times in TIMES.items() for quantile, q in QUANTILES.items()
}


@dataclass(frozen=True, slots=True)
class CountedOf:
    """So many of so many: stalls of gaps, streams that were cut short of those that ended."""

    count: int
    of: int


def stream_counts(figures: StreamFigures) -> Mapping[str, CountedOf]:
    """Return what is counted of streams, by the names that conditions use."""
    return {
        "stalls": CountedOf(figures.stalls, figures.paced),
        "merged": CountedOf(figures.merged, figures.events),
        "cut_streams": CountedOf(figures.cut, figures.cut + figures.completed),
        "faulty_events": CountedOf(figures.faulty, figures.events + figures.missing),
    }


COUNTED = ("stalls", "merged", "cut_streams", "faulty_events")


def figures_of(trials: Iterable[Trial]) -> StreamFigures | None:
    """Return the figures of all trials together; None where none has streams."""
    return StreamFigures.sum(trial.measurement.streams for trial in trials)


def cpu_us_per_token(trial: Trial) -> float | None:
    """Return the server's CPU microseconds for each token; None where nobody knows them, or no token came."""
    streams, per_event = trial.measurement.streams, trial.cpu_us_per_event
    return None if streams is None or per_event is None else per_event * streams.events / streams.tokens


def tokens_per_s(trial: Trial) -> float | None:
    """Return the tokens of a window for each second of it; None where there are no streams."""
    return _per_s(trial, lambda streams: streams.tokens)


def goodput_per_s(trial: Trial) -> float | None:
    """Return the streams a second that kept the bounds of their scenario; None where there are no streams."""
    return _per_s(trial, lambda streams: streams.kept)


def events_per_s(trial: Trial) -> float | None:
    """Return the events of a window for each second of it; None where there are no streams."""
    return _per_s(trial, lambda streams: streams.events)


def _per_s(trial: Trial, count: Callable[[StreamFigures], float]) -> float | None:
    streams = trial.measurement.streams
    return None if streams is None else count(streams) / trial.measurement.duration_s
