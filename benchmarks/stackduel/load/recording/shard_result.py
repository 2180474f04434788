"""The measurement of one shard, as it travels from the shard to the runner."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from stackduel.model.histogram import Histogram
from stackduel.model.measurement import CallCount, FailedAnswer, GeneratorUse, Victim, Warmup
from stackduel.model.stream_figures import COUNTS, MAPPINGS, TIMES, StreamFigures


@dataclass(frozen=True, slots=True)
class Slice:
    """The requests completed in ``width_s`` seconds, from ``t_s`` seconds after the opening."""

    t_s: float
    width_s: float
    failed: int
    latency: Histogram


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of a recorder's window: sums, which add up exactly over shards.

    ``in_flight_s`` is the time that its requests spent unanswered within the window, all together; ``cut_off_s`` is
    that of those cut off. The rest is as in ``Measurement``.
    """

    outcomes: Mapping[str, int]
    completed: int
    cut_off: int
    cut_off_s: float
    in_flight_s: float
    latency: Histogram
    service: Histogram | None
    lateness: Histogram | None
    dispatch: Histogram | None
    first_byte: Histogram | None
    spans: Mapping[str, Histogram] | None
    calls: tuple[CallCount, ...]
    timeline: tuple[Slice, ...]
    streams: StreamFigures | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the tally as JSON values."""
        return {
            "outcomes": dict(self.outcomes),
            "completed": self.completed,
            "cut_off": self.cut_off,
            "cut_off_s": self.cut_off_s,
            "in_flight_s": self.in_flight_s,
            **{name: _optional_to_json(getattr(self, name)) for name in _HISTOGRAMS},
            "spans": _each_to_json(self.spans),
            "calls": [_count_to_json(call) for call in self.calls],
            "timeline": [
                [each.t_s, each.width_s, each.failed, _histogram_to_json(each.latency)] for each in self.timeline
            ],
            "streams": None if self.streams is None else _streams_to_json(self.streams),
        }

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> Tally:
        """Return the tally that ``to_json`` gave; raises KeyError, TypeError or ValueError on anything else."""
        return Tally(
            **{
                **document,
                **{name: _optional_from_json(document[name]) for name in _HISTOGRAMS},
                "spans": _each_from_json(document["spans"]),
                "calls": tuple(CallCount(*_count_from_json(call)) for call in document["calls"]),
                "timeline": tuple(
                    Slice(t_s, width_s, failed, _histogram_from_json(latency))
                    for t_s, width_s, failed, latency in document["timeline"]
                ),
                "streams": None if document["streams"] is None else _streams_from_json(document["streams"]),
            }
        )


@dataclass(frozen=True, slots=True)
class ShardResult:
    """The measurement of one shard."""

    tally: Tally
    scheduled: int | None
    victim: Victim | None
    duration_s: float
    reconnects: int
    resent: int
    drained: bool
    warmup: Warmup
    generator: GeneratorUse
    failed_answer: FailedAnswer | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {
            "tally": self.tally.to_json(),
            "scheduled": self.scheduled,
            "victim": [*_count_to_json(self.victim), self.victim.resent] if self.victim else None,
            "duration_s": self.duration_s,
            "reconnects": self.reconnects,
            "resent": self.resent,
            "drained": self.drained,
            "warmup": asdict(self.warmup),
            "generator": asdict(self.generator),
            "failed_answer": _answer_to_json(self.failed_answer),
        }

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> ShardResult:
        """Return the result that ``to_json`` gave; raises KeyError, TypeError or ValueError on anything else."""
        generator, victim = document["generator"], document["victim"]
        return ShardResult(
            **{
                **document,
                "tally": Tally.from_json(document["tally"]),
                "victim": Victim(*_count_from_json(victim[:-1]), victim[-1]) if victim else None,
                "warmup": Warmup(**document["warmup"]),
                "generator": GeneratorUse(**{**generator, "cores": tuple(generator["cores"])}),
                "failed_answer": _answer_from_json(document["failed_answer"]),
            }
        )


_HISTOGRAMS = ("latency", "service", "lateness", "dispatch", "first_byte")


def _count_to_json(count: CallCount | Victim) -> list[Any]:
    return [count.label, count.requests, count.failed, _histogram_to_json(count.latency)]


def _count_from_json(document: Sequence[Any]) -> tuple[str, int, int, Histogram]:
    label, requests, failed, latency = document
    return label, requests, failed, _histogram_from_json(latency)


def _answer_to_json(answer: FailedAnswer | None) -> list[Any] | None:
    if answer is None:
        return None
    return [answer.status, base64.b64encode(answer.beginning).decode(), answer.call, answer.difference]


def _answer_from_json(document: Sequence[Any] | None) -> FailedAnswer | None:
    if document is None:
        return None
    status, beginning, call, difference = document
    return FailedAnswer(status, base64.b64decode(beginning, validate=True), call, difference)


def _streams_to_json(figures: StreamFigures) -> dict[str, Any]:
    return {
        **{name: getattr(figures, name) for name in COUNTS},
        **{name: list(getattr(figures, name).items()) for name in MAPPINGS},
        **{name: _histogram_to_json(getattr(figures, name)) for name in TIMES},
        "added_by_number": [[band, _histogram_to_json(each)] for band, each in figures.added_by_number.items()],
    }


def _streams_from_json(document: Mapping[str, Any]) -> StreamFigures:
    return StreamFigures(
        **{
            **document,
            **{name: dict(document[name]) for name in MAPPINGS},
            **{name: _histogram_from_json(document[name]) for name in TIMES},
            "added_by_number": {band: _histogram_from_json(each) for band, each in document["added_by_number"]},
        }
    )


def _optional_to_json(histogram: Histogram | None) -> list[Any] | None:
    return None if histogram is None else _histogram_to_json(histogram)


def _optional_from_json(document: Sequence[Any] | None) -> Histogram | None:
    return None if document is None else _histogram_from_json(document)


def _each_to_json(spans: Mapping[str, Histogram] | None) -> dict[str, Any] | None:
    return None if spans is None else {name: _histogram_to_json(span) for name, span in spans.items()}


def _each_from_json(document: Mapping[str, Any] | None) -> dict[str, Histogram] | None:
    return None if document is None else {name: _histogram_from_json(span) for name, span in document.items()}


def _histogram_to_json(histogram: Histogram) -> list[Any]:
    # The interchange format carries the counts alone: what is exact travels beside it.
    return [histogram.encode(), histogram.total_ns, histogram.min_ns, histogram.max_ns, histogram.clamped]


def _histogram_from_json(document: Sequence[Any]) -> Histogram:
    text, total_ns, min_ns, max_ns, clamped = document
    counted = Histogram.decode(text)
    return Histogram(counted.first, counted.counts, total_ns, min_ns, max_ns, clamped)
