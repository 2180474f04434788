"""The result of clients that read slowly beside others that do not."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct

from stackduel.model.search_results.window_effects import MemoryAround, StayedStreams, others_words

# A stream that has made less of what was due was held back.
HELD_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class MadeEvents:
    """The events that one side had made of a stream as it ended, and how many were due by then."""

    events: int
    due: int

    @property
    def held(self) -> bool:
        """Whether it was held back."""
        return self.events < HELD_SHARE * self.due


@dataclass(frozen=True, slots=True)
class SlowStream:
    """One stream that was read slowly: how much of it the client read, and what the handler and the upstream made.

    ``read_events`` had come whole or in part. None where nobody can know what was made.
    """

    bytes_read: int
    read_events: int
    handler: MadeEvents | None
    upstream: MadeEvents | None


@dataclass(frozen=True, slots=True)
class SlowRound:
    """One round: of ``clients`` that were to read slowly, those in ``streams`` had a stream until the window closed.

    ``beside`` and ``beside_memory`` are of the window before it, in which the same clients read as fast as they can.
    """

    block: int
    clients: int
    streams: tuple[SlowStream, ...]
    memory: MemoryAround | None
    beside_memory: MemoryAround | None
    others: StayedStreams
    beside: StayedStreams


@dataclass(frozen=True, slots=True)
class HeldBack:
    """The slow streams of one side: how many were ``held`` back of ``streams``, and medians of their events.

    ``ahead`` is how many events it had made more than the client had read.
    """

    held: int
    streams: int
    events: float
    due: float
    ahead: float

    @property
    def unheld(self) -> int:
        """How many were not held back within the window."""
        return self.streams - self.held

    def sentence(self, who: str) -> str:
        """The result in words, about whom."""
        made = f"made {self.events:,.4g} of {self.due:,.4g} events that were due, {self.ahead:,.4g} ahead of its client"
        return f"{who} was held back in {self.held:,} of {self.streams:,} and {made}"


class SlowReaders(Struct, frozen=True, tag_field="kind", tag="slow-readers"):
    """The rounds of one stack, and what they come to: medians over them, and counts of all together.

    ``mib_per_stream`` is how much higher the peak of the memory was than in the windows beside, for each slow stream.
    """

    rounds: tuple[SlowRound, ...]
    bytes_per_s: int
    handler: HeldBack | None
    upstream: HeldBack | None
    mib_per_stream: float | None
    others_p99_ms: float | None
    beside_p99_ms: float | None
    delay_ratio: float | None

    @property
    def slow(self) -> int:
        """How many streams were read slowly, all rounds together."""
        return sum(len(each.streams) for each in self.rounds)

    @property
    def without_stream(self) -> int:
        """How many that were to read slowly had no stream."""
        return sum(each.clients - len(each.streams) for each in self.rounds)

    @property
    def cut(self) -> int:
        """How many streams of the others were cut, all rounds together."""
        return sum(each.others.cut for each in self.rounds)

    @property
    def sentence(self) -> str:
        """The result in words."""
        parts = [f"{self.slow:,} streams were read at {self.bytes_per_s:,} bytes a second"]
        if self.without_stream:
            parts[0] += f" ({self.without_stream:,} more clients had none)"
        sides = (("the handler", self.handler), ("the upstream", self.upstream))
        parts += [each.sentence(who) for who, each in sides if each is not None]
        if self.mib_per_stream is not None:
            parts.append(f"{self.mib_per_stream:.3g} MiB a slow stream")
        parts.append(others_words(self.cut, self.others_p99_ms, self.beside_p99_ms, "where nobody reads slowly"))
        return f"{'; '.join(parts)}."
