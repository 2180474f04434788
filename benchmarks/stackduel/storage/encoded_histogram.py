"""Histograms as run.json holds them: encoded, with the exact figures that the interchange format lacks beside them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from msgspec import Meta

from stackduel.model.histogram import Histogram, LatencySummary, summarise

# HdrHistogram's V2 compressed form.
EncodedHistogram = Annotated[str, Meta(extra_json_schema={"contentEncoding": "base64"})]


def encoded(histogram: Histogram | None) -> str | None:
    """Return the encoded histogram; None for None."""
    return None if histogram is None else histogram.encode()


def summary(histogram: Histogram | None) -> LatencySummary | None:
    """Return the figures of a histogram; None for None."""
    return None if histogram is None else summarise(histogram)


def decoded(text: str, exact_ms: LatencySummary) -> Histogram:
    """Return the decoded histogram with its exact mean and extremes; raise ValueError if the text is no histogram."""
    histogram = Histogram.decode(text)
    if exact_ms.mean is None or exact_ms.min is None or exact_ms.max is None:
        return histogram
    if min(exact_ms.mean, exact_ms.min, exact_ms.max) < 0:
        raise ValueError("latencies below 0")
    return replace(
        histogram,
        total_ns=round(exact_ms.mean * 1e6 * histogram.count),
        min_ns=round(exact_ms.min * 1e6),
        max_ns=round(exact_ms.max * 1e6),
    )
