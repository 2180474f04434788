"""The suite of ``stackduel capacity``."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.search_settings import CapacitySettings
from stackduel.model.suite import ClosedLoop, Load, OpenLoop, Scenario, StreamFormat, Suite, Workload
from stackduel.planning.capacity_suite import (
    DEFAULT_STREAM,
    FIRST_STREAMS,
    STACKS,
    STREAMS_ALLOWANCE_S,
    STREAMS_RESOLUTION,
    USUAL_ALLOWANCE_S,
    WINDOW_S,
    CapacityRequests,
    capacity_suite,
)
from stackduel.search.modes import load_problem

MINE = """
[stacks.one]
command = "serve {port}"
[stacks.two]
command = "serve {port}"
"""
REQUESTS = """
[[requests]]
name = "search"
method = "POST"
path = "/search"
body = '{"query": "lamp"}'
status = 201
check = "length"
[[requests]]
name = "home"
path = "/"
"""
USUAL = CapacityRequests()


def suite(tmp_path: Path, text: str, wanted: CapacityRequests = USUAL) -> Suite:
    """The suite for a stacks file of this text."""
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return capacity_suite(RunOptions(stacks_file=str(path)), CapacitySettings(), wanted)


def test_the_file_s_requests_are_searched_with_all_that_they_say(tmp_path: Path) -> None:
    """Each is a scenario of its name, with its method, body, status and check."""
    made = suite(tmp_path, MINE + REQUESTS)
    assert [scenario.name for scenario in made.scenarios] == ["search", "home"]
    (asked,) = made.scenarios[0].workloads
    assert (asked.method, asked.target, asked.status, asked.check) == ("POST", "/search", 201, "length")
    assert asked.body == b'{"query": "lamp"}'
    assert made.stacks == ("one", "two")


def test_a_request_is_chosen_by_its_name(tmp_path: Path) -> None:
    """One or several, in the order of the command."""
    made = suite(tmp_path, MINE + REQUESTS, CapacityRequests(names=("home",)))
    assert [scenario.name for scenario in made.scenarios] == ["home"]


def test_without_a_file_a_path_is_asked() -> None:
    """Of our own stacks, the usual one where none is given."""
    made = capacity_suite(RunOptions(), CapacitySettings(), CapacityRequests())
    assert made.scenarios[0].workloads[0].target == "/slow-io?delay=0.1"
    assert made.stacks == STACKS


@pytest.mark.parametrize("slo", ["event_p99=50ms", "EVENT_p99=50ms", "p99=1s, Ttft_p50=200ms"])
def test_a_bound_on_events_is_announced_as_a_number_of_streams(slo: str) -> None:
    """However its name is written, it is that of the search, too."""
    made = capacity_suite(RunOptions(), CapacitySettings(slo=slo), CapacityRequests())
    assert made.scenarios[0].workloads[0].target == DEFAULT_STREAM
    assert made.search is not None
    assert made.search.goal == f"the most streams at once that keep {slo}"


def test_a_path_replaces_the_file_s_requests(tmp_path: Path) -> None:
    """As a plain GET."""
    made = suite(tmp_path, MINE + REQUESTS, CapacityRequests(path="/other"))
    assert made.scenarios[0].workloads[0].check == "content", "as any request to stacks of the user's own"
    assert [each.workloads[0].target for each in made.scenarios] == ["/other"]


@pytest.mark.parametrize(
    ("text", "wanted", "message"),
    [
        (MINE, CapacityRequests(), r"^mine.toml: \[\[requests\]\]: none is there"),
        (MINE + REQUESTS, CapacityRequests(names=("serch",)), r"^--request: 'serch' is unknown.*search"),
        (MINE + REQUESTS, CapacityRequests(path="/", names=("home",)), "^--request: cannot be combined with --path"),
        (MINE + REQUESTS, CapacityRequests(time_budget_s=59), "^--time-budget: at least 60 s for 4 "),
    ],
)
def test_what_cannot_be_asked_is_refused(tmp_path: Path, text: str, wanted: CapacityRequests, message: str) -> None:
    """With the option or the table, and what is there."""
    with pytest.raises(FieldError, match=message):
        suite(tmp_path, text, wanted)


def test_a_name_without_a_file_is_refused() -> None:
    """Requests have names in stacks files alone."""
    with pytest.raises(FieldError, match=r"^--request: needs --stacks-file"):
        capacity_suite(RunOptions(), CapacitySettings(), CapacityRequests(names=("home",)))


def test_the_time_is_shared_out(tmp_path: Path) -> None:
    """Among stacks and requests; without a budget each has the usual time."""
    made = suite(tmp_path, MINE + REQUESTS, CapacityRequests(time_budget_s=400))
    assert isinstance(made.search, CapacitySettings)
    assert made.search.allowance_s == 100
    usual = suite(tmp_path, MINE + REQUESTS).search
    assert isinstance(usual, CapacitySettings)
    assert usual.allowance_s == USUAL_ALLOWANCE_S


def test_a_bound_on_events_searches_a_number_of_streams(tmp_path: Path) -> None:
    """A closed loop of them, whose window each stream ends in, and over whose warm-up they open; by default our own."""
    made = capacity_suite(RunOptions(), CapacitySettings(slo="event_p99=50ms"), USUAL)
    (scenario,) = made.scenarios
    assert scenario.workloads[0].target == DEFAULT_STREAM
    assert scenario.workloads[0].stream == "sse"
    assert scenario.load == ClosedLoop(FIRST_STREAMS, duration_s=WINDOW_S, warmup_s=1.98)
    assert isinstance(made.search, CapacitySettings)
    assert (made.search.resolution, made.search.allowance_s) == (STREAMS_RESOLUTION, STREAMS_ALLOWANCE_S)
    asked = CapacityRequests(path="/stream?events=401&interval=0.02")
    (scenario,) = capacity_suite(RunOptions(), CapacitySettings(slo="event_p99=50ms"), asked).scenarios
    assert scenario.load.duration_s == pytest.approx(9.0)
    text = MINE + '[[requests]]\nname = "chat"\npath = "/chat"\nstream = "sse"\n'
    path = tmp_path / "mine.toml"
    path.write_text(text)
    (scenario,) = capacity_suite(
        RunOptions(stacks_file=str(path)), CapacitySettings(slo="event_p99=50ms"), USUAL
    ).scenarios
    assert (scenario.name, scenario.load.connections) == ("chat", FIRST_STREAMS)


def test_a_demand_is_one_of_requests() -> None:
    """Replicas for streams would be another sum."""
    with pytest.raises(FieldError, match=r"^--demand: is a rate of requests"):
        capacity_suite(RunOptions(), CapacitySettings(slo="event_p99=50ms", demand_rps=10.0), USUAL)


@pytest.mark.parametrize(
    ("slo", "stream", "load", "problem"),
    [
        ("event_p99=50ms", "sse", ClosedLoop(8, duration_s=3.0), None),
        ("event_p99=50ms", "sse", OpenLoop(8.0, 3.0), "connections and a duration_s, where event_p99 is bounded"),
        ("p99=5s", "sse", OpenLoop(8.0, 3.0), None),
        ("event_p99=50ms", None, OpenLoop(8.0, 3.0), "event_p99 is of streams, and its answers are none"),
        ("p99=50ms", None, ClosedLoop(8, duration_s=3.0), "starts from a rate, or with a bound on events"),
        ("event_p99=50ms", "sse", ClosedLoop(8, requests=3), "from connections and a duration_s"),
    ],
)
def test_a_capacity_begins_with_a_load_of_its_kind(
    slo: str, stream: StreamFormat | None, load: Load, problem: str | None
) -> None:
    """With a bound on events so many streams, without one a rate of any requests, and nothing else."""
    scenario = Scenario("s", (Workload("/stream", stream=stream),), load)
    found = load_problem(CapacitySettings(slo=slo), scenario)
    assert (found is None) == (problem is None)
    assert (problem or "") in (found or "")
