"""Routes: which places are folded, which requests stand for them, and how much memory they take."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stackduel.traffic.common_values import MOST_VALUES, CommonValues
from stackduel.traffic.privacy import NOTHING, Keep
from stackduel.traffic.recording import RecordedRequest, Route
from stackduel.traffic.request_target import fold_target
from stackduel.traffic.route_tree import MANY_VALUES, MOST_PLACES, RouteTree


def recorded(*targets: str, status: int = 200, tree: RouteTree | None = None, keep: Keep = NOTHING) -> RouteTree:
    tree = tree or RouteTree(keep)
    for target in targets:
        folded = fold_target(target, keep)
        tree.record(folded, RecordedRequest("GET", folded.target, status), status)
    return tree


def patterns(tree: RouteTree) -> dict[str, int]:
    return {route.pattern: route.requests for route in tree.routes()}


def words(count: int) -> list[str]:
    """So many different words, none of which looks like an id."""
    return ["".join("bcdfghjklm"[int(digit)] for digit in f"{number:05}") for number in range(count)]


def test_a_place_with_many_small_values_is_a_slug() -> None:
    """Fifty values are still routes; with one more they are one route, and a page that many ask for stays its own."""
    few = [f"/blog/{word}" for word in words(MANY_VALUES)]
    assert len(patterns(recorded(*few))) == MANY_VALUES
    many = [f"/blog/{word}/edit" for word in words(200)]
    assert patterns(recorded(*many, *["/blog/about"] * 100)) == {"/blog/{slug}/edit": 200, "/blog/about": 100}


def test_a_place_of_one_id_is_no_place() -> None:
    """A version in a path is not folded, as it is the same in all requests."""
    tree = recorded("/api/2/users/7", "/api/2/users/8")
    assert patterns(tree) == {"/api/2/users/{int}": 2}


def test_parameters_tell_routes_apart_by_name() -> None:
    """The order of parameters and their values do not; of too many sets the rest is one route."""
    tree = recorded("/find?q=a&page=1", "/find?page=2&q=b", "/find?q=c")
    assert patterns(tree) == {"/find?page&q": 2, "/find?q": 1}
    assert patterns(recorded(*[f"/find?{word}=1" for word in words(100)]))["/find?..."] == 80


def route(tree: RouteTree) -> Route:
    (only,) = tree.routes()
    return only


def test_a_request_is_asked_once_with_its_commonest_status() -> None:
    """A request that failed or was given up counts for the route, and is no example."""
    tree = recorded("/a/1", "/a/1", "/a/2")
    for status in (404, 500, 499):
        recorded("/a/1", tree=tree, status=status)
    found = route(tree)
    assert (found.requests, found.statuses) == (6, {200: 3, 404: 1, 500: 1, 499: 1})
    assert found.examples == ((RecordedRequest("GET", "/a/1", 200), 3), (RecordedRequest("GET", "/a/2", 200), 1))


def test_a_route_that_cannot_be_asked_says_why() -> None:
    """Tokens and addresses in a path are in no example; a route that only failed has none."""
    found = route(recorded("/mail/bob@shop.example"))
    assert (found.withheld, found.examples) == ("its path holds an e-mail address", ())
    assert route(recorded("/mail/bob@shop.example", keep=Keep(personal=True))).withheld == ""
    assert route(recorded("/broken", status=502)).withheld == "no answer of it was a right one"


def test_a_log_of_ever_new_paths_takes_no_more_memory() -> None:
    """Beyond the bound places become slugs, and no request is lost; addresses never join what is asked."""
    tree = RouteTree(NOTHING)
    for number, word in enumerate(words(2 * MOST_PLACES)):
        recorded(f"/{word}/{'bob@shop.example' if number % 100 == 0 else word}", tree=tree)
    routes = tree.routes()
    assert sum(each.requests for each in routes) + tree.uncounted == 2 * MOST_PLACES
    assert tree.uncounted == 0
    assert len(routes) < 100
    assert not [request for each in routes for request, _ in each.examples if "@" in request.target]


@given(st.lists(st.sampled_from("abcde"), max_size=300))
def test_few_values_are_counted_exactly(values: list[str]) -> None:
    """So are their number and their order."""
    counter: CommonValues[str] = CommonValues()
    for value in values:
        counter.add(value)
    assert dict(counter.most_common()) == {value: values.count(value) for value in set(values)}
    assert not counter.uncounted


def test_common_values_are_found_among_many() -> None:
    """A value of one in twenty is counted nearly in full beside a thousand that came once."""
    counter: CommonValues[str] = CommonValues()
    for number, word in enumerate(words(10 * MOST_VALUES)):
        counter.add(word if number % 20 else "common")
    assert counter.uncounted
    value, count = counter.most_common()[0]
    assert value == "common"
    assert count == 50
