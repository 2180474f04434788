"""The effects of some clients on a server and on the others: its memory, and the streams of those others."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MemoryAround:
    """A server's memory in MiB: before a window, at its peak within, and after all clients have left."""

    before_mib: float
    peak_mib: float
    after_mib: float

    @property
    def kept_mib(self) -> float:
        """Return the memory that did not come back."""
        return self.after_mib - self.before_mib


@dataclass(frozen=True, slots=True)
class StayedStreams:
    """The streams of the other clients in a window: how many were cut, and the p99 of their added delay.

    That is None of too few events, and of streams without a timetable.
    """

    cut: int
    p99_ms: float | None


def others_words(cut: int, p99_ms: float | None, beside_ms: float | None, beside: str) -> str:
    """Return what the others felt, in words; ``beside`` says what the other windows were."""
    text = f"of the streams of the others {cut:,} were cut"
    if p99_ms is None or beside_ms is None:
        return text
    return f"{text}, and the p99 of their added delay was {p99_ms:,.3g} ms, beside {beside_ms:,.3g} {beside}"
