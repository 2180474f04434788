"""The suite that is written: it can be read, and says what was recorded."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.model.suite import OpenLoop, Suite, Workload
from stackduel.planning.request_file import MAX_WEIGHT, MAX_WORKLOADS
from stackduel.planning.suite_file import parse_suite
from stackduel.traffic.mix import choose_mix
from stackduel.traffic.recording import BusiestMinutes, RecordedRequest, Recording, Route, UnreadLines
from stackduel.traffic.suite_text import SuiteSource, quoted, suite_text

MADE = SuiteSource("stackduel import access.log", "access.toml")


def route(pattern: str, requests: int, *examples: tuple[str, int], method: str = "GET", body: str = "") -> Route:
    asked = tuple((RecordedRequest(method, target, 200, (), body), count) for target, count in examples)
    return Route(
        method, pattern, requests, {200: requests}, asked, len(asked), withheld="" if asked else "it is secret"
    )


def written(routes: tuple[Route, ...], busiest: BusiestMinutes | None = None, examples: int = 5) -> tuple[Suite, str]:
    recording = Recording("access.log", 1000, routes, {"POST": 3}, {"token": 2}, UnreadLines({}, ()), busiest)
    text = suite_text(recording, choose_mix(routes, 0.95, examples), MADE)
    return parse_suite("access", text, "content"), text


def test_examples_share_the_weight_of_their_route() -> None:
    """In proportion to their own numbers, and together exactly as much as the route has."""
    suite, _ = written(
        (route("/a/{int}", 900, ("/a/1", 30), ("/a/2", 20), ("/a/3", 10)), route("/b", 100, ("/b", 100)))
    )
    assert [workload.weight for workload in suite.scenarios[0].workloads] == [450, 300, 150, 100]


@given(st.lists(st.tuples(st.integers(1, 10**10), st.integers(1, 30)), min_size=1, max_size=150))
def test_every_mix_can_be_read(sizes: list[tuple[int, int]]) -> None:
    """However many routes and requests there were, a suite holds the commonest within its bounds."""
    routes = [
        route(f"/{at}/{{int}}", count, *[(f"/{at}/{each}", 1 + each) for each in range(examples)])
        for at, (count, examples) in enumerate(sorted(sizes, reverse=True))
    ]
    suite, _ = written(tuple(routes))
    workloads = suite.scenarios[0].workloads
    assert 1 <= len(workloads) <= MAX_WORKLOADS
    assert max(each.weight for each in workloads) <= MAX_WEIGHT


def test_rare_and_withheld_routes_are_comments() -> None:
    """They are told with their numbers, and not asked."""
    suite, text = written((route("/a", 970, ("/a", 970)), route("/b", 20, ("/b", 20)), route("/reset/{token}", 10)))
    assert [workload.target for workload in suite.scenarios[0].workloads] == ["/a"]
    assert "#   GET /b (20 requests)\n" in text
    assert "#   GET /reset/{token} (10 requests): it is secret\n" in text


@pytest.mark.parametrize(
    ("busiest", "load"),
    [
        (BusiestMinutes(0, 600, 30_000, 1.02, is_poisson=True), OpenLoop(50, 10, "poisson", warmup_s=2)),
        (
            BusiestMinutes(0, 600, 7500, 3.4567, is_poisson=False),
            OpenLoop(12.5, 40, "gamma", warmup_s=2, burstiness=3.46),
        ),
        (
            BusiestMinutes(0, 600, 600, 0.0, is_poisson=False),
            OpenLoop(1, 60, "gamma", warmup_s=2, burstiness=0.05),
        ),
        (BusiestMinutes(0, 600, 1, None, is_poisson=True), OpenLoop(0.1, 60, "poisson", warmup_s=2)),
    ],
    ids=["Poisson", "bursts", "more even than a load can be", "hardly any"],
)
def test_the_load_is_that_of_the_busiest_minutes(busiest: BusiestMinutes, load: OpenLoop) -> None:
    """Rate and burstiness are written as a suite has them, for long enough that there is a p99."""
    suite, _ = written((route("/a", 1, ("/a", 1)),), busiest)
    assert suite.scenarios[0].load == load


def test_without_times_clients_wait_for_their_answers() -> None:
    """A closed loop at three numbers of connections takes the place of a rate."""
    suite, _ = written((route("/a", 1, ("/a", 1)),))
    assert [scenario.name for scenario in suite.scenarios] == ["recorded-1", "recorded-16", "recorded-64"]


def test_a_request_that_changes_data_says_so() -> None:
    """Its comment names the key that brings the data back, and its body is written as it is."""
    suite, text = written((route("/cart", 1, ("/cart", 1), method="POST", body='{"name": "größe\\u0000"}'),))
    assert suite.scenarios[0].workloads == (
        Workload("/cart", "POST", body='{"name": "größe\\u0000"}'.encode(), check="content", weight=1),
    )
    assert "reset" in text


@given(st.text())
def test_any_text_can_be_quoted(text: str) -> None:
    """TOML reads it back; what UTF-8 cannot hold is a question mark."""
    assert tomllib.loads(f"x = {quoted(text)}")["x"] == text.encode("utf-8", "replace").decode()
