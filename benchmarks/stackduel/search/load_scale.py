"""The scales on which a capacity is searched: the rate of arrivals, and how many streams are open at once."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import msgspec

from stackduel.analysis.slo import Slo
from stackduel.model.search_results.streams_held import streams_text
from stackduel.model.search_settings import MOST_STREAMS, CapacitySettings
from stackduel.model.suite import ClosedLoop, Load, OpenLoop
from stackduel.search.level_outcome import at_rate, rounded

LOWEST_RPS = 1.0
# At the lowest load, so many seconds show whether anything is answered rightly at all.
LOWEST_LOAD_S = 5.0


class LoadScale(ABC):
    """The loads of one kind in their order, each known by its level: a rate, or a number of streams.

    The search begins with ``first`` and stays between ``lowest`` and ``most``; ``noun`` says what a level is.
    """

    noun: str
    lowest: float
    most: float
    first: float

    @abstractmethod
    def load_at(self, level: float) -> Load:
        """Return the load of this level, with a window long enough for what is bounded."""

    @abstractmethod
    def text(self, level: float) -> str:
        """Return a level in words: ``100 req/s``, ``64 streams``."""

    @abstractmethod
    def lowest_load(self) -> Load:
        """Return the lowest load, for a moment."""

    @abstractmethod
    def near(self, level: float) -> float:
        """Return the level of the scale that is nearest to a number."""

    @abstractmethod
    def above(self, level: float, resolution: float) -> float:
        """Return the next level, higher by this share."""

    @abstractmethod
    def below(self, level: float, resolution: float) -> float:
        """Return the level that is lower by this share; it may lie below the lowest."""

    def seconds_at(self, level: float) -> float:
        """Return how long the load of a level takes, from its first request to the close of its window."""
        load = self.load_at(level)
        return load.warmup_s + (load.duration_s or 0.0)


class ArrivalScale(LoadScale):
    """Rates of arrivals, which do not wait for answers."""

    noun = "rate"
    lowest = LOWEST_RPS

    def __init__(self, load: OpenLoop, settings: CapacitySettings, slo: Slo) -> None:
        self.most = settings.most_rps
        self.first = min(load.rate_rps, self.most)
        self._load = load
        self._slo = slo

    def load_at(self, level: float) -> Load:
        """Return the load of this rate, with a window long enough for what is bounded."""
        return at_rate(self._load, level, self._slo)

    def text(self, level: float) -> str:
        """Return a rate in words."""
        return f"{level:g} req/s"

    def lowest_load(self) -> Load:
        """Return the lowest rate, for a moment."""
        return msgspec.structs.replace(self._load, rate_rps=LOWEST_RPS, duration_s=LOWEST_LOAD_S, warmup_s=0.0)

    def near(self, level: float) -> float:
        """Return a rate of three digits."""
        return rounded(level)

    def above(self, level: float, resolution: float) -> float:
        """Return the next rate, higher by this share."""
        return rounded(level * (1 + resolution))

    def below(self, level: float, resolution: float) -> float:
        """Return the rate that is lower by this share."""
        return rounded(level / (1 + resolution))


class StreamScale(LoadScale):
    """Numbers of streams that are open at once, each followed by another as it ends."""

    noun = "number"
    lowest = 1

    def __init__(self, load: ClosedLoop, settings: CapacitySettings) -> None:
        self.most = settings.most_streams or MOST_STREAMS
        self.first = min(load.connections, self.most)
        self._load = load

    def load_at(self, level: float) -> Load:
        """Return the load of so many streams."""
        return msgspec.structs.replace(self._load, connections=int(level))

    def text(self, level: float) -> str:
        """Return a number of streams in words."""
        return streams_text(int(level))

    def lowest_load(self) -> Load:
        """Return one stream after another, for one window."""
        return self.load_at(self.lowest)

    def near(self, level: float) -> float:
        """Return a whole number of streams."""
        return round(level)

    def above(self, level: float, resolution: float) -> float:
        """Return the next number, higher by about this share and by one at least."""
        return math.floor(max(level + 1, level * (1 + resolution)))

    def below(self, level: float, resolution: float) -> float:
        """Return the number that is lower by about this share, and by one at least."""
        return math.ceil(min(level - 1, level / (1 + resolution)))
