"""Which requests of a recording a suite asks, and how often each: the routes that most of the traffic is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stackduel.model.errors import FieldError
from stackduel.planning.request_file import MAX_WEIGHT, MAX_WORKLOADS
from stackduel.traffic.recording import RecordedRequest, Recording, Route

USUAL_COVER, USUAL_EXAMPLES = 0.95, 5


@dataclass(frozen=True, slots=True)
class ChosenRoute:
    """A route of the mix, and the requests that stand for it, each with its weight."""

    route: Route
    requests: tuple[tuple[RecordedRequest, int], ...]


@dataclass(frozen=True, slots=True)
class Mix:
    """The routes that are asked, those that are rarer, and those that cannot be asked."""

    chosen: tuple[ChosenRoute, ...]
    rarer: tuple[Route, ...]
    withheld: tuple[Route, ...]

    @property
    def recorded(self) -> int:
        """How many of the recorded requests the chosen routes had."""
        return sum(each.route.requests for each in self.chosen)


def mix_of(recording: Recording, cover: float = USUAL_COVER, examples: int = USUAL_EXAMPLES) -> Mix:
    """Return the mix of a recording, of a description all routes; raises FieldError if nothing in it can be asked."""
    mix = choose_mix(recording.routes, 1.0 if recording.is_described else cover, examples)
    if not mix.chosen:
        raise FieldError(_nothing(recording, mix))
    return mix


def _nothing(recording: Recording, mix: Mix) -> str:
    """Return why there is nothing to ask."""
    said = [f"{recording.source}: no request that can be asked again"]
    if recording.methods:
        said.append(f"import --unsafe also takes those that change data; {', '.join(recording.methods)} are there")
    said += [f"{route.label}: {route.withheld}" for route in mix.withheld[:1]]
    if recording.unread.total:
        said.append(f"{recording.unread.total} could not be read, the first: {recording.unread.samples[0]}")
    return "; ".join(said)


def choose_mix(routes: Sequence[Route], cover: float, examples: int) -> Mix:
    """Return the fewest routes that have a share ``cover`` of the requests, with up to so many examples each.

    ``routes`` come the most frequent first. A suite holds 100 requests: where these would be more, routes have fewer
    examples, and if they themselves are more, the rarest are left out.
    """
    withheld = tuple(route for route in routes if route.withheld)
    possible = [route for route in routes if not route.withheld]
    total = sum(route.requests for route in possible)
    chosen: list[Route] = []
    asked = 0
    for route in possible[:MAX_WORKLOADS]:
        if asked >= cover * total:
            break
        chosen.append(route)
        asked += route.requests
    most = _most_examples(chosen, examples)
    scale = max([1.0, *(route.requests / MAX_WEIGHT for route in chosen)])
    return Mix(
        chosen=tuple(ChosenRoute(route, _weighted(route, most, scale)) for route in chosen),
        rarer=tuple(possible[len(chosen) :]),
        withheld=withheld,
    )


def _most_examples(routes: Sequence[Route], asked: int) -> int:
    """Return how many examples each route may have, at most so many as asked for."""
    while asked > 1 and sum(min(asked, len(route.examples)) for route in routes) > MAX_WORKLOADS:
        asked -= 1
    return asked


def _weighted(route: Route, most: int, scale: float) -> tuple[tuple[RecordedRequest, int], ...]:
    """Return the commonest examples, which share the weight of their route in proportion to their own numbers.

    What is left over by rounding goes to the largest remainders, so that the weights sum up to the route's; each has at
    least 1.
    """
    examples = route.examples[:most]
    weight = max(len(examples), round(route.requests / scale))
    total = sum(count for _, count in examples)
    spare = weight - len(examples)
    exact = [spare * count / total for _, count in examples]
    shares = [int(each) for each in exact]
    by_remainder = sorted(range(len(exact)), key=lambda at: shares[at] - exact[at])
    for at in by_remainder[: spare - sum(shares)]:
        shares[at] += 1
    return tuple((request, 1 + share) for (request, _), share in zip(examples, shares, strict=True))
