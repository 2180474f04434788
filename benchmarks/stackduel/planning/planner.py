"""From what the user asked for to a RunPlan: the suite, the stacks, their cores and their order."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.model.aa_pair import twin_of
from stackduel.model.budget import Budget
from stackduel.model.interpreter_name import ChosenInterpreter
from stackduel.model.placeholders import uses_any
from stackduel.model.run_options import RunOptions
from stackduel.model.scaling_settings import ScalingSettings
from stackduel.model.stack import Command, Stack
from stackduel.model.suite import Suite
from stackduel.planning.ablation_arms import arm_stacks
from stackduel.planning.adaptation import (
    adapted,
    fitted_to,
    refuse_generator_without_network,
    refuse_grpc_over_http,
    suite_of,
    with_settings,
    with_thresholds_of,
    with_tolerance,
    without_isolation,
)
from stackduel.planning.command_lookup import MEND, is_ours
from stackduel.planning.command_places import with_cores
from stackduel.planning.companions_file import companion_notes, refuse_unreachable
from stackduel.planning.core_division import chosen_division, unpinned_note
from stackduel.planning.database_file import database_notes, refuse_database, with_needed_database
from stackduel.planning.device import device_for
from stackduel.planning.interpreter_stacks import on_interpreters, refuse_unchoosable, renamed
from stackduel.planning.launcher_choice import refuse_misfits, with_launcher
from stackduel.planning.models import without_triton
from stackduel.planning.open_files import refuse_too_few_files
from stackduel.planning.order import interleaved
from stackduel.planning.own_stack import resetting
from stackduel.planning.pace import pace_of
from stackduel.planning.pillow_builds import pillow_notes
from stackduel.planning.plan_secrets import secrets_of
from stackduel.planning.prices_file import with_prices
from stackduel.planning.profile_suite import refuse_profile
from stackduel.planning.proxied_stacks import behind_proxies, proxy_notes, refuse_unproxied, with_duel_behind
from stackduel.planning.registry import registered_stacks, variant_stacks
from stackduel.planning.run_plan import RunPlan
from stackduel.planning.scaling_arms import scaled
from stackduel.planning.selection import is_local_only, select
from stackduel.planning.server_at_url import at_url
from stackduel.planning.shortfall import refuse_without_packages, shortfall
from stackduel.planning.stacks_file import OwnFile, read_own_file
from stackduel.planning.stream_levels import with_stream_levels
from stackduel.planning.stream_rules import refuse_streams_of_other_drivers
from stackduel.planning.values_file import refuse_cold_values, with_rows_drawn
from stackduel.process.cores import usable_cores
from stackduel.process.open_files import most_open_files
from stackduel_servers.models.device import agreement


def plan_run(
    options: RunOptions,
    seed: int,
    running: frozenset[str] | None = None,
    suite: Suite | None = None,
    cores: tuple[int, ...] | None = None,
    own: OwnFile | None = None,
    interpreters: Sequence[ChosenInterpreter] = (),
) -> RunPlan:
    """Plan a run; ``running`` names the stacks that an attached project has up.

    ``suite`` replaces the one that the options name, ``own`` the content of the stacks file that they name, ``cores``
    those that this process may use. Each stack is measured on each of the ``interpreters``. Raises FieldError that
    names the option or field and its bounds.
    """
    options, own = at_url(options, own or _own_file(options))
    options = with_launcher(options, own.stacks)
    refuse_generator_without_network(options)
    refuse_unchoosable(options)
    refuse_unproxied(options)
    known = {**registered_stacks(), **own.stacks}
    suite, model_notes = adapted(suite or suite_of(options, own), options)
    known |= {**variant_stacks(suite, known), **arm_stacks(suite, known)}
    suite = with_prices(with_thresholds_of(suite, options), options.price, own.prices)
    suite = with_stream_levels(suite, options.slo)
    selection = behind_proxies(select(options, suite, own, known, running), options)
    selection = on_interpreters(selection, interpreters)
    suite = renamed(with_duel_behind(suite, options), interpreters)
    usable = cores or usable_cores()
    suite, selection = scaled(suite, selection, options, usable, known)
    refuse_grpc_over_http(options, selection.stacks)
    refuse_streams_of_other_drivers(options, suite)
    refuse_misfits(options, selection.stacks)
    started, settings_notes = with_settings(selection.stacks, suite)
    build_notes = pillow_notes(started.values(), options.launcher)
    if options.launcher == "local":
        refuse_without_packages(selection.stacks.values())
    refuse_profile(options, suite)
    refuse_cold_values(suite)
    refuse_unreachable(selection.stacks.values(), options.launcher)
    suite = with_needed_database(suite, selection.stacks.values())
    refuse_database(options, suite)
    suite = replace(suite, stacks=tuple(selection.stacks), baseline=selection.baseline)
    suite, isolation_notes = without_isolation(suite, options)
    budget, budget_notes = _budget(suite, options, usable)
    refuse_too_few_files(suite, len(budget.generator), options, most_open_files())
    stacks = _with_twin(with_cores(_prepared(started, suite, own), len(budget.server)), suite, options)
    paces = {name: pace_of(stack, options, stack.cores or len(budget.server)) for name, stack in stacks.items()}
    suite, time_notes = fitted_to(suite, paces, options)
    device, device_notes = device_for(options, suite)
    suite = with_tolerance(suite, agreement(device))
    suite, values_notes = with_rows_drawn(suite, seed)
    steps = interleaved(suite, stacks, seed)
    notes = (
        *model_notes,
        *selection.notes,
        *_programs_of_ours(selection.stacks),
        *_unverified(selection.stacks),
        *companion_notes(selection.stacks),
        *proxy_notes(selection.stacks),
        *database_notes(options, suite, budget),
        *isolation_notes,
        *settings_notes,
        *build_notes,
        *budget_notes,
        *time_notes,
        *device_notes,
        *values_notes,
    )
    return RunPlan(
        options, seed, suite, stacks, budget, paces, steps, device, notes, _secrets(own, suite, stacks, options)
    )


def plan_verification(options: RunOptions, running: frozenset[str] | None = None) -> RunPlan:
    """Plan one block without a twin, of all stacks that can run here unless the options name some."""
    own = _own_file(options)
    # What keeps a contract needs no requests; the plan has those of a suite, which nobody sends.
    keeps_contract = own.stacks and not own.requests and all(stack.contract for stack in own.stacks.values())
    options = replace(options, blocks=1, suite=options.suite or ("quick" if keeps_contract else None))
    if options.stacks is not None:
        return plan_run(options, 0, running)
    known = own.stacks or registered_stacks()
    names = tuple(
        name
        for name, stack in known.items()
        if (running is None or name in running)
        and (options.launcher != "local" or shortfall(stack) is None)
        and (options.launcher != "docker" or not is_local_only(stack))
    )
    names, _ = without_triton(names, known, options.launcher, named=False)
    return plan_run(replace(options, stacks=names), 0, running)


def _own_file(options: RunOptions) -> OwnFile:
    return read_own_file(Path(options.stacks_file)) if options.stacks_file else OwnFile({}, {}, (), ())


def _secrets(own: OwnFile, suite: Suite, stacks: Mapping[str, Stack], options: RunOptions) -> tuple[str, ...]:
    """Return the texts that no result may show; only processes of this machine inherit the user's environment."""
    inherited = os.environ if options.launcher == "local" else {}
    return tuple(sorted({*own.secrets, *secrets_of(suite, stacks.values(), inherited)}))


def _budget(suite: Suite, options: RunOptions, cores: tuple[int, ...]) -> tuple[Budget, tuple[str, ...]]:
    """Return who gets which cores, and what a reader must know of it."""
    if isinstance(suite.search, ScalingSettings):
        options = replace(options, cores=suite.search.counts[-1])
    budget = chosen_division(options, cores, suite.memory_mib, shared=suite.shared_cores)
    return budget, tuple(filter(None, (budget.note, unpinned_note(options))))


def _prepared(stacks: Mapping[str, Stack], suite: Suite, own: OwnFile) -> Mapping[str, Stack]:
    """Return the stacks with what they take from the file and the suite: the reset, and the request to try first."""
    asked = (workload for scenario in suite.scenarios for workload in scenario.workloads)
    # Before the set-up nothing has a value: only a request that needs none can show that a server is ready.
    names = {name for each in suite.setup or () for name in each.names}
    gets = (each for each in asked if each.method == "GET" and each.model is None and each.values is None)
    plain = (each for each in gets if not uses_any(each, names))
    first = next(plain, None)
    return {
        name: resetting(replace(stack, fallback=first if stack.assumed else None), own.reset, own.folder)
        for name, stack in stacks.items()
    }


def _programs_of_ours(stacks: Mapping[str, Stack]) -> tuple[str, ...]:
    """Return a note on the user's commands that happen to be found in the environment of stackduel itself."""
    commands = {name: stack.source for name, stack in stacks.items() if isinstance(stack.source, Command)}
    ours = [name for name, command in commands.items() if is_ours(command, os.environ)]
    if not ours:
        return ()
    return (f"{', '.join(ours)}: the command was found in stackduel's own environment; {MEND}.",)


def _unverified(stacks: Mapping[str, Stack]) -> tuple[str, ...]:
    """Return a note on the stacks whose certificates nobody checks."""
    names = [name for name, stack in stacks.items() if not stack.trust.verified]
    return (f"{', '.join(names)}: certificates are not checked (tls_verify = false).",) if names else ()


def _with_twin(stacks: Mapping[str, Stack], suite: Suite, options: RunOptions) -> Mapping[str, Stack]:
    """Return the stacks with the baseline once more, if the comparison has blocks enough for an A/A test."""
    compares = suite.has_twin and len(stacks) > 1
    if compares and (options.time_budget_s or suite.blocks >= FEWEST_BLOCKS):
        return {**stacks, twin_of(suite.baseline): stacks[suite.baseline]}
    return stacks
