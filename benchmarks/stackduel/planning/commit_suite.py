"""The suite of a comparison of two commits: the user's requests, in short windows that alternate."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from stackduel.analysis.detectable_change import PRECISION
from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.suite import Load, OpenLoop, Scenario, Suite
from stackduel.model.waits import least_seconds
from stackduel.planning.adaptation import suite_of
from stackduel.planning.stacks_file import OwnFile
from stackduel.planning.suites_by_name import read_suite

# About fifty windows a side in the fewest launches that have an interval.
WINDOWS = 10
WINDOW_S = 1.0
MOST_LAUNCHES = 200
# A window holds so many waits, or arrivals: with fewer, one more or less would decide the rate.
ROUNDS = 10
MOST_NAME = 60


def commit_suite(own: OwnFile, requests: str | None) -> Suite:
    """Return the suite that compares commits on the requests of a suite, else on those of the user's own file.

    Each request of the file is measured under one load: the middle one, if the file has several. Raises FieldError for
    a suite that searches, and where no request is given.
    """
    if requests is None:
        one_load = replace(own, loads=(own.loads[len(own.loads) // 2],))
        suite = suite_of(RunOptions(stacks_file=own.where), one_load)
    else:
        suite = read_suite(requests)
    if suite.search is not None:
        raise FieldError(
            f"--requests: {suite.name} is of mode {suite.search.mode}, and commits are compared, not searched"
        )
    return Suite(
        name=f"pr-{suite.name}"[:MOST_NAME],
        summary="Two commits of one application on the same requests.",
        baseline="",
        stacks=(),
        blocks=FEWEST_BLOCKS,
        scenarios=tuple(_divided(scenario) for scenario in suite.scenarios),
        precision=PRECISION,
        most_blocks=MOST_LAUNCHES,
        shared_cores=suite.shared_cores,
        memory_mib=suite.memory_mib,
        prices=suite.prices,
        setup=suite.setup,
        database=suite.database,
    )


def _divided(scenario: Scenario) -> Scenario:
    wait_s = max(each.wait_s or least_seconds(each) for each in scenario.workloads)
    return replace(scenario, load=_window(scenario.load, wait_s), windows=WINDOWS, published=None)


def _window(load: Load, wait_s: float) -> Load:
    """Return the load of one window; a fixed number of requests stays as it is."""
    if load.duration_s is None:
        return load
    shortest_s = max(WINDOW_S, ROUNDS * wait_s)
    if isinstance(load, OpenLoop):
        return msgspec.structs.replace(load, duration_s=max(shortest_s, ROUNDS / load.rate_rps))
    return msgspec.structs.replace(load, duration_s=shortest_s)
