"""The loads of a profile, and the stacks that a run profiles after measuring."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.model.comparison import Limit
from stackduel.model.errors import FieldError
from stackduel.model.findings import Finding
from stackduel.model.profile_settings import ProfileSettings
from stackduel.model.run_options import RunOptions
from stackduel.model.suite import ClosedLoop, OpenLoop, Scenario, Workload
from stackduel.planning.planner import plan_run
from stackduel.planning.profile_suite import ProfileRequest, bound_by_cpu, profile_suite, profiled
from stackduel.planning.registry import registered_stacks
from tests.stackduel.makers import WAITING, run
from tests.stackduel.profile_runs import profile_run

SETTINGS = ProfileSettings(seconds=10)


def test_every_window_is_a_closed_loop_of_the_same_length() -> None:
    """An open loop would show the rate that was asked for, with and without a profiler."""
    opened = Scenario("open", (Workload("/x"),), OpenLoop(100.0, 5.0), victim=Workload("/health"))
    load = profiled(opened, SETTINGS).load
    assert isinstance(load, ClosedLoop)
    assert (load.duration_s, load.requests) == (2.0, None)
    assert profiled(opened, SETTINGS).victim is None
    assert profiled(replace(WAITING, load=ClosedLoop(7, requests=3)), SETTINGS).load.connections == 7


@pytest.mark.parametrize("stack", ["fastapi-uvicorn", "service-drf"])
def test_each_of_our_stacks_has_a_usual_request(stack: str) -> None:
    """One that its contract has."""
    suite = profile_suite(RunOptions(stacks=(stack,)), SETTINGS, ProfileRequest(stack))
    (scenario,) = suite.scenarios
    assert scenario.workloads[0].target.startswith("/exercise" if stack == "service-drf" else "/json")


def test_only_what_the_cpu_limits_is_profiled_after_a_run() -> None:
    """Neither the twin, nor what waits, nor what a Triton answers, nor what was profiled already."""
    stacks = registered_stacks()
    named = {name: stacks[name] for name in ("flask-gunicorn", "fastapi-uvicorn", "triton")}
    limits = [
        Limit("json", "flask-gunicorn", "CPU", 100.0, 99.0, ""),
        Limit("json", "flask-gunicorn (twin)", "CPU", 100.0, 99.0, ""),
        Limit("waiting", "flask-gunicorn", "waiting slots", 100.0, 99.0, ""),
        Limit("json", "fastapi-uvicorn", "CPU", 100.0, 99.0, ""),
        Limit("json", "triton", "CPU", 100.0, 99.0, ""),
        Limit("waiting", "fastapi-uvicorn", None, 100.0, 50.0, ""),
    ]
    measured = replace(run([]), limits=tuple(limits))
    assert bound_by_cpu(measured, named) == (("flask-gunicorn", "json"), ("fastapi-uvicorn", "json"))
    done = measured.with_finding(Finding("flask-gunicorn", "json", profile_run().findings[0].found))
    assert bound_by_cpu(done, named) == (("fastapi-uvicorn", "json"),)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (RunOptions(suite="cold-start", profile=True), "--profile: for comparisons only"),
        (RunOptions(suite="quick", url="http://127.0.0.1:1", profile=True), "--profile: servers at a URL"),
    ],
)
def test_a_run_that_cannot_be_profiled_is_refused(options: RunOptions, message: str) -> None:
    """Before anything is started."""
    with pytest.raises(FieldError, match=message):
        plan_run(options, 1)
