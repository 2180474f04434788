"""The result of clients that leave in the middle of their streams."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct

from stackduel.model.search_results.window_effects import MemoryAround, StayedStreams, others_words


@dataclass(frozen=True, slots=True)
class LeavingRound:
    """One round: of ``clients`` that were to leave, ``left`` had an open stream, ``reset`` of which left by a reset.

    ``handler_ms`` and ``upstream_ms`` are the times until those that were noticed within the window were, by the
    handler and by the upstream's server; None where nobody can know. ``beside`` is the window in which nobody left.
    """

    block: int
    clients: int
    left: int
    reset: int
    handler_ms: tuple[float, ...] | None
    upstream_ms: tuple[float, ...] | None
    memory: MemoryAround | None
    stayed: StayedStreams
    beside: StayedStreams


@dataclass(frozen=True, slots=True)
class Noticing:
    """How soon those that left were noticed: median and worst in ms of the ``noticed`` ones, None without any.

    ``never`` are those that were not noticed within the window.
    """

    noticed: int
    never: int
    median_ms: float | None
    worst_ms: float | None

    @property
    def left(self) -> int:
        """How many left."""
        return self.noticed + self.never

    def sentence(self, who: str) -> str:
        """The result in words, about whom."""
        if self.median_ms is None or self.worst_ms is None:
            return f"{who} noticed none within the window"
        missed = f", {self.never:,} never within the window" if self.never else ""
        return f"{who} noticed after {self.median_ms:,.3g} ms (worst {self.worst_ms:,.3g}){missed}"


class Leaving(Struct, frozen=True, tag_field="kind", tag="leaving"):
    """The rounds of one stack, and what they come to: medians over them, and counts of all together.

    ``delay_ratio`` is how many times as late the p99 of the added delay was as in the windows in which nobody left.
    """

    rounds: tuple[LeavingRound, ...]
    handler: Noticing | None
    upstream: Noticing | None
    memory: MemoryAround | None
    stayed_p99_ms: float | None
    beside_p99_ms: float | None
    delay_ratio: float | None

    @property
    def left(self) -> int:
        """How many left an open stream, all rounds together."""
        return sum(each.left for each in self.rounds)

    @property
    def without_stream(self) -> int:
        """How many had no open stream when they were to leave."""
        return sum(each.clients - each.left for each in self.rounds)

    @property
    def cut(self) -> int:
        """How many streams of those who stayed were cut, all rounds together."""
        return sum(each.stayed.cut for each in self.rounds)

    @property
    def sentence(self) -> str:
        """The result in words."""
        text = f"{self.left:,} clients left in the middle of their streams"
        if self.without_stream:
            text += f" ({self.without_stream:,} more had none that was open)"
        noticed = [
            each.sentence(who)
            for who, each in (("the handler", self.handler), ("the upstream", self.upstream))
            if each is not None and self.left
        ]
        parts = [text, *noticed]
        if self.memory is not None:
            before, peak, after = self.memory.before_mib, self.memory.peak_mib, self.memory.after_mib
            parts.append(f"{before:.3g} MiB before, {peak:.3g} at its peak, {after:.3g} afterwards")
        parts.append(others_words(self.cut, self.stayed_p99_ms, self.beside_p99_ms, "where nobody left"))
        return f"{'; '.join(parts)}."
