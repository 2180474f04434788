"""Service levels: bounds on latencies and errors, as people write them, and whether a window kept them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stackduel.model.histogram import Histogram, fewest_for
from stackduel.model.measurement import Measurement, Outcome

QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999}
MEAN = "mean"
NAMES = (*QUANTILES, MEAN)
USUAL_ERRORS = 0.001
LONGEST_MS = 3_600_000.0
_BOUND = re.compile(r"(?P<name>[a-z0-9]+)\s*(?:<=|=|<)\s*(?P<value>\d+(?:\.\d+)?)\s*(?P<unit>ms|s|%)")


@dataclass(frozen=True, slots=True)
class Bound:
    """The most that a latency, ``name`` of ``NAMES``, may be: ``most_ms`` milliseconds."""

    name: str
    most_ms: float

    @property
    def fewest(self) -> int:
        """From how many requests on it can be told."""
        return fewest_for(QUANTILES[self.name]) if self.name in QUANTILES else 1

    def of(self, latency: Histogram) -> float | None:
        """What it bounds, in milliseconds; None where there are too few requests to tell."""
        if latency.count < self.fewest:
            return None
        return (latency.mean_ns if self.name == MEAN else latency.quantile_ns(QUANTILES[self.name])) / 1e6

    def __str__(self) -> str:
        return f"{self.name} <= {self.most_ms:g} ms"


@dataclass(frozen=True, slots=True)
class Slo:
    """Bounds of latencies that are to be kept together, and the largest share of requests that may fail."""

    bounds: tuple[Bound, ...]
    errors: float = USUAL_ERRORS

    @property
    def fewest(self) -> int:
        """From how many requests on all of it can be told."""
        return max((bound.fewest for bound in self.bounds), default=1)

    @property
    def slowest_s(self) -> float:
        """The longest latency that any of the bounds allows, in seconds."""
        return max((bound.most_ms for bound in self.bounds), default=0.0) / 1000

    def broken_by(self, found: Measurement) -> str | None:
        """What of it the window did not keep, as a part of a sentence; None where it kept all.

        Requests without an answer in time are in the latencies, at no less than the timeout: they are not left out.
        """
        share = found.failed / found.requests if found.requests else 1.0
        if share > self.errors:
            return f"{100 * share:.3g} % of the requests failed{_mostly(found)} (bound {100 * self.errors:g} %)"
        return self.broken_by_latency(found.latency)

    def broken_by_latency(self, latency: Histogram) -> str | None:
        """Which bound these latencies do not keep, as a part of a sentence; None where they keep all."""
        for bound in self.bounds:
            value = bound.of(latency)
            if value is None:
                return f"{latency.count} answers are too few to tell the {bound.name}"
            if value > bound.most_ms:
                return f"the {bound.name} was {value:,.4g} ms (bound {bound.most_ms:g} ms)"
        return None

    def __str__(self) -> str:
        return ", ".join([*map(str, self.bounds), f"errors <= {100 * self.errors:g} %"])


def _mostly(found: Measurement) -> str:
    failures = {name: count for name, count in found.outcomes.items() if name != Outcome.OK}
    return f", mostly {max(failures, key=lambda name: failures[name])}" if failures else ""


def parse_slo(text: str) -> Slo:
    """The service level of ``p99=200ms``, ``p99<0.2s, p50<50ms, errors=0.5%``; raises ValueError on all else."""
    bounds: dict[str, Bound] = {}
    errors: float | None = None
    for part in text.split(","):
        found = _BOUND.fullmatch(part.strip().lower())
        if found is None or found["name"] not in {*NAMES, "errors"}:
            raise ValueError(
                f"{part.strip()!r} must be NAME=VALUE, NAME one of {', '.join(NAMES)} in ms or s, or errors in %"
            )
        name, value, unit = found["name"], float(found["value"]), found["unit"]
        if (unit == "%") != (name == "errors"):
            raise ValueError(f"{part.strip()!r}: {name} is bounded in {'%' if name == 'errors' else 'ms or s'}")
        if name in bounds or (name == "errors" and errors is not None):
            raise ValueError(f"{name} is bounded twice")
        if name == "errors":
            if value > 100:
                raise ValueError("errors must be a share from 0 % to 100 %")
            errors = value / 100
            continue
        most_ms = value * (1000 if unit == "s" else 1)
        if not 0 < most_ms <= LONGEST_MS:
            raise ValueError(f"{name} must be a time above 0 and up to {LONGEST_MS / 1000:g} s")
        bounds[name] = Bound(name, most_ms)
    if not bounds:
        raise ValueError(f"at least one of {', '.join(NAMES)} must be bounded")
    return Slo(tuple(bounds.values()), USUAL_ERRORS if errors is None else errors)
