"""``stackduel capacity``: the highest rate that keeps a service level, and the replicas that a demand takes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stackduel.analysis.slo import parse_slo
from stackduel.cli.commands import run
from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.search_settings import CapacitySettings
from stackduel.model.suite import OpenLoop, Scenario, Suite
from stackduel.planning.fields import Fields
from stackduel.planning.stacks_file import read_own_file
from stackduel.planning.suite_file import parse_workload
from stackduel.runner.session import Output

BASELINE = "flask-gunicorn"
STACKS = (BASELINE, "flask-gthread", "flask-gevent", "quart-hypercorn", "fastapi-uvicorn")
FIRST_RATE_RPS = 100.0
WINDOW_S = 3.0
WARMUP_S = 1.0


def search(
    options: RunOptions,
    settings: CapacitySettings,
    path: str,
    results: Path | None,
    output: Output,
    fail_on: Sequence[str] = (),
    argv: Sequence[str] = (),
) -> int:
    """Search with these settings on the path, or print what will be looked for where there are no ``results``.

    Returns the exit status; raises FieldError on a service level or path that is none, and on a condition of
    ``fail_on`` that cannot be asked.
    """
    suite = _suite(options, settings, path)
    if results is None:
        return run.dry_run(options, output, suite, fail_on)
    return run.start(options, results, output, suite, fail_on, argv)


def _suite(options: RunOptions, settings: CapacitySettings, path: str) -> Suite:
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
