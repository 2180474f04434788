"""The mean speedup of a stack over the scenarios: the one mean and the one interval of advice and matrix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import geometric_mean

from stackduel.analysis.decision import SMALLEST_UNSIZED
from stackduel.model.comparison import Comparison
from stackduel.model.suite import Metric

FASTER = "faster"
# What the better stack is where streams are compared, before "than" and another stack.
_BETTER: Mapping[frozenset[Metric], str] = {
    frozenset({"event_cpu"}): "cheaper in CPU time an event",
    frozenset({"event_delay"}): "more punctual (p99 of its events' added delay)",
    frozenset({"event_cpu", "event_delay"}): "better (CPU time an event, or p99 of its events' added delay)",
}


@dataclass(frozen=True, slots=True)
class MeanSpeedup:
    """The comparisons of one candidate, one a scenario, and their geometric means.

    The means of the bounds enclose the true mean speedup whenever every interval encloses its own truth, so their
    confidence is that of all intervals together. They are wider than necessary.
    """

    comparisons: tuple[Comparison, ...]

    @property
    def speedup(self) -> float:
        """The speedup over the baseline; above 1 the candidate is better. It claims nothing where ``low`` is None."""
        return geometric_mean(each.speedup for each in self.comparisons)

    @property
    def low(self) -> float | None:
        """The lower bound of ``speedup``; None where a scenario has none."""
        return _mean_of([each.low for each in self.comparisons])

    @property
    def high(self) -> float | None:
        """The upper bound of ``speedup``; None where a scenario has none."""
        return _mean_of([each.high for each in self.comparisons])

    @property
    def floor(self) -> float:
        """The bound that the speedup is shown to exceed, also where its size is uncertain; 0 where nothing is shown."""
        return _mean_of([_floor(each) for each in self.comparisons]) or 0.0

    @property
    def verdicts(self) -> frozenset[str]:
        """The verdicts of all scenarios."""
        return frozenset(each.verdict for each in self.comparisons)

    @property
    def tested(self) -> bool:
        """Whether every scenario was tested."""
        return "not tested" not in self.verdicts

    @property
    def fails_more(self) -> bool:
        """Whether it is shown, in any scenario, to fail more requests than the baseline."""
        return any(each.failures for each in self.comparisons)

    @property
    def suspected(self) -> bool:
        """Whether it failed far more requests than the baseline in any scenario, without being shown to fail more."""
        return any(each.suspected for each in self.comparisons)

    @property
    def proven(self) -> bool:
        """Whether it is shown to be faster than the baseline: somewhere and in the mean, and slower nowhere."""
        noise = any(each.noisy and each.verdict == "inconclusive" for each in self.comparisons)
        shown = self.tested and "faster" in self.verdicts and "slower" not in self.verdicts
        return shown and self.floor > 1 and not noise and not self.fails_more and not self.suspected

    @property
    def better(self) -> str:
        """The word for a stack that gains in these scenarios: faster, or of streams cheaper or more punctual."""
        return _BETTER.get(frozenset(each.metric for each in self.comparisons), FASTER)

    @property
    def figures(self) -> str:
        """The speedup as text, such as ``6.0x (5.8-6.2)``, or as much as is known of its size."""
        if not self.tested:
            return f"{self.speedup:.{_digits(self.speedup)}f}x"
        if self.low is not None and self.high is not None:
            return times(self.speedup, self.low, self.high)
        if self.low is not None:
            return f"at least {self.low:.{_digits(self.low)}f}x"
        if self.high is not None:
            return f"at most {self.high:.{_digits(self.high)}f}x"
        better, worse = ("faster", "slower") if self.better == FASTER else ("better", "worse")
        return f"{better if 'faster' in self.verdicts else worse} (size uncertain)"


def times(speedup: float, low: float, high: float) -> str:
    """Return a speedup and its interval with the same number of digits: ``6.0x (5.8-6.2)``."""
    digits = _digits(speedup)
    return f"{speedup:.{digits}f}x ({low:.{digits}f}-{high:.{digits}f})"


def _digits(value: float) -> int:
    return 2 if value < 2 else 1 if value < 100 else 0


def _floor(each: Comparison) -> float | None:
    return SMALLEST_UNSIZED if each.size == "uncertain" and each.verdict == "faster" else each.low


def _mean_of(bounds: list[float | None]) -> float | None:
    known = [each for each in bounds if each is not None]
    return geometric_mean(known) if known and len(known) == len(bounds) else None
