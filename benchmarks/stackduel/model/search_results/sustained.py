"""The result of the search for the best number of connections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

from stackduel.model.search_results.limit import limit_sentence

CountVerdict = Literal["highest", "lower", "equivalent", "inconclusive"]

_LABELS: tuple[tuple[CountVerdict, str], ...] = (
    ("highest", "highest at"),
    ("lower", "less at"),
    ("equivalent", "the same at"),
    ("inconclusive", "undecided at"),
)


@dataclass(frozen=True, slots=True)
class Count:
    """A number of connections in the confirmations: its rate and its share of the highest rate, with intervals.

    The bounds are None if too few rounds were measured.
    """

    connections: int
    rate_rps: float
    low_rps: float | None
    high_rps: float | None
    share: float
    share_low: float | None
    share_high: float | None
    word: CountVerdict


@dataclass(frozen=True, slots=True)
class Tried:
    """A number of connections in the exploration, and the rate of its single measurement."""

    connections: int
    rate_rps: float


class Sustained(Struct, frozen=True, tag_field="kind", tag="sustained"):
    """The best number of connections of one stack.

    ``best`` is the fewest connections whose rate cannot be distinguished from the highest, None if nothing was
    measured. It is ``sure`` if its rate is the highest or equivalent to it, and the next fewer connections give less,
    both with confidence. ``limit`` says what other than the server ended the exploration, or is empty.
    """

    best: Count | None
    sure: bool
    counts: tuple[Count, ...]
    explored: tuple[Tried, ...]
    limit: str = ""

    @property
    def sentence(self) -> str:
        """The result in words."""
        limit = limit_sentence(self.limit)
        best = self.best
        if best is None:
            return f"No number of connections could be measured.{limit}"
        noun = "connection" if best.connections == 1 else "connections"
        rate = f"{best.rate_rps:,.4g} req/s"
        if best.low_rps is not None and best.high_rps is not None:
            rate += f" ({best.low_rps:,.4g} to {best.high_rps:,.4g})"
        if self.sure:
            text = f"Best at {best.connections} {noun}: {rate}"
        else:
            text = f"Inconclusive: about {best.connections} {noun} with {rate}"
        for word, label in _LABELS:
            others = [f"{each.connections}" for each in self.counts if each.word == word and each != best]
            text += f"; {label} {', '.join(others)}" if others else ""
        return f"{text}.{limit}"
