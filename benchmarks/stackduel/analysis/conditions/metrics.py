"""The figures that a condition may ask for: what they are, in which units, of whom (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from stackduel.analysis.conditions.syntax_tree import MetricUnit

Dimension = Literal["time", "ratio", "rate", "memory", "count", "share"]

# What a number of each unit is, and how many of the figure's own units (ms, MiB, parts of 1) it stands for.
UNITS: Mapping[MetricUnit, tuple[frozenset[Dimension], float]] = {
    "": (frozenset({"ratio", "rate", "count"}), 1.0),
    "ms": (frozenset({"time"}), 1.0),
    "s": (frozenset({"time"}), 1000.0),
    "%": (frozenset({"share"}), 0.01),
    "x": (frozenset({"ratio"}), 1.0),
    "MiB": (frozenset({"memory"}), 1.0),
    "GiB": (frozenset({"memory"}), 1024.0),
    "rps": (frozenset({"rate"}), 1.0),
}
# How numbers of each dimension are written.
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
    """A figure: its dimensions (the first unless the other side asks for another) and what it is, in a sentence.

    ``bounded`` says that it may have an interval. ``candidates`` says that it compares a stack with something, so that
    the baseline has none.
    """

    dimensions: tuple[Dimension, ...]
    meaning: str
    bounded: bool = True
    candidates: bool = False


_BLOCKS = "its interval is that of the blocks"
OF_A_RUN: Mapping[str, MetricKind] = {
    "speedup": MetricKind(
        ("ratio",), "how many times as fast as the baseline, with the run's interval", candidates=True
    ),
    **{
        name: MetricKind(("time",), f"the {shown} of all requests of its blocks together; {_BLOCKS}")
        for name, shown in (("p50", "p50"), ("p90", "p90"), ("p95", "p95"), ("p99", "p99"), ("p999", "p99.9"))
    },
    "mean": MetricKind(("time",), f"the mean latency of all requests of its blocks together; {_BLOCKS}"),
    "rate": MetricKind(("rate",), f"right answers a second, the median of its blocks; {_BLOCKS}"),
    "cpu": MetricKind(("time",), f"server CPU time for each right answer, the median of its blocks; {_BLOCKS}"),
    "memory": MetricKind(("memory",), "the most memory it was seen to hold in any block", bounded=False),
    "errors": MetricKind(("count", "share"), "requests that failed; beside a number in %, their share", bounded=False),
    "void": MetricKind(
        ("count",), "trials that came to nothing, as the host or generator disturbed each attempt", False
    ),
    "failures": MetricKind(("count",), "trials that could not be measured, as the stack failed", bounded=False),
    "sla": MetricKind(("count",), "bounds of the scenario's service level that were not kept", bounded=False),
}
BETWEEN_RUNS: Mapping[str, MetricKind] = {
    "ratio": MetricKind(("ratio",), "the new speedup over the baseline, divided by the old one", candidates=True),
    "raw": MetricKind(("ratio",), "the new score divided by the old one, whatever the host did meanwhile"),
    # Everything else is the new run's.
    **OF_A_RUN,
}


@dataclass(frozen=True, slots=True)
class MetricValue:
    """What a figure is, and between which bounds the true one lies, where enough blocks tell.

    ``noisy`` says that a trial behind it was kept in spite of the host's noise: no comparison rests on that.
    """

    point: float
    low: float | None = None
    high: float | None = None
    noisy: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """A figure that nobody can tell, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class MetricScope:
    """What a condition may name: figures, stacks (the twin among them), scenarios.

    ``usual`` are the stacks that a figure without one asks about: neither twins nor controls.
    """

    figures: Mapping[str, MetricKind]
    stacks: tuple[str, ...]
    scenarios: tuple[str, ...]
    baseline: str
    usual: tuple[str, ...]


class Figures(Protocol):
    """Whatever knows the figures of a run."""

    def value(self, name: str, stack: str, scenario: str, dimension: Dimension) -> MetricValue | Missing:
        """A figure of a stack in a scenario: in milliseconds, MiB, parts of 1, or a plain number."""
