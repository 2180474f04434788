"""The suite that the options name, adapted to the other options, or refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import msgspec

from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.search_settings import ColdStartSettings, SoakSettings
from stackduel.model.stack import Stack
from stackduel.model.suite import Load, OpenLoop, Scenario, Suite, Workload
from stackduel.planning.estimates import Pace
from stackduel.planning.stacks_file import OwnFile
from stackduel.planning.suite_file import MAX_REQUESTS
from stackduel.planning.suites_by_name import read_suite
from stackduel.planning.time_budget import fit
from stackduel.search.modes import unfit

OWN_BLOCKS = FEWEST_BLOCKS
MODELS = "/infer/"


def suite_of(options: RunOptions, own: OwnFile) -> Suite:
    """The suite that is named, else the user's own requests."""
    if options.suite or not own.requests:
        return read_suite(options.suite or "quick")
    scenarios = tuple(
        Scenario(f"{name}-{_told_apart(load)}" if len(own.loads) > 1 else name, (workload,), load)
        for name, workload in own.requests.items()
        for load in own.loads
    )
    return Suite("own", "The requests of your own stacks file.", "", (), OWN_BLOCKS, scenarios, most_blocks=OWN_BLOCKS)


def soaking(suite: Suite, options: RunOptions) -> Suite:
    """A soak for as long as the user asks, with the memory budget of the run; raises FieldError."""
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


def fitted_to(suite: Suite, paces: Mapping[str, Pace], budget_s: float, notes: list[str]) -> Suite:
    """The suite that takes so long and no longer; raises FieldError where none can."""
    try:
        fitted = fit(suite, paces, budget_s)
    except ValueError as error:
        raise FieldError(f"--time-budget: {error}") from error
    notes.append(fitted.sentence)
    return fitted.suite


def agreeing(suite: Suite, tolerance: float) -> Suite:
    """The suite with numbers that may differ by at least so much: a GPU's are not the CPU's to the last digit."""

    def allowed(workload: Workload) -> Workload:
        if workload.tolerance is None:
            return workload
        return replace(workload, tolerance=max(workload.tolerance, tolerance))

    scenarios = (replace(each, workloads=tuple(map(allowed, each.workloads))) for each in suite.scenarios)
    return replace(suite, scenarios=tuple(scenarios))


def asks_models(suite: Suite) -> bool:
    """Whether any request is one to a model: no other is any matter of a GPU's."""
    return any(workload.target.startswith(MODELS) for scenario in suite.scenarios for workload in scenario.workloads)


def refuse_grpc_over_http(options: RunOptions, stacks: Mapping[str, Stack]) -> None:
    """The gRPC driver can ask no other stacks; for those that speak it it is chosen anyway. Raises FieldError."""
    for name, stack in stacks.items():
        if options.driver == "grpc" and stack.protocol != "kserve-grpc":
            raise FieldError(
                f"--driver: grpc is for stacks of protocol kserve-grpc, and {name} speaks {stack.protocol}"
            )


def refuse_what_only_compares(options: RunOptions, suite: Suite) -> None:
    """A search chooses its loads and how often it repeats them; raises FieldError."""
    mode = suite.search.mode if suite.search else ""
    for name, value in (("--blocks", options.blocks), ("--time-budget", options.time_budget_s)):
        if value is not None:
            raise FieldError(f"{name}: not for suites of mode {mode}, which end when they have found what they seek")
    if isinstance(suite.search, ColdStartSettings) and options.launcher not in {"local", "docker"}:
        raise FieldError(f"--launcher: mode {mode} launches stacks itself: local or docker")
    for scenario in suite.scenarios:
        reason = unfit(suite.search, scenario) if suite.search else None
        if reason:
            raise FieldError(f"suite {suite.name}: {reason}")


def _told_apart(load: Load) -> str:
    return f"{load.rate_rps:g}rps" if isinstance(load, OpenLoop) else str(load.connections)
