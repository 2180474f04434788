"""The suite of ``stackduel profile``: one stack under load, with the profiler and without it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from stackduel.analysis.ceilings import CPU
from stackduel.model.aa_pair import is_twin
from stackduel.model.errors import FieldError
from stackduel.model.findings import SearchResult
from stackduel.model.profile_settings import WINDOWS, ProfileSettings
from stackduel.model.run import Run
from stackduel.model.run_options import RunOptions
from stackduel.model.search_results.profile import Profile
from stackduel.model.stack import Registered, Stack, Url
from stackduel.model.suite import ClosedLoop, Scenario, Suite
from stackduel.planning.ablation_requests import (
    CONNECTIONS,
    asked_requests,
    requests_of_suite,
    usual_requests,
    with_window,
)
from stackduel.planning.registry import registered_stacks, stack_named
from stackduel.planning.stacks_file import OwnFile, read_own_file

SUITE = "profile"
USUAL = "json"
MUSIC_SUITE = "service"
# What a run profiles after measuring, for each stack and scenario that the CPU limits.
AFTER_RUN = ProfileSettings(seconds=10.0)


@dataclass(frozen=True, slots=True)
class ProfileRequest:
    """The stack that is profiled, and what the user chose to send to it: a path, a suite, or what is usual for it."""

    stack: str
    path: str | None = None
    suite: str | None = None


def profile_suite(options: RunOptions, settings: ProfileSettings, wanted: ProfileRequest) -> Suite:
    """Return the suite that profiles a stack, a scenario for each request; raises FieldError."""
    own = read_own_file(Path(options.stacks_file)) if options.stacks_file else None
    stack = stack_named(wanted.stack, {**registered_stacks(), **(own.stacks if own else {})})
    refuse_unprofiled(stack, options)
    if settings.memory and options.launcher != "local":
        raise FieldError(f"--memory: needs --launcher local: in no container of {options.launcher} is memray")
    scenarios = tuple(profiled(each, settings) for each in _requests(wanted, own, stack))
    about = f"Where the time of {wanted.stack} goes under load, and what sampling costs it."
    suite = Suite(SUITE, about, wanted.stack, (wanted.stack,), 1, scenarios, most_blocks=1, search=settings)
    uses_own = own is not None and wanted.stack in own.stacks and wanted.path is None and wanted.suite is None
    return replace(suite, setup=own.setup, database=own.database) if own is not None and uses_own else suite


def refuse_unprofiled(stack: Stack, options: RunOptions) -> None:
    """Raise FieldError for a stack whose processes py-spy cannot read, as far as that is known before it runs."""
    if options.launcher == "url" or isinstance(stack.source, Url):
        raise FieldError(
            f"STACK: {stack.name} runs elsewhere: only what stackduel starts, or a container of the compose project, "
            "can be profiled"
        )
    if isinstance(stack.source, Registered) and stack.source.entry.server == "tritonserver":
        raise FieldError(f"STACK: {stack.name} is no Python server: py-spy reads CPython alone")


def refuse_profile(options: RunOptions, suite: Suite) -> None:
    """Raise FieldError if a run is to profile what it measures, and is no comparison of what can be profiled."""
    if not options.profile:
        return
    if suite.search is not None:
        raise FieldError(f"--profile: for comparisons only, and {suite.name} is none; stackduel profile takes --suite")
    if options.launcher == "url":
        raise FieldError("--profile: servers at a URL run elsewhere: nobody here sees their processes")


def bound_by_cpu(run: Run, stacks: Mapping[str, Stack]) -> tuple[tuple[str, str], ...]:
    """Return the stacks and scenarios that the CPU limits, as far as they can be profiled and have not been."""
    done = {(each.stack, each.scenario) for each in run.findings if _is_whole(each.found)}
    return tuple(
        (each.stack, each.scenario)
        for each in run.limits
        if each.binds == CPU
        and each.stack in stacks
        and not is_twin(each.stack)
        and stacks[each.stack].protocol == "stackduel"
        and (each.stack, each.scenario) not in done
    )


def _is_whole(found: SearchResult) -> bool:
    return isinstance(found, Profile) and found.windows >= WINDOWS


def profiled(scenario: Scenario, settings: ProfileSettings) -> Scenario:
    """Return the scenario with a window of the profile's length: as many connections as it has, always busy."""
    connections = scenario.load.connections if isinstance(scenario.load, ClosedLoop) else CONNECTIONS
    busy = replace(scenario, load=ClosedLoop(connections, duration_s=settings.window_s), sla=(), victim=None)
    return with_window(busy, settings.window_s)


def _requests(wanted: ProfileRequest, own: OwnFile | None, stack: Stack) -> tuple[Scenario, ...]:
    asked = asked_requests(wanted.path, wanted.suite)
    if asked is not None:
        return asked
    if own is not None and wanted.stack in own.stacks:
        return tuple(_of_own_file(own))
    if isinstance(stack.source, Registered) and stack.source.entry.contract == "music":
        return requests_of_suite(MUSIC_SUITE)[:1]
    return tuple(each for each in usual_requests() if each.name == USUAL)


def _of_own_file(own: OwnFile) -> Iterator[Scenario]:
    if not own.requests:
        raise FieldError(f"{own.where}: [[requests]]: none is there; name one, or ask for a --path")
    for name, workload in own.requests.items():
        loads = [each for each in own.loads if isinstance(each, ClosedLoop)]
        connections = max((each.connections for each in loads), default=CONNECTIONS)
        yield Scenario(name, (workload,), ClosedLoop(connections, duration_s=1.0))
