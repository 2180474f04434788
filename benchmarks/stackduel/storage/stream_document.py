"""The figures of event streams as run.json holds them."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from stackduel.model.histogram import LatencySummary, summarise
from stackduel.model.stream_figures import COUNTS, MAPPINGS, TIMES, StreamFigures
from stackduel.storage.encoded_histogram import EncodedHistogram, decoded
from stackduel.storage.json_values import NonNegative


class StreamDocument(Struct, frozen=True, kw_only=True):
    """The figures of a trial's streams.

    ``cut_short`` is by the number of events that had come, ``reads`` by how many events a read completed, what is
    ``by_number`` by the last event of a band of numbers.
    """

    opened: NonNegative
    completed: NonNegative
    cut_short: dict[str, NonNegative]
    events: NonNegative
    out_of_order: NonNegative
    missing: NonNegative
    doubled: NonNegative
    wrong: NonNegative
    early: NonNegative
    paced: NonNegative
    stalls: NonNegative
    told: NonNegative
    told_tokens: NonNegative
    told_events: NonNegative
    kept: NonNegative
    merged: NonNegative
    reads: dict[str, NonNegative]
    ttft_ms: LatencySummary
    gap_ms: LatencySummary
    per_event_ms: LatencySummary
    added_ms: LatencySummary
    made_late_ms: LatencySummary
    way_ms: LatencySummary
    added_by_number_ms: dict[str, LatencySummary]
    ttft_histogram: EncodedHistogram
    gap_histogram: EncodedHistogram
    per_event_histogram: EncodedHistogram
    added_histogram: EncodedHistogram
    made_late_histogram: EncodedHistogram
    way_histogram: EncodedHistogram
    added_by_number_histograms: dict[str, EncodedHistogram]
    heartbeats: NonNegative | None = None


def stream_document(figures: StreamFigures) -> StreamDocument:
    """Return figures as their document."""
    counts = {name: getattr(figures, name) for name in (*COUNTS, "merged")}
    mappings = {name: {str(key): count for key, count in getattr(figures, name).items()} for name in MAPPINGS}
    summaries = {f"{name}_ms": summarise(getattr(figures, name)) for name in TIMES}
    histograms = {f"{name}_histogram": getattr(figures, name).encode() for name in TIMES}
    bands = {str(band): each for band, each in figures.added_by_number.items()}
    return StreamDocument(
        **{**counts, **mappings, **summaries, **histograms},
        added_by_number_ms={band: summarise(each) for band, each in bands.items()},
        added_by_number_histograms={band: each.encode() for band, each in bands.items()},
    )


def stream_figures(shown: StreamDocument) -> StreamFigures:
    """Return the figures of a document; raises ValueError where a key is no number, or a text no histogram."""
    figures: dict[str, Any] = {name: getattr(shown, name) or 0 for name in COUNTS}
    for name in MAPPINGS:
        figures[name] = {int(key): count for key, count in getattr(shown, name).items()}
    for name in TIMES:
        figures[name] = decoded(getattr(shown, f"{name}_histogram"), getattr(shown, f"{name}_ms"))
    figures["added_by_number"] = {
        int(band): decoded(text, shown.added_by_number_ms.get(band, LatencySummary()))
        for band, text in shown.added_by_number_histograms.items()
    }
    return StreamFigures(**figures)
