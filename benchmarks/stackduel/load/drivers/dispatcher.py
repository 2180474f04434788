"""Hands out arrivals at their times, independently of the outcomes of earlier ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, takewhile
from math import inf

from stackduel.load.clock import clock
from stackduel.load.drivers.timer import Timer, precise_timer


class Dispatcher:
    """Calls ``arrive`` with each of the moments that it follows, at that moment or just after it, and never before.

    Where several have passed, as the process was kept from running, all are handed out at once: none is dropped.
    """

    def __init__(self, arrive: Callable[[float], None]) -> None:
        self._arrive = arrive
        self._moments: Iterator[float] = iter(())
        self._next_s = inf
        self._timer: Timer | None = None

    @property
    def going(self) -> bool:
        """Whether there are moments to come."""
        return self._next_s < inf

    def follow(self, moments: Iterable[float], from_s: float = 0.0) -> None:
        """Follow these moments, in ``clock`` seconds and in order; until ``from_s`` go on with the former ones."""
        former = takewhile(lambda moment_s: moment_s < from_s, chain([self._next_s], self._moments))
        self._moments = chain(former, moments)
        self._next_s = next(self._moments, inf)
        self._go_on()

    def stop(self) -> list[float]:
        """Hand out nothing more; return the moments that have passed without it."""
        now_s = clock()
        passed = list(takewhile(lambda moment_s: moment_s <= now_s, chain([self._next_s], self._moments)))
        self._moments, self._next_s = iter(()), inf
        if self._timer is not None:
            self._timer.close()
            self._timer = None
        return passed

    def _go_on(self) -> None:
        while self._next_s <= clock():
            moment_s, self._next_s = self._next_s, next(self._moments, inf)
            self._arrive(moment_s)
        if self._next_s < inf:
            self._timer = self._timer or precise_timer(self._go_on)
            self._timer.set(self._next_s)
