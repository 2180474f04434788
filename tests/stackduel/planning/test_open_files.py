"""The open files that a plan needs: refused beforehand, with both numbers, where the system allows fewer."""

from __future__ import annotations

import resource
from dataclasses import replace

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.search_settings import SustainedSettings
from stackduel.model.suite import ClosedLoop, OpenLoop, Scenario, Suite, Workload
from stackduel.planning.open_files import SPARE, refuse_too_few_files
from stackduel.planning.planner import plan_run

LOCAL, URL = RunOptions(), RunOptions(launcher="url")


def suite_of(scenario: Scenario) -> Suite:
    return Suite("many", "", "a", ("a",), 1, (scenario,))


def closed(connections: int, target: str = "/", victim: Workload | None = None) -> Suite:
    load = ClosedLoop(connections, duration_s=1.0)
    return suite_of(Scenario("crowd", (Workload(target),), load, victim=victim))


@pytest.mark.parametrize(
    ("suite", "shards", "options", "needed"),
    [
        (closed(1000), 1, URL, 1000 + SPARE),
        (closed(1001), 2, URL, 501 + SPARE),
        (closed(1000), 4, LOCAL, 1000 + SPARE),
        (closed(1000, "/slow-io?delay=1"), 4, LOCAL, 2000 + SPARE),
        (closed(100, "/benchmark/io-test?concurrent=5"), 1, LOCAL, 600 + SPARE),
        (closed(1000, victim=Workload("/health")), 1, URL, 1016 + SPARE),
        (suite_of(Scenario("open", (Workload("/"),), OpenLoop(10, 1, connections=700))), 1, URL, 700 + SPARE),
        (replace(closed(1), search=SustainedSettings(most_connections=512)), 1, URL, 512 + SPARE),
    ],
)
def test_each_connection_is_an_open_file(suite: Suite, shards: int, options: RunOptions, needed: int) -> None:
    """So many are allowed, and one fewer is refused with what is needed and what is allowed."""
    refuse_too_few_files(suite, shards, options, needed)
    with pytest.raises(FieldError, match=rf"load: [\d,]+ connections need {needed:,} open files") as raised:
        refuse_too_few_files(suite, shards, options, needed - 1)
    assert f"allows a process {needed - 1:,}" in str(raised.value)


def test_containers_have_limits_of_their_own() -> None:
    """Where neither the generator nor the servers are processes of this machine, its limit does not count."""
    options = RunOptions(launcher="docker", generator="container")
    refuse_too_few_files(closed(10_000), 1, options, allowed=256)


def test_a_plan_is_refused_by_the_limit_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is the hard one, as a run's processes raise theirs to it."""
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (64, 100))
    with pytest.raises(FieldError, match=r"open files .* allows a process 100: raise the hard limit \(ulimit -Hn\)"):
        plan_run(RunOptions(suite="quick"), seed=1)
