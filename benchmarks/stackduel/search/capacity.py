"""Capacity: the highest load that keeps a service level, by ramp, bisection and confirmation.

The load is a rate of arrivals, or a number of streams that are open at once.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from stackduel.analysis.slo import Slo, parse_slo
from stackduel.model.search_results.capacity import Capacity, Windows
from stackduel.model.search_results.streams_held import StreamsHeld, StreamWindows
from stackduel.model.search_settings import CapacitySettings
from stackduel.model.suite import ClosedLoop, OpenLoop
from stackduel.model.trial import Result
from stackduel.search.level_outcome import LevelOutcome, level_outcome
from stackduel.search.load_scale import ArrivalScale, LoadScale, StreamScale
from stackduel.search.probe import Probe, Search

FACTOR = 2.0
MOST_STEPS = 8


def search_capacity(
    load: OpenLoop, settings: CapacitySettings, seed: str, spent_s: Callable[[], float] = lambda: 0.0
) -> Search[Capacity]:
    """Search for the highest rate, beginning with the load's; ``seed`` draws the order of the confirmations.

    ``spent_s`` returns the seconds that the search has taken so far; what its allowance has no room for is not begun.
    """
    slo = parse_slo(settings.slo)
    search = _CapacitySearch(ArrivalScale(load, settings, slo), slo, settings, _drawn_by(seed), spent_s)
    confirmed, above_rps = yield from search.run()
    return _capacity(search, confirmed, above_rps)


def search_streams_held(
    load: ClosedLoop, settings: CapacitySettings, seed: str, spent_s: Callable[[], float] = lambda: 0.0
) -> Search[StreamsHeld]:
    """Search for the most streams at once, beginning with the load's; the rest is as in ``search_capacity``."""
    slo = parse_slo(settings.slo)
    search = _CapacitySearch(StreamScale(load, settings), slo, settings, _drawn_by(seed), spent_s)
    confirmed, above = yield from search.run()
    return StreamsHeld(
        slo=str(slo),
        confirmed=_stream_windows(confirmed),
        above=_stream_windows(search.broken_at(above)),
        limit=search.limit,
        nothing_right=search.nothing_right or None,
    )


def _drawn_by(seed: str) -> random.Random:
    return random.Random(seed)  # noqa: S311 - an order, not a secret


def replicas_for(demand_rps: float, capacity_rps: float, headroom: float) -> int:
    """Return the replicas that carry a demand with each at ``headroom`` of its capacity; at least one."""
    # A quotient just above a whole number, because of rounding, needs no further replica.
    return max(1, math.ceil(demand_rps / (capacity_rps * headroom) - 1e-9))


@dataclass(frozen=True, slots=True)
class _LevelWindows:
    """The windows at one level, how many kept the service level, and which bound the last other one broke."""

    level: float
    kept: int
    tried: int
    broke: str


@dataclass
class _CapacitySearch:
    """The state of a search: the highest level kept, the lowest not kept, and any other reason to end."""

    scale: LoadScale
    slo: Slo
    settings: CapacitySettings
    order: random.Random
    spent_s: Callable[[], float]
    low: float | None = None
    high: float | None = None
    limit: str = ""
    fresh: bool = True
    nothing_right: bool = False
    confirming: bool = False
    seen: dict[float, list[LevelOutcome]] = field(default_factory=dict)

    def run(self) -> Generator[Probe, Result, tuple[_LevelWindows | None, float | None]]:
        """Search; return the windows at the level that was confirmed, and the higher level that was not."""
        yield from self.ramp()
        if self.low is None:
            return None, self.high
        yield from self.bisect()
        return (yield from self.confirm())

    def ramp(self) -> Generator[Probe, Result, None]:
        """Double the load while the service level is kept, or halve it until it is."""
        scale, level = self.scale, self.scale.first
        while self._has_time_for(level):
            outcome = yield from self._try(level)
            if outcome.nothing_right and self.low is None and (yield from self._fails_without_load()):
                return
            if outcome.state == "kept":
                self.low = level
                if self.high is not None:
                    return
                if level >= scale.most:
                    self.limit = f"{scale.text(scale.most)} is the highest {scale.noun} to try"
                    return
                level = min(scale.near(level * FACTOR), scale.most)
            else:
                self.high = level
                if self.low is not None or level <= scale.lowest:
                    return
                level = max(scale.near(level / FACTOR), scale.lowest)

    def bisect(self) -> Generator[Probe, Result, None]:
        """Halve the range between the level kept and the level not kept, on a logarithmic scale."""
        while self.low is not None and self.high is not None:
            if self.high <= self.low * (1 + self.settings.resolution):
                return
            middle = self.scale.near(math.sqrt(self.low * self.high))
            if not self.low < middle < self.high or not self._has_time_for(middle):
                return
            if (yield from self._try(middle)).state == "kept":
                self.low = middle
            else:
                self.high = middle

    def confirm(self) -> Generator[Probe, Result, tuple[_LevelWindows | None, float | None]]:
        """Repeat the level and the next higher one in turns; step down or up where they show another capacity.

        Return the windows at the confirmed level, and the higher level that was not confirmed.
        """
        self.confirming = True
        level, above, misses = self.low or self.scale.lowest, self.high, 0
        confirmed: _LevelWindows | None = None
        for _ in range(MOST_STEPS):
            here, there = yield from self._windows(level, above)
            if here.tried < self.settings.confirmations and here.kept == here.tried:
                # The time is up: what was kept so far has to do.
                return confirmed or self._kept_so_far(level), above
            if here.kept == here.tried:
                confirmed = here
                if there is not None and there.kept == there.tried and not misses:
                    level, above = there.level, self.scale.above(there.level, self.settings.resolution)
                    if above > self.scale.most:
                        return there, None
                    continue
            else:
                above = level
            if confirmed is None:
                misses += 1
                level = self._lower(level, misses)
                if level < self.scale.lowest:
                    break
            elif (between := self._between(confirmed.level, above)) is not None:
                level = between
            else:
                break
        return confirmed, above

    def _lower(self, level: float, misses: int) -> float:
        """Return the level to try after so many that were not kept: each step down is twice the one before."""
        return self.scale.below(level, (1 + self.settings.resolution) ** (2 ** (misses - 1)) - 1)

    def _between(self, level: float, above: float | None) -> float | None:
        """Return a level between one that was kept and one that was not; None where these are near to each other."""
        if above is None or self.scale.above(level, self.settings.resolution) >= above:
            return None
        return self.scale.near(math.sqrt(level * above))

    def broken_at(self, level: float | None) -> _LevelWindows | None:
        """Return all windows at a level so far; None where the server broke none of them."""
        answers = self.seen.get(level or 0.0, [])
        broken = any(each.state == "broken" for each in answers)
        return _counted(level, answers) if level and broken else None

    def _windows(
        self, level: float, above: float | None
    ) -> Generator[Probe, Result, tuple[_LevelWindows, _LevelWindows | None]]:
        """Measure rounds of both levels on fresh servers, until the lower one is confirmed or not kept."""
        levels = [level] if above is None or self._spares(level, above) else [level, above]
        answers: dict[float, list[LevelOutcome]] = {each: [] for each in levels}
        for _ in range(self.settings.confirmations):
            if not self._has_time_for(*levels):
                break
            self.order.shuffle(levels)
            self.fresh = True
            for each in levels:
                answers[each].append((yield from self._try(each)))
            if answers[level][-1].state != "kept":
                break
        there = _counted(above, answers[above]) if above in answers else None
        return _counted(level, answers[level]), there

    def _spares(self, level: float, above: float) -> bool:
        """Return whether there is no time to repeat both levels, and the higher one was broken before."""
        until_s = self._until_s()
        rounds_s = self.settings.confirmations * (self.scale.seconds_at(level) + self.scale.seconds_at(above))
        return until_s is not None and self.spent_s() + rounds_s > until_s and self.broken_at(above) is not None

    def _until_s(self) -> float | None:
        """Return the second by which windows have to end now; once one was kept, half of the time is to confirm it."""
        if self.settings.allowance_s is None:
            return None
        share = 1.0 if self.confirming or self.low is None else 0.5
        return share * self.settings.allowance_s

    def _has_time_for(self, *levels: float) -> bool:
        """Return whether there is time for a window at each level."""
        until_s = self._until_s()
        if until_s is None or self.spent_s() + sum(map(self.scale.seconds_at, levels)) <= until_s:
            return True
        self.limit = f"the {self.settings.allowance_s:.0f} s for each stack and request are over"
        return False

    def _kept_so_far(self, level: float) -> _LevelWindows | None:
        """Return all windows at the highest level, up to this one, that was kept in each of them; None without any."""
        kept = [
            each
            for each, answers in self.seen.items()
            if each <= level and all(answer.state == "kept" for answer in answers)
        ]
        return _counted(max(kept), self.seen[max(kept)]) if kept else None

    def _fails_without_load(self) -> Generator[Probe, Result, bool]:
        """Try the lowest load for a moment; return whether all requests fail there, too, which ends the search."""
        outcome = level_outcome((yield Probe(self.scale.lowest_load(), fresh=True)), self.slo)
        self.nothing_right, self.fresh = outcome.nothing_right, True
        if self.nothing_right:
            lowest = self.scale.text(self.scale.lowest)
            self.limit = f"at the lowest load, {lowest}, all requests fail: {outcome.reason}"
        return self.nothing_right

    def _try(self, level: float) -> Generator[Probe, Result, LevelOutcome]:
        result = yield Probe(self.scale.load_at(level), self.fresh, until_s=self._until_s())
        outcome = level_outcome(result, self.slo)
        # An overloaded server still works on requests that have timed out.
        self.fresh = outcome.state == "broken"
        if outcome.state == "unknown":
            self.limit = f"at {self.scale.text(level)} the server was not the limit: {outcome.reason}"
        self.seen.setdefault(level, []).append(outcome)
        return outcome


def _counted(level: float, answers: list[LevelOutcome]) -> _LevelWindows:
    others = [each.reason for each in answers if each.state != "kept"]
    return _LevelWindows(level, len(answers) - len(others), len(answers), others[-1] if others else "")


def _rate_windows(windows: _LevelWindows | None) -> Windows | None:
    return None if windows is None else Windows(windows.level, windows.kept, windows.tried, windows.broke)


def _stream_windows(windows: _LevelWindows | None) -> StreamWindows | None:
    return None if windows is None else StreamWindows(int(windows.level), windows.kept, windows.tried, windows.broke)


def _capacity(search: _CapacitySearch, confirmed: _LevelWindows | None, above_rps: float | None) -> Capacity:
    settings, replicas = search.settings, None
    if settings.demand_rps is not None and confirmed is not None:
        replicas = replicas_for(settings.demand_rps, confirmed.level, settings.headroom)
    cost = None
    if replicas is not None and settings.cost_per_replica is not None:
        cost = replicas * settings.cost_per_replica
    return Capacity(
        slo=str(search.slo),
        confirmed=_rate_windows(confirmed),
        above=_rate_windows(search.broken_at(above_rps)),
        limit=search.limit,
        replicas=replicas,
        cost=cost,
        demand_rps=settings.demand_rps,
        headroom=settings.headroom,
        nothing_right=search.nothing_right or None,
    )
