"""Recorded requests as a tree of paths, in which places of many values are folded, within bounds of memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from stackduel.traffic.common_values import MOST_VALUES, CommonValues
from stackduel.traffic.privacy import Keep
from stackduel.traffic.recording import RecordedRequest, Route
from stackduel.traffic.request_target import SLUG, WITHHELD, FoldedTarget

# A place has a slug where more than so many values stand, of each of which less than this share of its requests is.
MANY_VALUES = 50
SMALL_SHARE = 0.02
MOST_PLACES = 5_000
# Of one path: with more different sets of parameters they are not told apart.
MOST_PARAMETER_SETS = 20
_ANY_PARAMETERS = ("...",)


@dataclass(slots=True)
class _Tally:
    """The requests of one route."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    examples: CommonValues[RecordedRequest] = field(default_factory=CommonValues)

    def absorb(self, other: _Tally) -> None:
        self.requests += other.requests
        self.statuses.update(other.statuses)
        self.examples.absorb(other.examples)


@dataclass(slots=True)
class _Place:
    """One path and all below it: the requests of it, by method and parameters, and its next segments."""

    requests: int = 0
    tallies: dict[tuple[str, tuple[str, ...]], _Tally] = field(default_factory=dict)
    below: dict[str, _Place] = field(default_factory=dict)

    def absorb(self, other: _Place) -> None:
        self.requests += other.requests
        for key, tally in other.tallies.items():
            self.tallies.setdefault(key, _Tally()).absorb(tally)
        for segment, place in other.below.items():
            self.below.setdefault(segment, _Place()).absorb(place)


class RouteTree:
    """Counts requests by route; those of rare routes that there was no room for are ``uncounted``."""

    def __init__(self, keep: Keep) -> None:
        self._withheld = {kind: why for kind, (what, why) in WITHHELD.items() if not getattr(keep, what)}
        self._top = _Place()
        self._places = 1
        self._is_full = False
        self.uncounted = 0

    def record(self, folded: FoldedTarget, request: RecordedRequest, status: int) -> None:
        """Count a request that was answered with this status; it is an example if it can be asked again."""
        place = self._place_of(folded.segments)
        if place is None:
            self.uncounted += 1
            return
        key = (request.method, folded.parameters)
        if key not in place.tallies and len(place.tallies) >= MOST_PARAMETER_SETS:
            key = (request.method, _ANY_PARAMETERS)
        tally = place.tallies.setdefault(key, _Tally())
        tally.requests += 1
        tally.statuses[status] += 1
        if is_answer(request.status) and self._withheld.keys().isdisjoint(folded.segments):
            tally.examples.add(request)

    def routes(self) -> tuple[Route, ...]:
        """Return all routes, the most frequent first; it folds what is to be folded."""
        _fold(self._top)
        found = (
            self._route(method, segments, parameters, tally)
            for segments, place in _walk(self._top, ())
            for (method, parameters), tally in place.tallies.items()
        )
        return tuple(sorted(found, key=lambda route: (-route.requests, route.label)))

    def _place_of(self, segments: tuple[str, ...]) -> _Place | None:
        """Return the place of a path, one request richer; None if there is no room for it."""
        if self._places > MOST_PLACES and not self._is_full:
            _fold(self._top)
            self._places = sum(1 for _ in _walk(self._top, ()))
            self._is_full = self._places > MOST_PLACES // 2
        place, passed = self._top, [self._top]
        for segment in segments:
            below = place.below.get(segment) or self._below(place, segment)
            if below is None:
                return None
            place = below
            passed.append(place)
        for each in passed:
            each.requests += 1
        return place

    def _below(self, place: _Place, segment: str) -> _Place | None:
        """Return the new place below another, or its slug where there is one already or too many places are."""
        if (self._is_full or SLUG in place.below) and segment not in WITHHELD:
            segment = segment if segment.startswith("{") and not self._is_full else SLUG
        if segment not in place.below:
            if self._places > 2 * MOST_PLACES:
                return None
            place.below[segment] = _Place()
            self._places += 1
        return place.below[segment]

    def _route(self, method: str, segments: tuple[str, ...], parameters: tuple[str, ...], tally: _Tally) -> Route:
        examples = _by_request(tally.examples.most_common())
        uncounted = tally.examples.uncounted
        if not uncounted:
            paths = [request.target.partition("?")[0].split("/")[1:] for request, _ in examples]
            segments = tuple(_sole(place, segment, paths) for place, segment in enumerate(segments))
        withheld = next((self._withheld[each] for each in segments if each in self._withheld), "")
        return Route(
            method=method,
            pattern="/" + "/".join(segments) + ("?" + "&".join(parameters) if parameters else ""),
            requests=tally.requests,
            statuses=dict(tally.statuses.most_common()),
            examples=examples,
            values=MOST_VALUES if uncounted else len(examples),
            uncounted=uncounted,
            withheld=withheld or ("" if examples else "no answer of it was a right one"),
        )


def _by_request(counted: Sequence[tuple[RecordedRequest, int]]) -> tuple[tuple[RecordedRequest, int], ...]:
    """Return each request once, with the commonest status of its answers; the requests come the commonest first."""
    found: dict[RecordedRequest, tuple[RecordedRequest, int]] = {}
    for request, times in counted:
        asked = replace(request, status=0)
        first, before = found.get(asked, (request, 0))
        found[asked] = (first, before + times)
    return tuple(sorted(found.values(), key=lambda each: -each[1]))


def is_answer(status: int) -> bool:
    """Return whether a suite can expect this status: not that of a failure, nor of a switch to another protocol."""
    return 200 <= status < 500 and status not in {429, 444, 499}


def _sole(place: int, segment: str, paths: list[list[str]]) -> str:
    """Return the pattern's segment, or what stands there if it is one and the same in all paths."""
    values = {path[place] for path in paths if place < len(path)}
    return values.pop() if segment.startswith("{") and segment not in WITHHELD and len(values) == 1 else segment


def _fold(place: _Place) -> None:
    """Make slugs of the places below that have many small values."""
    plain = [segment for segment in place.below if not segment.startswith("{")]
    small = [each for each in plain if place.below[each].requests < SMALL_SHARE * place.requests]
    if len(small) > MANY_VALUES or (SLUG in place.below and small):
        slug = place.below.setdefault(SLUG, _Place())
        for segment in small:
            slug.absorb(place.below.pop(segment))
    for below in place.below.values():
        _fold(below)


def _walk(place: _Place, segments: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], _Place]]:
    yield segments, place
    for segment, below in place.below.items():
        yield from _walk(below, (*segments, segment))
