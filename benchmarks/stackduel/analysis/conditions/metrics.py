"""The metrics that a condition may name: what they mean, and in which units they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from stackduel.analysis.conditions.condition import MetricUnit
from stackduel.analysis.stream_metrics import COUNTED, STREAM_TIMES

Dimension = Literal["time", "ratio", "rate", "memory", "count", "share"]

# The dimensions of each unit, and its size in the metric's own unit (ms, MiB, parts of 1).
UNITS: Mapping[MetricUnit, tuple[frozenset[Dimension], float]] = {
    "": (frozenset({"ratio", "rate", "count"}), 1.0),
    "us": (frozenset({"time"}), 0.001),
    "ms": (frozenset({"time"}), 1.0),
    "s": (frozenset({"time"}), 1000.0),
    "%": (frozenset({"share"}), 0.01),
    "x": (frozenset({"ratio"}), 1.0),
    "MiB": (frozenset({"memory"}), 1.0),
    "GiB": (frozenset({"memory"}), 1024.0),
    "rps": (frozenset({"rate"}), 1.0),
}
# Examples of a number in each dimension.
WRITTEN: Mapping[Dimension, str] = {
    "time": "100ms or 0.1s",
    "ratio": "2 or 2x",
    "rate": "500 or 500rps",
    "memory": "512MiB or 1GiB",
    "count": "5",
    "share": "1%",
}


@dataclass(frozen=True, slots=True)
class MetricKind:
    """A metric: its dimensions, the first one unless the other side has another; docs/ci.md explains each metric.

    ``bounded`` metrics may have an interval. ``candidates`` metrics compare a stack with the baseline, so the baseline
    has none. Only scenarios whose answers are event streams have those ``of_streams``.
    """

    dimensions: tuple[Dimension, ...]
    bounded: bool = True
    candidates: bool = False
    of_streams: bool = False


ERRORS = MetricKind(("count", "share"), bounded=False)
OF_A_RUN: Mapping[str, MetricKind] = {
    "speedup": MetricKind(("ratio",), candidates=True),
    **{name: MetricKind(("time",)) for name in ("p50", "p90", "p95", "p99", "p999", "mean")},
    "rate": MetricKind(("rate",)),
    "cpu": MetricKind(("time",)),
    "memory": MetricKind(("memory",), bounded=False),
    "errors": ERRORS,
    "resent": ERRORS,
    **{name: MetricKind(("count",), bounded=False) for name in ("void", "failures", "sla")},
    **{name: MetricKind(("time",), of_streams=True) for name in (*STREAM_TIMES, "cpu_per_event", "cpu_per_token")},
    **{name: MetricKind(("rate",), of_streams=True) for name in ("event_rate", "token_rate", "goodput")},
    **{name: MetricKind(("count", "share"), bounded=False, of_streams=True) for name in COUNTED},
}
BETWEEN_RUNS: Mapping[str, MetricKind] = {
    "ratio": MetricKind(("ratio",), candidates=True),
    "raw": MetricKind(("ratio",)),
    # All others are the new run's.
    **OF_A_RUN,
}


@dataclass(frozen=True, slots=True)
class MetricValue:
    """The value of a metric, and its interval where there are enough blocks.

    ``noisy`` says that a trial behind it was kept in spite of the host's noise: no condition is decided by it. An
    interval is open at one end (0 or infinite) where only one bound is known. ``words`` stand in place of the value
    where its size is unknown.
    """

    point: float
    low: float | None = None
    high: float | None = None
    noisy: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """A metric without a value, and the reason."""

    reason: str


class MetricReader(Protocol):
    """A source of the metrics of a run."""

    def value(self, name: str, stack: str, scenario: str, dimension: Dimension) -> MetricValue | Missing:
        """Return a metric of a stack in a scenario: in milliseconds, MiB, parts of 1, or a plain number."""
