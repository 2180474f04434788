"""A model measured alone in one process, without a server: the ceiling for every server on the same cores."""

from __future__ import annotations

from dataclasses import dataclass

from stackduel.model.histogram import Histogram

# Long enough for some hundred inferences of every model of ours, and short beside a block.
ISOLATED_S = 3.0


@dataclass(frozen=True, slots=True)
class IsolatedMeasurement:
    """One measurement of a model in a process of its own, ``pool`` inferences at once: once a block.

    ``infer`` holds the time of every inference.
    """

    model: str
    block: int
    pool: int
    requests: int
    duration_s: float
    rate_rps: float
    infer: Histogram


@dataclass(frozen=True, slots=True)
class IsolatedFailure:
    """A measurement of a model alone that came to nothing, and why; never a zero."""

    model: str
    block: int
    reason: str


IsolatedResult = IsolatedMeasurement | IsolatedFailure
