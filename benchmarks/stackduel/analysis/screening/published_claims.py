"""The published claims about the switches of the optimisation guide, as ratios of on to off."""

from __future__ import annotations

from dataclasses import dataclass

from stackduel.model.search_results.ablation import Measure

# Names of stackduel_servers.switches.
TUNED_UVICORN = ("uvloop", "httptools", "recycling", "backlog", "limit")
GUIDE = "the FastAPI optimisation guide"


@dataclass(frozen=True, slots=True)
class PublishedClaim:
    """A claim about some switches together, or about all where it names none: a ratio from ``low`` to ``high``.

    ``scenarios`` are those that it is about, empty for all.
    """

    text: str
    measure: Measure
    low: float
    high: float
    switches: tuple[str, ...] = ()
    source: str = GUIDE
    scenarios: tuple[str, ...] = ()

    @property
    def smallest(self) -> float:
        """The end of the claim that is nearest to no change."""
        return self.low if self.low >= 1 else self.high

    @property
    def largest(self) -> float:
        """The end of the claim that is furthest from no change."""
        return self.high if self.low >= 1 else self.low


CLAIMS: tuple[PublishedClaim, ...] = (
    PublishedClaim("15-20 % more throughput", "throughput", 1.15, 1.20),
    PublishedClaim("15-20 % more throughput by tuned Uvicorn", "throughput", 1.15, 1.20, TUNED_UVICORN),
    PublishedClaim("10-15 % lower mean latency", "mean", 0.85, 0.90),
    PublishedClaim("15-25 % lower p95", "p95", 0.75, 0.85),
    PublishedClaim("20-35 % lower p99", "p99", 0.65, 0.80),
    PublishedClaim("50 % less memory", "memory", 0.50, 0.50),
    # Where no model computes, what a request costs the CPU is the API's overhead.
    PublishedClaim("API overhead of 8-15 ms down to 4-8 ms", "cpu", 0.50, 8 / 15, scenarios=("json", "small")),
    PublishedClaim("orjson is 2-3x faster", "throughput", 2.0, 3.0, ("json",), scenarios=("json",)),
    PublishedClaim("uvloop makes asyncio 2-4x faster", "throughput", 2.0, 4.0, ("uvloop",), "uvloop's README"),
)
