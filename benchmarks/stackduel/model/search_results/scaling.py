"""The result of a scaling on one stack in one scenario: its throughput by cores, and the law that it follows."""

from __future__ import annotations

import math
from dataclasses import dataclass

from msgspec import Struct

from stackduel.model.comparison import CONFIDENCE
from stackduel.model.counted import counted

# The parameters of the law, and one to see whether the points follow it.
FEWEST_POINTS = 4


@dataclass(frozen=True, slots=True)
class ScalingPoint:
    """The throughput on so many cores: the mean of ``blocks`` trials, and the speedup over one core in each block.

    Bounds are None below five blocks, the speedup where no block has both. Of ``blocks`` ``noisy`` were kept in spite
    of the host's noise. With ``shared`` the generator had one of the cores, too.
    """

    cores: int
    blocks: int
    noisy: int
    rate_rps: float
    low_rps: float | None
    high_rps: float | None
    speedup: float | None
    low: float | None
    high: float | None
    shared: bool = False

    @property
    def efficiency(self) -> float | None:
        """The speedup for each core: 1 where twice the cores serve twice as much."""
        return None if self.speedup is None else self.speedup / self.cores


@dataclass(frozen=True, slots=True)
class LawParameter:
    """A parameter of the law with its interval; ``high`` is None where it has no upper end."""

    value: float
    low: float
    high: float | None

    @property
    def is_shown(self) -> bool:
        """Whether it is shown to be above 0."""
        return self.low > 0


@dataclass(frozen=True, slots=True)
class ScalabilityLaw:
    """The universal scalability law: N cores serve ``N / (1 + contention (N - 1) + coherency N (N - 1))`` times one's.

    ``rate_rps`` is what it says of one core. ``contention`` is the share of the work that only one core can do at a
    time, ``coherency`` what each pair of cores costs. ``peak_cores`` is where more cores serve less, None where no such
    point is shown: the coherency may be 0. ``misfit_p`` is how likely chance alone puts points as far off the law.
    """

    rate_rps: float
    contention: LawParameter
    coherency: LawParameter
    peak_cores: LawParameter | None
    misfit_p: float
    confidence: float = CONFIDENCE

    def speedup(self, cores: float) -> float:
        """Return how many times as much so many cores serve as one."""
        lost = self.contention.value * (cores - 1) + self.coherency.value * cores * (cores - 1)
        return cores / (1 + lost)


class Scaling(Struct, frozen=True, tag_field="kind", tag="scaling"):
    """The throughput of the stack ``scaled`` by cores; ``law`` is None where ``no_law`` says in a sentence why."""

    scaled: str
    points: tuple[ScalingPoint, ...]
    law: ScalabilityLaw | None
    no_law: str | None = None

    @property
    def sentence(self) -> str:
        """The result in words."""
        return f"{self._measured} {self._curve}"

    @property
    def _measured(self) -> str:
        first, last = self.points[0], self.points[-1]
        if len(self.points) == 1:
            return f"{first.rate_rps:,.0f} requests per second on {counted(first.cores, 'core')}."
        text = f"{last.rate_rps:,.0f} requests per second on {counted(last.cores, 'core')}"
        if last.speedup is None:
            return f"{text}."
        between = "" if last.low is None or last.high is None else f" ({last.low:.2f} to {last.high:.2f})"
        per_core = f"{100 * last.speedup / last.cores:.0f} % of one core's throughput for each"
        return f"{text}: {last.speedup:.2f}{between} times as many as on one, {per_core}."

    @property
    def _curve(self) -> str:
        law = self.law
        if law is None:
            return self.no_law or ""
        most = self.points[-1].cores
        if law.peak_cores is None:
            return f"No number of cores is shown at which more would serve less; beyond {most} nothing was measured."
        peak = law.peak_cores
        upper = "any number" if peak.high is None else f"{math.ceil(peak.high)}"
        beyond = f", beyond the {most} measured" if peak.value > most else ""
        return f"The most is served on about {peak.value:.0f} cores ({math.floor(peak.low)} to {upper}){beyond}."
