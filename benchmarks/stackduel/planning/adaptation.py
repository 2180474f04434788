"""The suite that the options name, adapted to the other options or refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import msgspec

from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.search_settings import ColdStartSettings, SoakSettings
from stackduel.model.stack import Stack
from stackduel.model.suite import Load, OpenLoop, Scenario, Suite, Workload
from stackduel.planning.estimates import Pace
from stackduel.planning.load_file import MAX_REQUESTS
from stackduel.planning.models import asking_own
from stackduel.planning.stacks_file import OwnFile
from stackduel.planning.suites_by_name import read_suite
from stackduel.planning.time_budget import fit
from stackduel.search.modes import load_problem

OWN_BLOCKS = FEWEST_BLOCKS
MODELS = "/infer/"
# The launchers that start processes or containers themselves, and those whose stacks share a containers' network.
STARTING = frozenset({"local", "docker"})
NETWORKED = frozenset({"docker", "compose"})


def suite_of(options: RunOptions, own: OwnFile) -> Suite:
    """Return the suite that the options name, else the requests of the user's own file."""
    if options.suite or not own.requests:
        return read_suite(options.suite or "quick")
    scenarios = tuple(
        Scenario(f"{name}-{_load_name(load)}" if len(own.loads) > 1 else name, (workload,), load)
        for name, workload in own.requests.items()
        for load in own.loads
    )
    return Suite("own", "The requests of your own stacks file.", "", (), OWN_BLOCKS, scenarios, most_blocks=OWN_BLOCKS)


def adapted(suite: Suite, options: RunOptions) -> tuple[Suite, tuple[str, ...]]:
    """Return the suite with the memory, blocks, duration and model of the options, and notes; raises FieldError."""
    if options.duration_s is not None and not isinstance(suite.search, SoakSettings):
        raise FieldError(f"--duration: for suites of mode soak only, and {suite.name} is none")
    if options.memory_mib is not None:
        suite = replace(suite, memory_mib=options.memory_mib)
    if suite.search is not None:
        suite = _soaking(suite, options)
        _refuse_in_search(options, suite)
    if options.blocks is not None:
        suite = replace(suite, blocks=options.blocks, most_blocks=options.blocks, precision=None)
    if options.model is None:
        return suite, ()
    file = Path(options.model)
    note = f"Every model is the user's own {file.name}, given numbers of its declared shape."
    return asking_own(suite, file), (note,)


def _soaking(suite: Suite, options: RunOptions) -> Suite:
    """Return a soak of the duration that the user asks for, with the run's memory budget; raises FieldError."""
    if not isinstance(suite.search, SoakSettings):
        return suite
    scenarios = suite.scenarios
    if options.duration_s is not None:
        scenarios = tuple(
            replace(each, load=msgspec.structs.replace(each.load, duration_s=options.duration_s)) for each in scenarios
        )
        for scenario in scenarios:
            load = scenario.load
            if isinstance(load, OpenLoop) and load.rate_rps * options.duration_s > MAX_REQUESTS:
                raise FieldError(f"--duration: at most {MAX_REQUESTS} requests may arrive in all ({scenario.name})")
    return replace(
        suite, scenarios=scenarios, search=msgspec.structs.replace(suite.search, memory_mib=suite.memory_mib)
    )


def without_isolation(suite: Suite, options: RunOptions) -> tuple[Suite, tuple[str, ...]]:
    """Return the suite without models measured alone if the launcher starts no process, and a note on that."""
    if not suite.isolated or options.launcher in STARTING:
        return suite, ()
    note = f"No model is measured alone: --launcher {options.launcher} starts no process of its own."
    return replace(suite, isolated=False), (note,)


def fitted_to(suite: Suite, paces: Mapping[str, Pace], options: RunOptions) -> tuple[Suite, tuple[str, ...]]:
    """Return the suite that fits into the time budget, if there is one, and a note on it; raises FieldError."""
    if options.time_budget_s is None:
        return suite, ()
    try:
        fitted = fit(suite, paces, options.time_budget_s)
    except ValueError as error:
        raise FieldError(f"--time-budget: {error}") from error
    return fitted.suite, (fitted.sentence,)


def with_tolerance(suite: Suite, tolerance: float) -> Suite:
    """Return the suite with at least this tolerance for numbers: a GPU's differ from a CPU's in the last digits."""

    def allowed(workload: Workload) -> Workload:
        if workload.tolerance is None:
            return workload
        return replace(workload, tolerance=max(workload.tolerance, tolerance))

    scenarios = (replace(each, workloads=tuple(map(allowed, each.workloads))) for each in suite.scenarios)
    return replace(suite, scenarios=tuple(scenarios))


def asks_models(suite: Suite) -> bool:
    """Return whether any request asks a model: only these can use a GPU."""
    return any(workload.target.startswith(MODELS) for scenario in suite.scenarios for workload in scenario.workloads)


def refuse_grpc_over_http(options: RunOptions, stacks: Mapping[str, Stack]) -> None:
    """Raise FieldError if the gRPC driver is to load stacks that do not speak gRPC."""
    for name, stack in stacks.items():
        if options.driver == "grpc" and stack.protocol != "kserve-grpc":
            raise FieldError(
                f"--driver: grpc is for stacks of protocol kserve-grpc, and {name} speaks {stack.protocol}"
            )


def refuse_generator_without_network(options: RunOptions) -> None:
    """Raise FieldError if a generator in a container could not reach the stacks."""
    if options.generator == "container" and options.launcher not in NETWORKED:
        raise FieldError("--generator: container needs --launcher docker or compose")


def _refuse_in_search(options: RunOptions, suite: Suite) -> None:
    """Raise FieldError for options that only comparisons have: a search chooses its loads and repetitions."""
    mode = suite.search.mode if suite.search else ""
    for name, value in (("--blocks", options.blocks), ("--time-budget", options.time_budget_s)):
        if value is not None:
            raise FieldError(f"{name}: not for suites of mode {mode}, which end when they have their result")
    if isinstance(suite.search, ColdStartSettings) and options.launcher not in STARTING:
        raise FieldError(f"--launcher: mode {mode} launches stacks itself: local or docker")
    for scenario in suite.scenarios:
        reason = load_problem(suite.search, scenario) if suite.search else None
        if reason:
            raise FieldError(f"suite {suite.name}: {reason}")


def _load_name(load: Load) -> str:
    return f"{load.rate_rps:g}rps" if isinstance(load, OpenLoop) else str(load.connections)
