"""Service levels: bounds on latencies, on the events of streams and on errors as text; whether a window keeps them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import inf

from stackduel.model.histogram import Histogram, fewest_for
from stackduel.model.measurement import Measurement, Outcome
from stackduel.model.search_settings import EVENT, OF_STREAMS, TTFT
from stackduel.model.stream_figures import StreamFigures

QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999}
MEAN = "mean"
# So few requests are beyond these that a single pause may hold them all.
TAILS = frozenset({"p99", "p999"})
NAMES = (*QUANTILES, MEAN)
USUAL_ERRORS = 0.001
# A stream that still waits for a slot has no late events: with a bound on events, it must also begin.
USUAL_TTFT = "ttft_p99"
USUAL_TTFT_MS = 1000.0
LONGEST_MS = 3_600_000.0
_BOUND = re.compile(r"(?P<name>[a-z0-9_]+)\s*(?:<=|=|<)\s*(?P<value>\d+(?:\.\d+)?)\s*(?P<unit>ms|s|%)")


@dataclass(frozen=True, slots=True)
class Bound:
    """The bound on one figure, which may be at most ``most_ms`` milliseconds.

    ``name`` is one of ``NAMES``, of the latency; or one of them after ``event_`` or ``ttft_``, of a stream's events.
    """

    name: str
    most_ms: float

    @property
    def prefix(self) -> str:
        """The one of ``OF_STREAMS`` that its name begins with; empty for a bound on the latency."""
        return next((each for each in OF_STREAMS if self.name.startswith(each)), "")

    @property
    def figure(self) -> str:
        """The figure alone, one of ``NAMES``."""
        return self.name.removeprefix(self.prefix)

    @property
    def fewest(self) -> int:
        """The smallest number of requests, or of events, that gives this figure.

        Streams are few: of too few for a percentile of their first events the slowest one counts.
        """
        return fewest_for(QUANTILES[self.figure]) if self.figure in QUANTILES and self.prefix != TTFT else 1

    def of(self, times: Histogram) -> float | None:
        """Return the bounded figure in milliseconds; None if there are too few times for it."""
        if times.count < self.fewest:
            return None
        return (times.mean_ns if self.figure == MEAN else times.quantile_ns(QUANTILES[self.figure])) / 1e6

    def broken_by(self, times: Histogram, what: str = "answers") -> str | None:
        """Return how these times break the bound, as a part of a sentence; None if they keep it."""
        value = self.of(times)
        if value is None:
            return f"{times.count} {what} are too few for the {self.name}"
        return f"the {self.name} was {value:,.4g} ms (bound {self.most_ms:g} ms)" if value > self.most_ms else None

    def __str__(self) -> str:
        return f"{self.name} <= {self.most_ms:g} ms"


@dataclass(frozen=True, slots=True)
class Slo:
    """The bounds on latencies, which a window must keep together, and the largest share of failed requests."""

    bounds: tuple[Bound, ...]
    errors: float = USUAL_ERRORS

    @property
    def fewest(self) -> int:
        """The smallest number of requests that gives all bounded figures of the latency."""
        return max((bound.fewest for bound in self.of_latency), default=1)

    @property
    def slowest_s(self) -> float:
        """The largest latency bound in seconds; 0 without bounds."""
        return max((bound.most_ms for bound in self.of_latency), default=0.0) / 1000

    @property
    def pause_ms(self) -> float:
        """The longest pause of the host in a window that says something of the server: half of the tightest tail.

        What comes in a pause is late by it, and by the work that it piled up. Medians and means hardly feel a pause.
        """
        return min((bound.most_ms / 2 for bound in self.bounds if bound.figure in TAILS), default=inf)

    @property
    def of_latency(self) -> tuple[Bound, ...]:
        """The bounds on the latency of requests."""
        return tuple(bound for bound in self.bounds if not bound.prefix)

    @property
    def of_streams(self) -> tuple[Bound, ...]:
        """The bounds on the events of streams."""
        return tuple(bound for bound in self.bounds if bound.prefix)

    def broken_by(self, window: Measurement) -> str | None:
        """Return which bound the window breaks, as a part of a sentence; None if it keeps all.

        The latencies include requests without an answer in time, each with at least the timeout.
        """
        share = window.failed / window.requests if window.requests else 1.0
        if share > self.errors:
            cause = _most_frequent_failure(window)
            return f"{100 * share:.3g} % of the requests failed{cause} (bound {100 * self.errors:g} %)"
        return self._broken_by_events(window.streams) or self.broken_by_latency(window.latency)

    def broken_by_latency(self, latency: Histogram) -> str | None:
        """Return which bound these latencies break, as a part of a sentence; None if they keep all."""
        return next((broken for bound in self.of_latency if (broken := bound.broken_by(latency))), None)

    def _broken_by_events(self, streams: StreamFigures | None) -> str | None:
        """Return which bound a window's events break; a time that nobody could measure keeps none."""
        for bound in self.of_streams:
            if streams is None:
                return f"no stream was read for the {bound.name}"
            times, what = (streams.added, "timed events") if bound.prefix == EVENT else (streams.ttft, "first events")
            if broken := bound.broken_by(times, what):
                return broken
        return None

    def __str__(self) -> str:
        return ", ".join([*map(str, self.bounds), f"errors <= {100 * self.errors:g} %"])


def _most_frequent_failure(window: Measurement) -> str:
    failures = {name: count for name, count in window.outcomes.items() if name != Outcome.OK}
    return f", mostly {max(failures, key=lambda name: failures[name])}" if failures else ""


def parse_slo(text: str) -> Slo:
    """Read a service level such as ``p99=200ms`` or ``p99<0.2s, p50<50ms, errors=0.5%``; raise ValueError on others.

    A bound on events brings one on the first of them, ``USUAL_TTFT``, unless the text has its own.
    """
    bounds: dict[str, Bound] = {}
    errors: float | None = None
    for part in text.split(","):
        match = _BOUND.fullmatch(part.strip().lower())
        if match is None or match["name"] not in _KNOWN:
            raise ValueError(
                f"{part.strip()!r} must be NAME=VALUE, NAME one of {', '.join(NAMES)} in ms or s, any of them after "
                f"{' or '.join(OF_STREAMS)} for streams, or errors in %"
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
    prefixes = {bound.prefix for bound in bounds.values()}
    if EVENT in prefixes and TTFT not in prefixes:
        bounds[USUAL_TTFT] = Bound(USUAL_TTFT, USUAL_TTFT_MS)
    return Slo(tuple(bounds.values()), USUAL_ERRORS if errors is None else errors)


_KNOWN = frozenset({*NAMES, *(f"{prefix}{name}" for prefix in OF_STREAMS for name in NAMES), "errors"})
