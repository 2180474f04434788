"""The result of stopping a server under load."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct

from stackduel.model.estimates import Median
from stackduel.model.search_results.losses import Losses


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop: what became of the requests from SIGTERM on, and how the server ended.

    ``in_flight`` requests were open at the signal: each connection of the load had one.
    """

    block: int
    in_flight: int
    losses: Losses
    ended_s: float
    killed: bool


class Shutdown(Struct, frozen=True, tag_field="kind", tag="shutdown"):
    """The stops of one stack; ``ended_s`` is the median time from SIGTERM to its end."""

    stops: tuple[Stop, ...]
    grace_s: float
    ended_s: Median

    @property
    def in_flight(self) -> int:
        """How many requests were open at the signals, all stops together."""
        return sum(each.in_flight for each in self.stops)

    @property
    def losses(self) -> Losses:
        """The fates of the requests, all stops together."""
        return Losses.sum([each.losses for each in self.stops])

    @property
    def killed(self) -> int:
        """In how many stops the server had to be killed."""
        return sum(each.killed for each in self.stops)

    @property
    def sentence(self) -> str:
        """The result in words."""
        losses, number = self.losses, len(self.stops)
        stops = "one stop" if number == 1 else f"{number} stops"
        text = f"{losses.lost_words} in {stops} under load"
        text += f" ({self.in_flight:,} were in flight at SIGTERM; after it {losses.counts})"
        text += f"; ended {self.ended_s.value:,.3g} s after the signal"
        if self.killed:
            text += f"; killed in {self.killed} of {number}, as its {self.grace_s:g} s of grace were over"
        return f"{text}."
