"""Sustained load: the fewest connections that give a server's highest rate, and whether that is certain."""

from __future__ import annotations

import itertools
import math
import random
import statistics
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field

import msgspec

from stackduel.analysis.decision import decide
from stackduel.analysis.statistics.intervals import Interval, interval
from stackduel.model.search_results.sustained import Count, CountVerdict, Sustained, Tried
from stackduel.model.search_settings import SustainedSettings
from stackduel.model.suite import ClosedLoop
from stackduel.model.trial import Failure, Result
from stackduel.search.probe import Probe, Search

# Counts closer than this have rates too similar to distinguish.
RESOLUTION = 0.06
MOST_FAILED = 0.01
# The number of times to look for a peak between its neighbours, which move closer by a square root each time.
REFINEMENTS = 2
# How often the confirmations may continue with fewer connections, and with how many lower counts each time.
MOST_DESCENTS = 4
DESCENT = 3


def search_sustained(load: ClosedLoop, settings: SustainedSettings, seed: str) -> Search[Sustained]:
    """Search for the best number of connections, beginning with the load's; ``seed`` draws the confirmations' order."""
    search = _ConnectionSearch(load, settings, random.Random(seed))  # noqa: S311 - an order, not a secret
    yield from search.ramp()
    if not search.rates:
        return Sustained(None, False, (), (), search.limit)
    yield from search.refine()
    fewest = yield from search.fewest()
    explored = tuple(Tried(count, search.rates[count]) for count in sorted(search.rates))
    contested = _contested(search.rates, fewest)
    for _ in range(MOST_DESCENTS):
        counts = compare_counts((yield from search.confirm(list(contested))), settings.margin)
        best = next((each for each in counts if each.word != "lower"), None)
        if best is None or _next_fewer(best, explored) in {None, *(each.connections for each in counts)}:
            break
        # One unlucky trial had made fewer connections look slower than they are.
        contested = _below(explored, best, counts)
    return Sustained(best, _sure(counts, best, explored), counts, explored, search.limit)


def compare_counts(rounds: Iterable[dict[int, float]], margin: float) -> tuple[Count, ...]:
    """Compare each count with the one of the highest rate, over the rounds that measured all counts.

    A count is ``lower`` when the whole interval of its log ratios to the highest lies below the margin, equivalent
    when the interval lies within it, else inconclusive.
    """
    complete = list(rounds)
    known = set.union(*(set(each) for each in complete)) if complete else set()
    complete = [each for each in complete if set(each) == known]
    if not complete:
        return ()
    logs = {count: [math.log(each[count]) for each in complete] for count in sorted(known)}
    means = {count: statistics.fmean(values) for count, values in logs.items()}
    highest = max(means, key=lambda count: means[count])
    # The highest is known only afterwards, so any pair might have been compared.
    pairs = max(1, math.comb(len(logs), 2))
    compared = []
    for count, values in logs.items():
        own = interval(values)
        against = None
        word: CountVerdict = "highest"
        if count != highest:
            ratios = [one - other for one, other in zip(values, logs[highest], strict=True)]
            against = interval(ratios, pairs)
            word = _count_verdict(against, margin)
        compared.append(
            Count(
                connections=count,
                rate_rps=math.exp(means[count]),
                low_rps=own.low if own else None,
                high_rps=own.high if own else None,
                share=math.exp(means[count] - means[highest]),
                share_low=against.low if against else None,
                share_high=against.high if against else None,
                word=word,
            )
        )
    return tuple(compared)


def _count_verdict(against: Interval | None, margin: float) -> CountVerdict:
    verdict = decide(against, margin, noisy=False)
    return {"slower": "lower", "equivalent": "equivalent"}.get(verdict, "inconclusive")  # type: ignore[return-value]


def _sure(counts: tuple[Count, ...], best: Count | None, explored: tuple[Tried, ...]) -> bool:
    if best is None or best.word == "inconclusive":
        return False
    if best.word == "highest" and best.low_rps is None:
        return False
    # All confirmed counts below the best gave less; the first count tried has none below.
    return _next_fewer(best, explored) in {None, *(each.connections for each in counts)}


def _next_fewer(best: Count, explored: tuple[Tried, ...]) -> int | None:
    """Return the next lower count that was tried; None where there is none."""
    return max((each.connections for each in explored if each.connections < best.connections), default=None)


def _below(explored: tuple[Tried, ...], best: Count, counts: tuple[Count, ...]) -> list[int]:
    """Return the best count so far and the highest, with the next lower counts that were tried."""
    fewer = [each.connections for each in explored if each.connections < best.connections]
    highest = next(each.connections for each in counts if each.word == "highest")
    return sorted({*fewer[-DESCENT:], best.connections, highest})


def _contested(rates: dict[int, float], fewest: int) -> list[int]:
    """Return the count to confirm, its neighbours, and the one with the highest rate."""
    tried = sorted(rates)
    place = tried.index(fewest)
    return sorted({*tried[max(0, place - 1) : place + 2], max(tried, key=lambda count: rates[count])})


@dataclass
class _ConnectionSearch:
    """The state of a search: the rates of all counts tried so far, once each."""

    load: ClosedLoop
    settings: SustainedSettings
    order: random.Random
    rates: dict[int, float] = field(default_factory=dict)
    limit: str = ""
    fresh: bool = True

    def ramp(self) -> Generator[Probe, Result, None]:
        """Double the connections up to the most allowed, or until more cannot be measured."""
        count = min(self.load.connections, self.settings.most_connections)
        while not self.limit:
            yield from self._explore(count)
            if count >= self.settings.most_connections:
                return
            count = min(2 * count, self.settings.most_connections)

    def refine(self) -> Generator[Probe, Result, None]:
        """Try between the highest rate's count and its neighbours, as a peak may lie there."""
        for _ in range(REFINEMENTS):
            tried = sorted(self.rates)
            place = tried.index(max(tried, key=lambda count: self.rates[count]))
            around = tried[max(0, place - 1) : place + 2]
            for lower, upper in itertools.pairwise(around):
                yield from self._between(lower, upper)

    def fewest(self) -> Generator[Probe, Result, int]:
        """Halve the range below the fewest connections whose rate is within the margin of the highest."""
        while True:
            tried = sorted(self.rates)
            enough = max(self.rates.values()) / (1 + self.settings.margin)
            place = next(place for place, count in enumerate(tried) if self.rates[count] >= enough)
            if place == 0 or not (yield from self._between(tried[place - 1], tried[place])):
                return tried[place]

    def confirm(self, counts: list[int]) -> Generator[Probe, Result, list[dict[int, float]]]:
        """Measure rounds of all these counts, each on a fresh server and in a random order."""
        rounds: list[dict[int, float]] = []
        for _ in range(self.settings.confirmations):
            self.fresh = True
            self.order.shuffle(counts)
            rates: dict[int, float] = {}
            for count in counts:
                rate_rps, _ = yield from self._try(count)
                if rate_rps:
                    rates[count] = rate_rps
            rounds.append(rates)
        return rounds

    def _between(self, lower: int, upper: int) -> Generator[Probe, Result, bool]:
        """Try the geometric middle of two counts; return whether there was one."""
        if upper - lower <= max(1.0, RESOLUTION * upper):
            return False
        middle = min(max(round(math.sqrt(lower * upper)), lower + 1), upper - 1)
        if middle in self.rates:
            return False
        before = self.limit
        yield from self._explore(middle)
        return self.limit == before

    def _explore(self, count: int) -> Generator[Probe, Result, None]:
        rate_rps, reason = yield from self._try(count)
        if rate_rps:
            self.rates[count] = rate_rps
        else:
            self.limit = f"{count} connections were not measured: {reason}"

    def _try(self, count: int) -> Generator[Probe, Result, tuple[float | None, str]]:
        result = yield Probe(msgspec.structs.replace(self.load, connections=count), self.fresh)
        self.fresh = isinstance(result, Failure)
        if isinstance(result, Failure):
            return None, result.reason.partition("\n")[0]
        if not result.counts:
            return None, result.reason or "the trial is not valid"
        measurement = result.measurement
        if measurement.failed > MOST_FAILED * measurement.requests:
            return None, f"{100 * measurement.failed / measurement.requests:.3g} % of the requests failed"
        return result.rate_rps, ""
