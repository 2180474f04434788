"""The early ends of streams, read from the log of who ended them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from stackduel_servers.core.streams.early_end import WORD

LINE = re.compile(rf"(?m)^{WORD} ([0-9]{{1,19}}) ([0-9]{{1,19}}) ([0-9]{{1,9}})(?: ([0-9]+(?:,[0-9]+)*))?\r?$")
NS_PER_US = 1000


@dataclass(frozen=True, slots=True)
class EarlyEnd:
    """The moment at which the early end of a stream was noticed, and how many events it had come to.

    ``before_us`` says how many microseconds earlier it came to the last of them; it is empty where nobody says it.
    """

    noticed_ns: int
    events: int
    before_us: tuple[int, ...] = ()

    def at(self, moment_ns: int) -> EarlyEnd:
        """Return the end as it would have been noticed at an earlier moment; itself where nobody knows that."""
        if moment_ns >= self.noticed_ns or not self.before_us:
            return self
        later = sum(self.noticed_ns - NS_PER_US * each > moment_ns for each in self.before_us)
        return EarlyEnd(moment_ns, self.events - later)


def early_ends(log: str) -> Mapping[int, EarlyEnd]:
    """Return the early ends in a log, by the zeros of their streams; the first line of each counts."""
    ends: dict[int, EarlyEnd] = {}
    for zero, noticed, events, before in LINE.findall(log):
        before_us = tuple(map(int, before.split(","))) if before else ()
        ends.setdefault(int(zero), EarlyEnd(int(noticed), int(events), before_us))
    return ends
