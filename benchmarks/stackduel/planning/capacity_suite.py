"""The suite of ``stackduel capacity``: one request, and a service level to keep."""

from __future__ import annotations

from pathlib import Path

from stackduel.analysis.slo import parse_slo
from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.search_settings import CapacitySettings
from stackduel.model.suite import OpenLoop, Scenario, Suite
from stackduel.planning.fields import Fields
from stackduel.planning.stacks_file import read_own_file
from stackduel.planning.suite_file import parse_workload

BASELINE = "flask-gunicorn"
STACKS = (BASELINE, "flask-gthread", "flask-gevent", "quart-hypercorn", "fastapi-uvicorn")
FIRST_RATE_RPS = 100.0
WINDOW_S = 3.0
WARMUP_S = 1.0


def capacity_suite(options: RunOptions, settings: CapacitySettings, path: str) -> Suite:
    """Return the suite that searches the capacity at ``path`` for the user's own stacks, else for ours.

    Raises FieldError for a wrong service level, path or stacks file.
    """
    try:
        parse_slo(settings.slo)
    except ValueError as error:
        raise FieldError(f"--slo: {error}") from error
    workload = parse_workload(Fields("--path", {"path": path}))
    own = tuple(read_own_file(Path(options.stacks_file)).stacks) if options.stacks_file else ()
    load = OpenLoop(FIRST_RATE_RPS, WINDOW_S, warmup_s=WARMUP_S)
    scenario = Scenario("capacity", (workload,), load, f"The highest rate that keeps {settings.slo}.")
    summary = "Capacity at a service level: ramp, bisection and confirmation of an open loop's rate."
    return Suite("capacity", summary, BASELINE, own or STACKS, 1, (scenario,), most_blocks=1, search=settings)
