"""The result of a soak."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct

from stackduel.model.duration import duration
from stackduel.model.estimates import Slope

# If the interval of the slope still allows the budget to fill within a day, "no leak" would claim too much.
DAY_H = 24


@dataclass(frozen=True, slots=True)
class Third:
    """The rate and p99 of a third of the time; None if nothing in it counts, or for a p99 of too few requests."""

    rate_rps: float | None
    p99_ms: float | None


class Soak(Struct, frozen=True, tag_field="kind", tag="soak"):
    """The effect of a long load on one stack.

    ``slope`` is the growth of its memory in MiB per hour, None if memory could not be read often enough. ``full_in_h``
    is the time until memory reaches the budget at that slope, None unless memory surely grows. Pieces that were
    ``disturbed`` count for the memory, but not for the thirds ``first`` and ``last``. ``ended`` says why the soak ended
    early, or is empty.
    """

    duration_s: float
    requests: int
    failed: int
    memory_mib: float | None
    budget_mib: int
    slope: Slope | None
    full_in_h: float | None
    first: Third
    last: Third
    disturbed: int = 0
    ended: str = ""

    @property
    def sentence(self) -> str:
        """The result in words."""
        parts = [f"{self._memory()} in {duration(self.duration_s)}"]
        if self.first.rate_rps is not None and self.last.rate_rps is not None:
            change = f", {100 * (self.last.rate_rps / self.first.rate_rps - 1):+.1f} %" if self.first.rate_rps else ""
            parts.append(
                f"rate {self.first.rate_rps:,.4g} req/s in the first third and {self.last.rate_rps:,.4g} in the last"
                + change
            )
        if self.first.p99_ms is not None and self.last.p99_ms is not None:
            parts.append(f"p99 {self.first.p99_ms:,.4g} ms, then {self.last.p99_ms:,.4g} ms")
        parts.append(f"{self.failed:,} of {self.requests:,} requests failed")
        if self.disturbed:
            parts.append(f"{self.disturbed} of the pieces it was measured in were disturbed")
        if self.ended:
            parts.append(f"it ended early: {self.ended}")
        return "; ".join(parts) + "."

    def _memory(self) -> str:
        slope = self.slope
        if slope is None:
            return "Memory was not read often enough for a slope"
        text = f"{slope.value:+.3g} MiB/h ({slope.low:+.3g} to {slope.high:+.3g})"
        if slope.low > 0:
            full = f", {_hours(self.full_in_h)} to the budget of {self.budget_mib} MiB" if self.full_in_h else ""
            return f"Memory grows by {text}{full}"
        if slope.high * DAY_H > self.budget_mib:
            return f"Too short to tell whether memory grows: slope {text}"
        return f"No leak seen: memory slope {text}"


def _hours(hours: float | None) -> str:
    return duration(3600 * (hours or 0.0))
