"""The result of the cold starts."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct

from stackduel.model.estimates import Median


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch: milliseconds until the health check answered, of the first request, and the median of later ones.

    ``cpu_s`` is the CPU time that the stack used until all of it had started, None if it cannot be read.
    """

    block: int
    launch_ms: float
    first_ms: float
    warm_ms: float
    cpu_s: float | None


@dataclass(frozen=True, slots=True)
class Speedup:
    """How many times faster than the baseline a stack starts, over ``blocks``; no bounds with fewer than five."""

    ratio: float
    low: float | None
    high: float | None
    blocks: int


class ColdStart(Struct, frozen=True, tag_field="kind", tag="cold-start"):
    """The cold starts of one stack: medians over its launches. ``speedup`` is None for the baseline itself."""

    launches: tuple[Launch, ...]
    launch_ms: Median
    first_ms: Median
    warm_ms: Median
    cpu_s: Median | None
    baseline: str
    speedup: Speedup | None

    @property
    def sentence(self) -> str:
        """The result in words."""
        number = len(self.launches)
        text = f"Answers {_with_interval(self.launch_ms, 'ms')} after its launch (median of {number})"
        text += f"; its first request takes {_with_interval(self.first_ms, 'ms')}"
        text += f", later ones {_with_interval(self.warm_ms, 'ms')}"
        if self.cpu_s is not None:
            text += f"; starting takes {_with_interval(self.cpu_s, 's')} of CPU"
        if self.speedup is not None:
            text += f". {self.speedup.ratio:.3g}x"
            if self.speedup.low is not None and self.speedup.high is not None:
                text += f" ({self.speedup.low:.3g}-{self.speedup.high:.3g})"
            text += f" as fast to start as {self.baseline}"
        return f"{text}."


def _with_interval(median: Median, unit: str) -> str:
    text = f"{median.value:,.4g} {unit}"
    if median.low is not None and median.high is not None:
        text += f" [{median.low:,.4g} to {median.high:,.4g}]"
    return text
