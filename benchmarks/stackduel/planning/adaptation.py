"""The suite that the options name, adapted to the other options or refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import msgspec

from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.model.errors import FieldError
from stackduel.model.run_options import STARTING, RunOptions
from stackduel.model.scaling_settings import ScalingSettings
from stackduel.model.search_settings import ColdStartSettings, LossSettings, SoakSettings
from stackduel.model.stack import Registered, Stack
from stackduel.model.suite import ClosedLoop, Load, OpenLoop, Scenario, Suite, Workload
from stackduel.planning.core_division import memory_for
from stackduel.planning.estimates import Pace, preflight_seconds
from stackduel.planning.load_file import MAX_REQUESTS
from stackduel.planning.models import asking_own
from stackduel.planning.registry import variant_of
from stackduel.planning.stacks_file import OwnFile
from stackduel.planning.suites_by_name import read_suite
from stackduel.planning.thresholds_file import read_thresholds, with_thresholds
from stackduel.planning.time_budget import fit
from stackduel.search.modes import load_problem

OWN_BLOCKS = FEWEST_BLOCKS
MODELS = "/infer/"
# The launchers whose stacks share a containers' network.
NETWORKED = frozenset({"docker", "compose"})


def suite_of(options: RunOptions, own: OwnFile) -> Suite:
    """Return the suite that the options name, else the requests of the user's own file; raises FieldError.

    Without a suite and a file it is the quick one.
    """
    if options.suite or not options.stacks_file:
        suite = read_suite(options.suite or "quick")
        return _long_form(suite) if options.long else suite
    if options.long:
        raise FieldError("--long: only for suites that have a long form, such as service")
    if not own.requests:
        raise FieldError(
            f"{own.where}: requests: is missing: at least one [[requests]] table, with a name and a path, says what "
            "is measured (stackduel run SUITE measures the requests of a suite instead)"
        )
    scenarios = tuple(
        Scenario(f"{name}-{_load_name(load)}" if len(own.loads) > 1 else name, (workload,), load)
        for name, workload in own.requests.items()
        for load in own.loads
    )
    suite = Suite(
        *(own.name, "The requests of your own stacks file.", "", (), OWN_BLOCKS, scenarios),
        most_blocks=OWN_BLOCKS,
        setup=own.setup,
        database=own.database,
    )
    return suite if own.thresholds is None else with_thresholds(suite, own.thresholds)


def _long_form(suite: Suite) -> Suite:
    """Return the suite that a suite names as its long form; raises FieldError where it names none."""
    if suite.long_form is None:
        raise FieldError(f"--long: {suite.name} has no long form; service has one")
    return read_suite(suite.long_form)


def with_thresholds_of(suite: Suite, options: RunOptions) -> Suite:
    """Return the suite with the thresholds of the file that the options name, else with its own; raises FieldError."""
    return with_thresholds(suite, read_thresholds(Path(options.thresholds))) if options.thresholds else suite


def adapted(suite: Suite, options: RunOptions) -> tuple[Suite, tuple[str, ...]]:
    """Return the suite with the memory, blocks, duration and model of the options, and notes; raises FieldError."""
    if options.duration_s is not None and not isinstance(suite.search, SoakSettings):
        raise FieldError(f"--duration: for suites of mode soak only, and {suite.name} is none")
    if options.published_delays:
        suite = _as_published(suite)
    suite = replace(suite, memory_mib=options.memory_mib or memory_for(suite.memory_mib, options.cores))
    if not suite.is_planned:
        suite = _soaking(suite, options)
        _refuse_in_search(options, suite)
    if options.blocks is not None:
        suite = replace(suite, blocks=options.blocks, most_blocks=options.blocks, precision=None)
    if options.model is None:
        return suite, ()
    file = Path(options.model)
    note = f"Every model is the user's own {file.name}, given numbers of its declared shape."
    return asking_own(suite, file), (note,)


def _as_published(suite: Suite) -> Suite:
    """Return the suite with the published requests in place of those scaled down; raises FieldError."""
    if not any(scenario.published for scenario in suite.scenarios):
        raise FieldError(f"--published-delays: nothing in {suite.name} is scaled down")
    return replace(suite, scenarios=tuple(_unscaled(each) for each in suite.scenarios))


def _unscaled(scenario: Scenario) -> Scenario:
    published, load = scenario.published, scenario.load
    if published is None or not isinstance(load, ClosedLoop):
        return scenario
    return replace(
        scenario,
        workloads=(replace(scenario.workloads[0], target=published.target),),
        # The verification has just made the same request: it takes too long to be made once more as a warm-up.
        load=msgspec.structs.replace(load, requests=published.requests, warmup_requests=0),
        published=None,
    )


def _soaking(suite: Suite, options: RunOptions) -> Suite:
    """Return a soak of the duration that the user asks for, with the run's memory budget; raises FieldError."""
    if not isinstance(suite.search, SoakSettings):
        return suite
    scenarios = suite.scenarios
    if options.duration_s is not None:
        scenarios = tuple(replace(each, load=_lasting(each.load, options.duration_s)) for each in scenarios)
        for scenario in scenarios:
            load = scenario.load
            if isinstance(load, OpenLoop) and load.rate_rps * options.duration_s > MAX_REQUESTS:
                raise FieldError(f"--duration: at most {MAX_REQUESTS} requests may arrive in all ({scenario.name})")
    return replace(
        suite, scenarios=scenarios, search=msgspec.structs.replace(suite.search, memory_mib=suite.memory_mib)
    )


def _lasting(load: Load, duration_s: float) -> Load:
    if isinstance(load, ClosedLoop):
        load = msgspec.structs.replace(load, requests=None)
    return msgspec.structs.replace(load, duration_s=duration_s)


def without_isolation(suite: Suite, options: RunOptions) -> tuple[Suite, tuple[str, ...]]:
    """Return the suite without models measured alone if the launcher starts no process, and a note on that."""
    if not suite.isolated or options.launcher in STARTING:
        return suite, ()
    note = f"No model is measured alone: --launcher {options.launcher} starts no process of its own."
    return replace(suite, isolated=False), (note,)


def fitted_to(suite: Suite, paces: Mapping[str, Pace], options: RunOptions) -> tuple[Suite, tuple[str, ...]]:
    """Return the suite that fits into the time budget, if there is one, and a note on it; raises FieldError."""
    scales = isinstance(suite.search, ScalingSettings)
    if options.time_budget_s is None or not (suite.search is None or scales):
        return suite, ()
    try:
        fitted = fit(suite, paces, options.time_budget_s, preflight_seconds(paces))
    except ValueError as error:
        raise FieldError(f"--time-budget: {error}") from error
    if scales:
        return replace(fitted.suite, blocks=fitted.suite.most_blocks, precision=None), (fitted.sentence,)
    return fitted.suite, (fitted.sentence,)


def with_settings(stacks: Mapping[str, Stack], suite: Suite) -> tuple[Mapping[str, Stack], tuple[str, ...]]:
    """Return the stacks as they are started with the suite's settings, and a note on them; raises FieldError."""
    if not suite.settings:
        return stacks, ()
    ours = {name for name, stack in stacks.items() if isinstance(stack.source, Registered)}
    started = {
        name: variant_of(stack, name, dict(suite.settings)) if name in ours else stack for name, stack in stacks.items()
    }
    settings = ", ".join(f"{name}={value}" for name, value in suite.settings)
    own = [name for name in stacks if name not in ours]
    without = f" ({', '.join(own)} without: {'they are' if len(own) > 1 else 'it is'} your own)" if own else ""
    return started, (f"Every stack is started with {settings}{without}.",)


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
    if isinstance(suite.search, ColdStartSettings | LossSettings) and options.launcher not in STARTING:
        raise FieldError(f"--launcher: mode {mode} launches stacks itself: local or docker")
    if isinstance(suite.search, LossSettings):
        _refuse_where_losses_are_hidden(options, mode)
    for scenario in suite.scenarios:
        reason = load_problem(suite.search, scenario) if suite.search else None
        if reason:
            raise FieldError(f"suite {suite.name}: {reason}")


def _refuse_where_losses_are_hidden(options: RunOptions, mode: str) -> None:
    """Raise FieldError for a generator that could not tell a refused request from a lost one."""
    if options.launcher == "docker" and options.generator == "process":
        # A published port's proxy accepts connections that the server refuses, and then drops them.
        raise FieldError(f"--generator: mode {mode} with --launcher docker needs container, where refusals can be seen")


def _load_name(load: Load) -> str:
    return f"{load.rate_rps:g}rps" if isinstance(load, OpenLoop) else str(load.connections)
