"""Service levels: bounds on latencies and errors as text, and whether a window keeps them."""

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
    """The bound on one figure of the latency: ``name``, one of ``NAMES``, may be at most ``most_ms`` milliseconds."""

    name: str
    most_ms: float

    @property
    def fewest(self) -> int:
        """The smallest number of requests that gives this figure."""
        return fewest_for(QUANTILES[self.name]) if self.name in QUANTILES else 1

    def of(self, latency: Histogram) -> float | None:
        """Return the bounded figure in milliseconds; None if there are too few requests for it."""
        if latency.count < self.fewest:
            return None
        return (latency.mean_ns if self.name == MEAN else latency.quantile_ns(QUANTILES[self.name])) / 1e6

    def __str__(self) -> str:
        return f"{self.name} <= {self.most_ms:g} ms"


@dataclass(frozen=True, slots=True)
class Slo:
    """The bounds on latencies, which a window must keep together, and the largest share of failed requests."""

    bounds: tuple[Bound, ...]
    errors: float = USUAL_ERRORS

    @property
    def fewest(self) -> int:
        """The smallest number of requests that gives all bounded figures."""
        return max((bound.fewest for bound in self.bounds), default=1)

    @property
    def slowest_s(self) -> float:
        """The largest latency bound in seconds; 0 without bounds."""
        return max((bound.most_ms for bound in self.bounds), default=0.0) / 1000

    def broken_by(self, window: Measurement) -> str | None:
        """Return which bound the window breaks, as a part of a sentence; None if it keeps all.

        The latencies include requests without an answer in time, each with at least the timeout.
        """
        share = window.failed / window.requests if window.requests else 1.0
        if share > self.errors:
            cause = _most_frequent_failure(window)
            return f"{100 * share:.3g} % of the requests failed{cause} (bound {100 * self.errors:g} %)"
        return self.broken_by_latency(window.latency)

    def broken_by_latency(self, latency: Histogram) -> str | None:
        """Return which bound these latencies break, as a part of a sentence; None if they keep all."""
        for bound in self.bounds:
            value = bound.of(latency)
            if value is None:
                return f"{latency.count} answers are too few for the {bound.name}"
            if value > bound.most_ms:
                return f"the {bound.name} was {value:,.4g} ms (bound {bound.most_ms:g} ms)"
        return None

    def __str__(self) -> str:
        return ", ".join([*map(str, self.bounds), f"errors <= {100 * self.errors:g} %"])


def _most_frequent_failure(window: Measurement) -> str:
    failures = {name: count for name, count in window.outcomes.items() if name != Outcome.OK}
    return f", mostly {max(failures, key=lambda name: failures[name])}" if failures else ""


def parse_slo(text: str) -> Slo:
    """Read a service level such as ``p99=200ms`` or ``p99<0.2s, p50<50ms, errors=0.5%``; raise ValueError on others."""
    bounds: dict[str, Bound] = {}
    errors: float | None = None
    for part in text.split(","):
        match = _BOUND.fullmatch(part.strip().lower())
        if match is None or match["name"] not in {*NAMES, "errors"}:
            raise ValueError(
                f"{part.strip()!r} must be NAME=VALUE, NAME one of {', '.join(NAMES)} in ms or s, or errors in %"
            )
        name, value, unit = match["name"], float(match["value"]), match["unit"]
        if (unit == "%") != (name == "errors"):
            raise ValueError(f"{part.strip()!r}: {name} needs a bound in {'%' if name == 'errors' else 'ms or s'}")
        if name in bounds or (name == "errors" and errors is not None):
            raise ValueError(f"{name} has two bounds")
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
        raise ValueError(f"at least one of {', '.join(NAMES)} must have a bound")
    return Slo(tuple(bounds.values()), USUAL_ERRORS if errors is None else errors)
