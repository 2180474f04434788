"""What a fresh launch shows of a stack, and what several of them show together (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from stackduel.analysis.statistics.order_statistics import Median


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch: milliseconds until the health check answered, of the first request, and of a later one in the median.

    ``cpu_s`` is what the stack had spent when all of it had started, None where that cannot be read.
    """

    block: int
    launch_ms: float
    first_ms: float
    warm_ms: float
    cpu_s: float | None


@dataclass(frozen=True, slots=True)
class Speedup:
    """How many times faster than the baseline a stack starts, over so many blocks; no bounds from fewer than five."""

    ratio: float
    low: float | None
    high: float | None
    blocks: int


@dataclass(frozen=True, slots=True)
class ColdStart:
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
        """What was found, in words."""
        number = len(self.launches)
        text = f"Answers {_said(self.launch_ms, 'ms')} after its launch (median of {number})"
        text += f"; its first request takes {_said(self.first_ms, 'ms')}, later ones {_said(self.warm_ms, 'ms')}"
        if self.cpu_s is not None:
            text += f"; starting takes {_said(self.cpu_s, 's')} of CPU"
        if self.speedup is not None:
            text += f". {self.speedup.ratio:.3g}x"
            if self.speedup.low is not None and self.speedup.high is not None:
                text += f" ({self.speedup.low:.3g}-{self.speedup.high:.3g})"
            text += f" as fast to start as {self.baseline}"
        return f"{text}."


def _said(found: Median, unit: str) -> str:
    text = f"{found.value:,.4g} {unit}"
    if found.low is not None and found.high is not None:
        text += f" [{found.low:,.4g} to {found.high:,.4g}]"
    return text
