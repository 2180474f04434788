"""The result of replacing a server's workers under load."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct

from stackduel.model.search_results.losses import Losses


@dataclass(frozen=True, slots=True)
class RecycledRound:
    """One load on a server that replaces its workers.

    ``reconnects`` is how many connections had to be opened again, ``ended`` how the server ended under the load, empty
    while it ran.
    """

    block: int
    losses: Losses
    reconnects: int
    ended: str = ""


class Recycling(Struct, frozen=True, tag_field="kind", tag="recycling"):
    """The rounds of one stack that replaced its workers under load."""

    rounds: tuple[RecycledRound, ...]

    @property
    def losses(self) -> Losses:
        """The fates of the requests, all rounds together."""
        return Losses.sum([each.losses for each in self.rounds])

    @property
    def reconnects(self) -> int:
        """How many connections had to be opened again, all rounds together."""
        return sum(each.reconnects for each in self.rounds)

    @property
    def ended(self) -> int:
        """In how many rounds the server ended instead of replacing its workers."""
        return sum(bool(each.ended) for each in self.rounds)

    @property
    def sentence(self) -> str:
        """The result in words."""
        losses, number = self.losses, len(self.rounds)
        rounds = "one round" if number == 1 else f"{number} rounds"
        text = f"{losses.lost_words} in {rounds}"
        text += f" ({losses.counts}; {self.reconnects:,} connections opened again)"
        if self.ended:
            how = next(each.ended for each in self.rounds if each.ended)
            text += f"; in {self.ended} of {number} it did not come back: {how}"
        return f"{text}."
