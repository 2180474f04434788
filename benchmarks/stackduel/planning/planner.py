"""From what the user asked for to a RunPlan: the suite, the stacks, their cores and their order."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.model.aa_pair import twin_of
from stackduel.model.budget import Budget, divide
from stackduel.model.run_options import RunOptions
from stackduel.model.stack import Stack
from stackduel.model.suite import Suite
from stackduel.planning.adaptation import (
    adapted,
    fitted_to,
    refuse_generator_without_network,
    refuse_grpc_over_http,
    suite_of,
    with_tolerance,
    without_isolation,
)
from stackduel.planning.device import device_for
from stackduel.planning.models import without_triton
from stackduel.planning.order import interleaved
from stackduel.planning.pace import pace_of
from stackduel.planning.registry import registered_stacks
from stackduel.planning.run_plan import RunPlan
from stackduel.planning.selection import is_local_only, select
from stackduel.planning.shortfall import shortfall
from stackduel.planning.stacks_file import OwnFile, read_own_file
from stackduel.process.cores import can_pin, usable_cores
from stackduel_servers.models.device import agreement


def plan_run(
    options: RunOptions,
    seed: int,
    running: frozenset[str] | None = None,
    suite: Suite | None = None,
    cores: tuple[int, ...] | None = None,
) -> RunPlan:
    """Plan a run; ``running`` names the stacks that an attached project has up.

    ``suite`` replaces the one that the options name, ``cores`` those that this process may use. Raises FieldError
    that names the option or field and its bounds.
    """
    refuse_generator_without_network(options)
    own = _own_file(options)
    known = {**registered_stacks(), **own.stacks}
    suite, model_notes = adapted(suite or suite_of(options, own), options)
    selection = select(options, suite, own, known, running)
    refuse_grpc_over_http(options, selection.stacks)
    suite = replace(suite, stacks=tuple(selection.stacks), baseline=selection.baseline)
    suite, isolation_notes = without_isolation(suite, options)
    budget, budget_notes = _budget(suite, options, cores or usable_cores())
    stacks = _with_twin(selection.stacks, suite, options)
    paces = {name: pace_of(stack, options, len(budget.server)) for name, stack in stacks.items()}
    suite, time_notes = fitted_to(suite, paces, options)
    device, device_notes = device_for(options, suite)
    suite = with_tolerance(suite, agreement(device))
    steps = interleaved(suite, stacks, seed)
    notes = (*model_notes, *selection.notes, *isolation_notes, *budget_notes, *time_notes, *device_notes)
    return RunPlan(options, seed, suite, stacks, budget, paces, steps, device, notes, own.secrets)


def plan_verification(options: RunOptions, running: frozenset[str] | None = None) -> RunPlan:
    """Plan one block without a twin, of all stacks that can run here unless the options name some."""
    options = replace(options, blocks=1)
    if options.stacks is not None:
        return plan_run(options, 0, running)
    known = _own_file(options).stacks or registered_stacks()
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


def _budget(suite: Suite, options: RunOptions, cores: tuple[int, ...]) -> tuple[Budget, tuple[str, ...]]:
    """Return who gets which cores, and what a reader must know of it."""
    budget = divide(cores, suite.memory_mib, shared=suite.shared_cores)
    notes = (budget.note,) if budget.note else ()
    if can_pin() or options.launcher != "local":
        return budget, notes
    unpinned = (
        f"{sys.platform} cannot bind processes to cores: servers and generator disturb each other. "
        "For a real comparison use --launcher docker."
    )
    return budget, (*notes, unpinned)


def _with_twin(stacks: Mapping[str, Stack], suite: Suite, options: RunOptions) -> Mapping[str, Stack]:
    """Return the stacks with the baseline once more, if the comparison has blocks enough for an A/A test."""
    compares = suite.search is None and len(stacks) > 1
    if compares and (options.time_budget_s or suite.blocks >= FEWEST_BLOCKS):
        return {**stacks, twin_of(suite.baseline): stacks[suite.baseline]}
    return stacks
