"""The early ends of streams, read from the log of who ended them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from stackduel_servers.core.streams.early_end import WORD

LINE = re.compile(rf"(?m)^{WORD} ([0-9]{{1,19}}) ([0-9]{{1,19}}) ([0-9]{{1,9}})\r?$")


@dataclass(frozen=True, slots=True)
class EarlyEnd:
    """The moment at which the early end of a stream was noticed, and how many events it had come to."""

    noticed_ns: int
    events: int


def early_ends(log: str) -> Mapping[int, EarlyEnd]:
    """Return the early ends in a log, by the zeros of their streams; the first line of each counts."""
    ends: dict[int, EarlyEnd] = {}
    for zero, noticed, events in LINE.findall(log):
        ends.setdefault(int(zero), EarlyEnd(int(noticed), int(events)))
    return ends
