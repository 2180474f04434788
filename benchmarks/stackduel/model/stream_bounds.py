"""The bounds that a stream must keep to count as good."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stackduel.model.suite import ServiceLevel

# The times of streams that a service level may bound, by the first word of its name.
TTFT, TPOT = "ttft", "tpot"


@dataclass(frozen=True, slots=True)
class StreamBounds:
    """The longest time to the first token, and from one token to the next on average; None where it has no bound.

    Goodput is the rate of the streams that keep them, each by itself: what a service level asks of a quantile of all
    streams is asked of every one.
    """

    ttft_ms: float | None = None
    tpot_ms: float | None = None

    @staticmethod
    def of(levels: Iterable[ServiceLevel]) -> StreamBounds | None:
        """Return the tightest of the bounds on each time; None where no level bounds one."""
        bounds: dict[str, float] = {}
        for level in levels:
            word = level.name.partition("_")[0]
            if word in {TTFT, TPOT}:
                bounds[word] = min(level.bound, bounds.get(word, level.bound))
        return StreamBounds(bounds.get(TTFT), bounds.get(TPOT)) if bounds else None

    def kept_by(self, ttft_s: float, tpot_s: float) -> bool:
        """Return whether a stream keeps them; a time that is not a number, as of a single token, keeps any bound."""
        times_ms = ((self.ttft_ms, ttft_s * 1000), (self.tpot_ms, tpot_s * 1000))
        return not any(bound is not None and time_ms > bound for bound, time_ms in times_ms)
