"""Capacity: the highest rate that keeps a service level, by ramp, bisection and confirmation."""

from __future__ import annotations

import math
import random
from collections.abc import Generator
from dataclasses import dataclass, field

from stackduel.analysis.slo import Slo, parse_slo
from stackduel.model.search_results.capacity import Capacity, Windows
from stackduel.model.search_settings import CapacitySettings
from stackduel.model.suite import OpenLoop
from stackduel.model.trial import Result
from stackduel.search.level_outcome import LevelOutcome, at_rate, level_outcome, rounded
from stackduel.search.probe import Probe, Search

LOWEST_RPS = 1.0
FACTOR = 2.0
MOST_STEPS = 8


def search_capacity(load: OpenLoop, settings: CapacitySettings, seed: str) -> Search[Capacity]:
    """Search for the capacity, beginning with the load's rate; ``seed`` draws the order of the confirmations."""
    slo = parse_slo(settings.slo)
    search = _CapacitySearch(load, slo, settings, random.Random(seed))  # noqa: S311 - an order, not a secret
    yield from search.ramp()
    if search.low is None:
        return _result(settings, slo, None, search.broken_at(search.high), search.limit)
    yield from search.bisect()
    confirmed, above_rps = yield from search.confirm()
    return _result(settings, slo, confirmed, search.broken_at(above_rps), search.limit)


def replicas_for(demand_rps: float, capacity_rps: float, headroom: float) -> int:
    """Return the replicas that carry a demand with each at ``headroom`` of its capacity; at least one."""
    # A quotient just above a whole number, because of rounding, needs no further replica.
    return max(1, math.ceil(demand_rps / (capacity_rps * headroom) - 1e-9))


@dataclass
class _CapacitySearch:
    """The state of a search: the highest rate kept, the lowest not kept, and any other reason to end."""

    load: OpenLoop
    slo: Slo
    settings: CapacitySettings
    order: random.Random
    low: float | None = None
    high: float | None = None
    limit: str = ""
    fresh: bool = True
    seen: dict[float, list[LevelOutcome]] = field(default_factory=dict)

    def ramp(self) -> Generator[Probe, Result, None]:
        """Double the rate while the service level is kept, or halve it until it is."""
        rate_rps = min(self.load.rate_rps, self.settings.most_rps)
        while True:
            state = (yield from self._try(rate_rps)).state
            if state == "kept":
                self.low = rate_rps
                if self.high is not None:
                    return
                if rate_rps >= self.settings.most_rps:
                    self.limit = f"{self.settings.most_rps:g} req/s is the highest rate to try"
                    return
                rate_rps = min(rounded(rate_rps * FACTOR), self.settings.most_rps)
            else:
                self.high = rate_rps
                if self.low is not None or rate_rps <= LOWEST_RPS:
                    return
                rate_rps = max(rounded(rate_rps / FACTOR), LOWEST_RPS)

    def bisect(self) -> Generator[Probe, Result, None]:
        """Halve the range between the rate kept and the rate not kept, on a logarithmic scale."""
        while self.low is not None and self.high is not None:
            if self.high <= self.low * (1 + self.settings.resolution):
                return
            middle = rounded(math.sqrt(self.low * self.high))
            if not self.low < middle < self.high:
                return
            if (yield from self._try(middle)).state == "kept":
                self.low = middle
            else:
                self.high = middle

    def confirm(self) -> Generator[Probe, Result, tuple[Windows | None, float | None]]:
        """Repeat the rate and the next higher one in turns; step down or up where they show another capacity.

        Return the windows at the confirmed rate, and the higher rate that was not confirmed.
        """
        rate_rps, above_rps, misses = self.low or LOWEST_RPS, self.high, 0
        confirmed: Windows | None = None
        for _ in range(MOST_STEPS):
            here, there = yield from self._windows(rate_rps, above_rps)
            if here.kept == here.tried:
                confirmed = here
                if there is None or there.kept < there.tried or misses:
                    break
                rate_rps, above_rps = there.rate_rps, rounded(there.rate_rps * (1 + self.settings.resolution))
                if above_rps > self.settings.most_rps:
                    return there, None
            elif confirmed is not None:
                # The rate one step above was kept by luck.
                return confirmed, rate_rps
            else:
                above_rps, misses = rate_rps, misses + 1
                rate_rps = rounded(rate_rps / (1 + self.settings.resolution) ** (2 ** (misses - 1)))
                if rate_rps < LOWEST_RPS:
                    break
        return confirmed, above_rps

    def broken_at(self, rate_rps: float | None) -> Windows | None:
        """Return all windows at a rate so far; None where the server broke none of them."""
        answers = self.seen.get(rate_rps or 0.0, [])
        broken = any(each.state == "broken" for each in answers)
        return _windows(rate_rps, answers) if rate_rps and broken else None

    def _windows(
        self, rate_rps: float, above_rps: float | None
    ) -> Generator[Probe, Result, tuple[Windows, Windows | None]]:
        """Measure rounds of both rates on fresh servers, until the lower one is confirmed or not kept."""
        rates = [rate_rps] if above_rps is None else [rate_rps, above_rps]
        answers: dict[float, list[LevelOutcome]] = {rate: [] for rate in rates}
        for _ in range(self.settings.confirmations):
            self.order.shuffle(rates)
            self.fresh = True
            for rate in rates:
                answers[rate].append((yield from self._try(rate)))
            if answers[rate_rps][-1].state != "kept":
                break
        above = None if above_rps is None else _windows(above_rps, answers[above_rps])
        return _windows(rate_rps, answers[rate_rps]), above

    def _try(self, rate_rps: float) -> Generator[Probe, Result, LevelOutcome]:
        result = yield Probe(at_rate(self.load, rate_rps, self.slo), self.fresh)
        outcome = level_outcome(result, self.slo)
        # An overloaded server still works on requests that have timed out.
        self.fresh = outcome.state == "broken"
        if outcome.state == "unknown":
            self.limit = f"at {rate_rps:g} req/s the server was not the limit: {outcome.reason}"
        self.seen.setdefault(rate_rps, []).append(outcome)
        return outcome


def _windows(rate_rps: float, answers: list[LevelOutcome]) -> Windows:
    others = [each.reason for each in answers if each.state != "kept"]
    return Windows(rate_rps, len(answers) - len(others), len(answers), others[-1] if others else "")


def _result(
    settings: CapacitySettings, slo: Slo, confirmed: Windows | None, above: Windows | None, limit: str
) -> Capacity:
    replicas = None
    if settings.demand_rps is not None and confirmed is not None:
        replicas = replicas_for(settings.demand_rps, confirmed.rate_rps, settings.headroom)
    cost = None
    if replicas is not None and settings.cost_per_replica is not None:
        cost = replicas * settings.cost_per_replica
    return Capacity(str(slo), confirmed, above, limit, replicas, cost, settings.demand_rps, settings.headroom)
