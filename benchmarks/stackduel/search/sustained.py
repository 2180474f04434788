"""Sustained load: the fewest connections that give a server's highest rate, and how sure that is."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field

import msgspec

from stackduel.analysis.decision import decide
from stackduel.analysis.statistics.intervals import Interval, interval
from stackduel.model.findings import Count, CountVerdict, Sustained, Tried
from stackduel.model.search_settings import SustainedSettings
from stackduel.model.suite import ClosedLoop
from stackduel.model.trial import Failure, Result
from stackduel.search.probe import Probe, Search

# Finer than this, counts are too much alike for their rates to be told apart.
RESOLUTION = 0.06
MOST_FAILED = 0.01
# A peak is looked for between its neighbours so often; each time these move closer by a square root.
REFINEMENTS = 2
# How often the confirmations may go on below, and by how many of the counts tried each time.
MOST_DESCENTS = 4
DESCENT = 3


def search_sustained(load: ClosedLoop, settings: SustainedSettings, seed: str) -> Search[Sustained]:
    """Look for the best number of connections from the load's on; ``seed`` draws the order of the confirmations."""
    climb = _Climb(load, settings, random.Random(seed))  # noqa: S311 - an order, not a secret
    yield from climb.ramp()
    if not climb.rates:
        return Sustained(None, False, (), (), climb.limit)
    yield from climb.refine()
    fewest = yield from climb.fewest()
    explored = tuple(Tried(count, climb.rates[count]) for count in sorted(climb.rates))
    contested = _contested(climb.rates, fewest)
    for _ in range(MOST_DESCENTS):
        counts = compared((yield from climb.confirm(list(contested))), settings.margin)
        best = next((each for each in counts if each.word != "lower"), None)
        if best is None or _next_fewer(best, explored) in {None, *(each.connections for each in counts)}:
            break
        # A single lucky trial had made the fewer look slower than they are.
        contested = _below(explored, best, counts)
    return Sustained(best, _sure(counts, best, explored), counts, explored, climb.limit)


def compared(rounds: Iterable[dict[int, float]], margin: float) -> tuple[Count, ...]:
    """The counts of rounds that measured all of them, each against the one with the highest rate.

    A count is ``lower`` when the whole interval of its log ratios to the highest lies below the margin, equivalent
    when it lies within, else inconclusive.
    """
    whole = list(rounds)
    known = set.union(*(set(each) for each in whole)) if whole else set()
    whole = [each for each in whole if set(each) == known]
    if not whole:
        return ()
    logs = {count: [math.log(each[count]) for each in whole] for count in sorted(known)}
    means = {count: math.fsum(values) / len(values) for count, values in logs.items()}
    highest = max(means, key=lambda count: means[count])
    # The highest is known only afterwards: any pair might have been the one to be compared.
    pairs = max(1, math.comb(len(logs), 2))
    found = []
    for count, values in logs.items():
        own = interval(values)
        against = None
        word: CountVerdict = "highest"
        if count != highest:
            ratios = [one - other for one, other in zip(values, logs[highest], strict=True)]
            against = interval(ratios, pairs)
            word = _word(against, margin)
        found.append(
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
    return tuple(found)


def _word(against: Interval | None, margin: float) -> CountVerdict:
    verdict = decide(against, margin, noisy=False)
    return {"slower": "lower", "equivalent": "equivalent"}.get(verdict, "inconclusive")  # type: ignore[return-value]


def _sure(counts: tuple[Count, ...], best: Count | None, explored: tuple[Tried, ...]) -> bool:
    if best is None or best.word == "inconclusive":
        return False
    if best.word == "highest" and best.low_rps is None:
        return False
    # Whatever is below the best in the confirmations gave less; the first count that was tried has nothing below.
    return _next_fewer(best, explored) in {None, *(each.connections for each in counts)}


def _next_fewer(best: Count, explored: tuple[Tried, ...]) -> int | None:
    """The count tried next below the best; None where there is none."""
    return max((each.connections for each in explored if each.connections < best.connections), default=None)


def _below(explored: tuple[Tried, ...], best: Count, counts: tuple[Count, ...]) -> list[int]:
    """The best so far and the highest, with the counts tried next below the best."""
    fewer = [each.connections for each in explored if each.connections < best.connections]
    highest = next(each.connections for each in counts if each.word == "highest")
    return sorted({*fewer[-DESCENT:], best.connections, highest})


def _contested(rates: dict[int, float], fewest: int) -> list[int]:
    """The count to be confirmed, its neighbours, and the one that seemed the highest."""
    tried = sorted(rates)
    place = tried.index(fewest)
    return sorted({*tried[max(0, place - 1) : place + 2], max(tried, key=lambda count: rates[count])})


@dataclass
class _Climb:
    """The rates of all counts tried so far, once each."""

    load: ClosedLoop
    settings: SustainedSettings
    order: random.Random
    rates: dict[int, float] = field(default_factory=dict)
    limit: str = ""
    fresh: bool = True

    def ramp(self) -> Generator[Probe, Result, None]:
        """Double the connections until the most that may be tried, or until more of them cannot be measured."""
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
        """Halve what lies below the fewest connections whose rate is within the margin of the highest."""
        while True:
            tried = sorted(self.rates)
            enough = max(self.rates.values()) / (1 + self.settings.margin)
            place = next(place for place, count in enumerate(tried) if self.rates[count] >= enough)
            if place == 0 or not (yield from self._between(tried[place - 1], tried[place])):
                return tried[place]

    def confirm(self, counts: list[int]) -> Generator[Probe, Result, list[dict[int, float]]]:
        """Rounds of all these counts, each on a fresh server and in an order that is drawn."""
        rounds: list[dict[int, float]] = []
        for _ in range(self.settings.confirmations):
            self.fresh = True
            self.order.shuffle(counts)
            found: dict[int, float] = {}
            for count in counts:
                rate_rps, _ = yield from self._try(count)
                if rate_rps:
                    found[count] = rate_rps
            rounds.append(found)
        return rounds

    def _between(self, lower: int, upper: int) -> Generator[Probe, Result, bool]:
        """Try the geometric middle of two counts; whether there was one."""
        if upper - lower <= max(1.0, RESOLUTION * upper):
            return False
        middle = min(max(round(math.sqrt(lower * upper)), lower + 1), upper - 1)
        if middle in self.rates:
            return False
        before = self.limit
        yield from self._explore(middle)
        return self.limit == before

    def _explore(self, count: int) -> Generator[Probe, Result, None]:
        rate_rps, why = yield from self._try(count)
        if rate_rps:
            self.rates[count] = rate_rps
        else:
            self.limit = f"{count} connections were not measured: {why}"

    def _try(self, count: int) -> Generator[Probe, Result, tuple[float | None, str]]:
        result = yield Probe(msgspec.structs.replace(self.load, connections=count), self.fresh)
        self.fresh = isinstance(result, Failure)
        if isinstance(result, Failure):
            return None, result.reason.partition("\n")[0]
        if not result.counts:
            return None, result.reason or "the trial does not count"
        found = result.measurement
        if found.failed > MOST_FAILED * found.requests:
            return None, f"{100 * found.failed / found.requests:.3g} % of the requests failed"
        return result.rate_rps, ""
