"""Counts of runs or tables held against a promise, with exact intervals; and the time that counting may take."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import scipy.stats

# A promise is broken where an exact binomial test rejects it at this level.
REJECTED = 0.01


@dataclass(frozen=True, slots=True)
class Promise:
    """So many of ``of`` runs were ``what``, where at most, or at least, a share of ``promised`` may be."""

    what: str
    count: int
    of: int
    bound: Literal["at most", "at least"]
    promised: float

    @property
    def is_kept(self) -> bool:
        """Whether the count is compatible with the promise; a promise of never is broken by the first."""
        if not self.of:
            return False
        side: Literal["greater", "less"] = "greater" if self.bound == "at most" else "less"
        return bool(scipy.stats.binomtest(self.count, self.of, self.promised, alternative=side).pvalue > REJECTED)

    @property
    def text(self) -> str:
        """The promise and the count in a line."""
        kept = "as promised" if self.is_kept else "NOT AS PROMISED"
        return f"{self.what}: {share_text(self.count, self.of)}, {self.bound} {self.promised:.3g}: {kept}"


def share_text(count: int, of: int) -> str:
    """Return a count as a share with its exact 95 % interval (Clopper and Pearson, Biometrika 1934)."""
    if not of:
        return "0 of 0"
    found = scipy.stats.binomtest(count, of).proportion_ci(0.95, method="exact")
    return f"{count:,} of {of:,}, {count / of:.3g} ({found.low:.3g}-{found.high:.3g})"


class Budget:
    """The minutes after which nothing more is begun; None is no end."""

    def __init__(self, minutes: float | None, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._began_s = now, now()
        self._seconds = math.inf if minutes is None else 60 * minutes

    @property
    def spent_s(self) -> float:
        """The seconds since the beginning."""
        return self._now() - self._began_s

    @property
    def is_spent(self) -> bool:
        """Whether the time is over."""
        return self.spent_s >= self._seconds

    def has_room_for(self, each_s: float) -> bool:
        """Whether something that takes so many seconds would end in time."""
        return self.spent_s + each_s <= self._seconds


def add_budget_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--budget MINUTES``."""
    parser.add_argument("--budget", type=_minutes, metavar="MINUTES", help="end after these minutes with what is there")


def _minutes(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError("more than 0")
    return value
