"""Numbers as texts, the same in every table and sentence."""

from __future__ import annotations

import math
from typing import Protocol

from stackduel.model.comparison import Comparison, SpeedupSize, Verdict
from stackduel.model.prices import RequestCost

DASH = "-"
# A smaller sum is shown as nothing.
LEAST_MONEY = 1e-9


def figure(value: float | None) -> str:
    """Return a number with three significant digits, thousands in full; a dash for None."""
    if value is None:
        return DASH
    # Where rounding makes a digit more: 9.996 is 10.0.
    if value >= 99.95:
        return f"{value:,.0f}"
    if value >= 9.995:
        return f"{value:.1f}"
    return f"{value:.2f}"


def cost_text(value: float | None) -> str:
    """Return a sum of money with three significant digits, however small: 0.0123; a dash for None."""
    if value is None:
        return DASH
    if value < LEAST_MONEY or value >= 1:
        return figure(value)
    return f"{value:.{2 - math.floor(math.log10(value))}f}"


def cost_interval_text(cost: RequestCost | None) -> str:
    """Return what a million requests cost, with its interval where it has one; a dash where nothing is known."""
    if cost is None or cost.low is None or cost.high is None:
        return cost_text(cost.per_million if cost else None)
    return f"{cost_text(cost.per_million)} ({cost_text(cost.low)}-{cost_text(cost.high)})"


def interval_text(low: float | None, high: float | None) -> str:
    """Return an interval in brackets, with the space before it; nothing where a bound is missing."""
    return "" if low is None or high is None else f" ({figure(low)}-{figure(high)})"


def times_text(value: float | None, low: float | None = None, high: float | None = None) -> str:
    """Return a ratio with its interval, if it has one: 4.00x (3.50-4.60)."""
    return DASH if value is None else f"{figure(value)}x{interval_text(low, high)}"


class SizedVerdict(Protocol):
    """A verdict and what is known of the size of the speedup: of a comparison, or of a point of a trend."""

    @property
    def speedup(self) -> float | None: ...  # noqa: D102
    @property
    def low(self) -> float | None: ...  # noqa: D102
    @property
    def high(self) -> float | None: ...  # noqa: D102
    @property
    def verdict(self) -> Verdict: ...  # noqa: D102
    @property
    def size(self) -> SpeedupSize | None: ...  # noqa: D102


def speedup_text(compared: SizedVerdict | None) -> str:
    """Return a speedup with its interval, if it has one, or its bound; a dash where its size is uncertain."""
    if compared is None or compared.size == "uncertain":
        return DASH
    if compared.size == "at_least":
        return f">= {figure(compared.low)}x" if compared.high is None else f"<= {figure(compared.high)}x"
    return times_text(compared.speedup, compared.low, compared.high)


def speedup_words(compared: Comparison) -> str:
    """Return a speedup for a sentence: its figures, or the verdict where its size is uncertain."""
    return sized_verdict_text(compared) if compared.size == "uncertain" else speedup_text(compared)


def sized_verdict_text(compared: SizedVerdict, *, noisy: bool = False) -> str:
    """Return a verdict with what is known of its size where that is not an interval: faster, at least 2.10x."""
    settled = compared.verdict in {"faster", "slower"}
    if compared.size == "uncertain":
        return f"{compared.verdict} (size uncertain)"
    if compared.size == "at_least" and settled:
        bound = f"at least {figure(compared.low)}x" if compared.high is None else f"at most {figure(compared.high)}x"
        return f"{compared.verdict}, {bound}"
    return verdict_text(compared.verdict, noisy=noisy)


def comparison_word(compared: Comparison) -> str:
    """Return the verdict of a comparison in a table; of one that fails more requests, or may, that instead."""
    if compared.failures and compared.verdict != "slower":
        return "fails more"
    if compared.suspected and compared.verdict != "slower":
        return "may fail more"
    return sized_verdict_text(compared, noisy=compared.noisy)


def verdict_text(verdict: str, *, noisy: bool = False) -> str:
    """Return a verdict, marked if it rests on noisy trials; a dash where nothing was tested."""
    if verdict == "not tested":
        return DASH
    return f"{verdict} (noisy)" if noisy else verdict
