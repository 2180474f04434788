"""A histogram as documents hold it: encoded, and beside it the figures that its interchange format lacks (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from stackduel.model.histogram import Histogram


def stored_histogram(encoded: str, exact_ms: Mapping[str, float | None]) -> Histogram:
    """A decoded histogram with the exact mean and extremes, which its interchange format lacks."""
    decoded = Histogram.decode(encoded)
    if exact_ms["mean"] is None or exact_ms["min"] is None or exact_ms["max"] is None:
        return decoded
    return replace(
        decoded,
        total_ns=round(exact_ms["mean"] * 1e6 * decoded.count),
        min_ns=round(exact_ms["min"] * 1e6),
        max_ns=round(exact_ms["max"] * 1e6),
    )
