"""Numbers as texts, the same in every table and sentence."""

from __future__ import annotations

from stackduel.model.comparison import Comparison

DASH = "-"


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


def interval_text(low: float | None, high: float | None) -> str:
    """Return an interval in brackets, with the space before it; nothing where a bound is missing."""
    return "" if low is None or high is None else f" ({figure(low)}-{figure(high)})"


def times_text(value: float | None, low: float | None = None, high: float | None = None) -> str:
    """Return a ratio with its interval, if it has one: 4.00x (3.50-4.60)."""
    return DASH if value is None else f"{figure(value)}x{interval_text(low, high)}"


def speedup_text(comparison: Comparison | None) -> str:
    """Return the speedup of a comparison with its interval, if it has one."""
    return DASH if comparison is None else times_text(comparison.speedup, comparison.low, comparison.high)


def verdict_text(verdict: str, *, noisy: bool = False) -> str:
    """Return a verdict, marked if it rests on noisy trials; a dash where nothing was tested."""
    if verdict == "not tested":
        return DASH
    return f"{verdict} (noisy)" if noisy else verdict
