"""A run made up for tests that profiled one stack."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from stackduel.analysis.profiling.conclusion import ProfiledWindow, Rates, profile_of
from stackduel.model.findings import Finding
from stackduel.model.profile_samples import Frame, Samples
from stackduel.model.profile_settings import ProfileSettings
from stackduel.model.run import Run
from stackduel.model.search_results.profile import SampledCpu
from stackduel.model.suite import ClosedLoop, Scenario, Workload
from tests.stackduel.makers import run

HOSTILE = "<script>alert(1)</script>"
HOME = Scenario("home", (Workload("/"),), ClosedLoop(4, duration_s=2.0))
SERVER = Frame("run", "/venv/lib/python3.11/site-packages/uvicorn/server.py", 1)
HOT, ODD = Frame("planted_hot_function", "/me/app.py", 3), Frame(HOSTILE, "/me/<b>.py", 9)


def profile_run() -> Run:
    """Five windows of one worker, in one of whose functions most of the time goes."""
    windows = [
        ProfiledWindow(
            2.0,
            Samples({(SERVER, HOT): 120 + number, (SERVER, ODD): 30, (SERVER,): 40}, 1, waiting=7),
            SampledCpu(1.6, 0.3, 2.0, 1),
        )
        for number in range(5)
    ]
    found = profile_of(
        ProfileSettings(seconds=10), "py-spy", windows, [Rates(100, 92 + n) for n in range(5)], ("A note.",)
    )
    found = msgspec.structs.replace(found, flamegraph="profile/mine-home.svg", speedscope="profile/mine-home.json")
    made = run([], {"mine": "baseline"}, (HOME,))
    suite = replace(made.suite, name="profile", search=ProfileSettings(seconds=10))
    return replace(made, suite=suite, status="complete").with_finding(Finding("mine", "home", found))
