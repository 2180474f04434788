"""The suite that compares two commits."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.suite import ClosedLoop, OpenLoop
from stackduel.planning.commit_suite import WINDOWS, commit_suite
from stackduel.planning.estimates import Pace, scenario_seconds
from stackduel.planning.stacks_file import OwnFile, parse_own_file
from stackduel.planning.time_budget import FEWEST_WINDOWS, fit

REQUESTS = {"requests": [{"name": "home", "path": "/"}, {"name": "search", "path": "/search", "wait_s": 0.3}]}
PACES = {name: Pace(1.0) for name in ("base", "head", "base.twin")}


def own(**tables: object) -> OwnFile:
    return parse_own_file("shop.toml", {**REQUESTS, **tables}, Path.cwd(), {})


def test_each_request_is_measured_in_short_windows_under_one_load() -> None:
    """Of several loads the middle one is taken; windows last a second, or as long as ten waits."""
    suite = commit_suite(own(), None)
    assert (suite.name, suite.blocks, [each.name for each in suite.scenarios]) == ("pr-shop", 5, ["home", "search"])
    assert [each.windows for each in suite.scenarios] == [WINDOWS] * 2
    loads = [each.load for each in suite.scenarios]
    assert [(each.connections, each.duration_s) for each in loads] == [(16, 1.0), (16, 3.0)]
    assert suite.alternates


def test_a_rate_and_a_number_of_requests_keep_what_they_ask_for() -> None:
    """An open loop's window holds ten arrivals; a fixed number of requests has no length to change."""
    slow = commit_suite(own(load={"rate": 2, "duration_s": 60}), None).scenarios[0].load
    assert isinstance(slow, OpenLoop)
    assert (slow.rate_rps, slow.duration_s) == (2, 5.0)
    fixed = commit_suite(own(load={"connections": 2, "requests": 50}), None).scenarios[0].load
    assert isinstance(fixed, ClosedLoop)
    assert (fixed.requests, fixed.duration_s) == (50, None)


def test_a_suite_may_say_the_requests() -> None:
    """Its stacks, pilot and published claims are not those of two commits."""
    suite = commit_suite(own(), "quick")
    assert (suite.name, suite.stacks, suite.baseline, suite.claims) == ("pr-quick", (), "", None)
    assert {each.windows for each in suite.scenarios} == {WINDOWS}


def test_a_search_is_refused() -> None:
    """Commits are compared, and a search compares nothing."""
    with pytest.raises(FieldError, match="--requests: soak is of mode soak"):
        commit_suite(own(), "soak")


def test_a_file_without_requests_is_refused() -> None:
    """The error names the table that is missing."""
    with pytest.raises(FieldError, match="requests: is missing"):
        commit_suite(parse_own_file("shop.toml", {}, Path.cwd(), {}), None)


def test_less_time_means_fewer_windows_not_shorter_ones() -> None:
    """Five launches stay, and every window stays a second; what does not even hold two windows each is refused."""
    suite = commit_suite(own(), None)
    roomy, tight = (fit(suite, PACES, budget_s).suite for budget_s in (1200.0, 240.0))
    assert {each.windows for each in roomy.scenarios} == {WINDOWS}
    assert all(FEWEST_WINDOWS <= (each.windows or 0) < WINDOWS for each in tight.scenarios)
    assert [each.load.duration_s for each in tight.scenarios] == [1.0, 3.0]
    assert (tight.blocks, tight.precision) == (5, suite.precision)
    with pytest.raises(ValueError, match="minutes are needed"):
        fit(suite, PACES, 20.0)


def test_the_time_of_a_trial_counts_all_of_its_windows() -> None:
    """Only the first window has the whole warm-up."""
    scenario = commit_suite(own(load={"connections": 2, "duration_s": 9, "warmup_s": 4}), None).scenarios[0]
    seconds = scenario_seconds(scenario, Pace(1.0))
    assert 4 + WINDOWS * 1.0 < seconds < 4 + WINDOWS * 1.6
