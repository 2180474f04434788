"""From what the user asked to what will be measured: the suite, the stacks and their order."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.model.aa_pair import twin_of
from stackduel.model.budget import Budget, divide
from stackduel.model.errors import FieldError
from stackduel.model.plan_step import AnyStep
from stackduel.model.run_options import RunOptions
from stackduel.model.search_settings import SoakSettings
from stackduel.model.stack import Stack
from stackduel.model.suite import Suite
from stackduel.planning.adaptation import (
    agreeing,
    asks_models,
    fitted_to,
    refuse_grpc_over_http,
    refuse_what_only_compares,
    soaking,
    suite_of,
)
from stackduel.planning.device import device_of
from stackduel.planning.estimates import Pace
from stackduel.planning.models import asking_own, without_triton
from stackduel.planning.order import plan
from stackduel.planning.pace import pace_of
from stackduel.planning.registry import registered_stacks
from stackduel.planning.search_estimates import search_seconds
from stackduel.planning.selection import baseline_of, is_local_only, names_of
from stackduel.planning.shortfall import shortfall
from stackduel.planning.stacks_file import OwnFile, read_own_file
from stackduel.process.cores import can_pin, usable_cores
from stackduel_servers.models.device import agreement


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that a run needs before anything is started; ``notes`` are for the report, and ``device`` is
    what models are computed on, None where that is not this run's to say.

    ``stacks`` and ``paces`` hold the baseline's twin, too, where there is one: the same stack by another name.
    """

    suite: Suite
    stacks: Mapping[str, Stack]
    baseline: str
    seed: int
    budget: Budget
    steps: tuple[AnyStep, ...]
    paces: Mapping[str, Pace]
    secrets: tuple[str, ...]
    notes: tuple[str, ...]
    device: str | None = None

    @property
    def search_s(self) -> float:
        """About how long the searches will take, where the suite has any."""
        settings = self.suite.search
        if settings is None:
            return 0.0
        return sum(
            search_seconds(settings, scenario, pace)
            for pace in self.paces.values()
            for scenario in self.suite.scenarios
        )


def prepare(
    options: RunOptions, seed: int, running: frozenset[str] | None = None, suite: Suite | None = None
) -> Prepared:
    """Resolve the options; ``running`` names the stacks that an attached project has up.

    A ``suite`` stands in the place of the one that the options name. Raises FieldError, naming the field
    and what it may be.
    """
    own = read_own_file(Path(options.stacks_file)) if options.stacks_file else OwnFile({}, {}, (), ())
    known = {**registered_stacks(), **own.stacks}
    suite = suite or suite_of(options, own)
    if options.duration_s is not None and not isinstance(suite.search, SoakSettings):
        raise FieldError(f"--duration: for suites of mode soak only, and {suite.name} is none")
    if options.memory_mib is not None:
        suite = replace(suite, memory_mib=options.memory_mib)
    if suite.search is not None:
        suite = soaking(suite, options)
        refuse_what_only_compares(options, suite)
    notes: list[str] = []
    if options.model is not None:
        suite = asking_own(suite, Path(options.model))
        notes.append(f"Every model is the user's own {Path(options.model).name}, given numbers of its declared shape.")
    names = names_of(options, suite, own, known, running, notes)
    baseline = options.baseline or baseline_of(suite, names, known)
    if baseline not in names:
        raise FieldError(f"--baseline: {baseline} is not among the stacks of this run: {', '.join(names)}")
    stacks = {name: known[name] for name in names}
    refuse_grpc_over_http(options, stacks)
    suite = replace(suite, stacks=names, baseline=baseline)
    if suite.isolated and options.launcher not in {"local", "docker"}:
        suite = replace(suite, isolated=False)
        notes.append(f"No model is measured alone: --launcher {options.launcher} starts no process of its own.")
    if options.blocks is not None:
        suite = replace(suite, blocks=options.blocks, most_blocks=options.blocks, precision=None)
    budget = divide(usable_cores(), suite.memory_mib, shared=suite.shared_cores)
    notes += [budget.note] if budget.note else []
    if not can_pin() and options.launcher == "local":
        notes.append(
            f"{sys.platform} cannot bind processes to cores: servers and generator disturb each other. "
            "For a real comparison use --launcher docker."
        )
    if suite.search is None and len(stacks) > 1 and (options.time_budget_s or suite.blocks >= FEWEST_BLOCKS):
        stacks[twin_of(baseline)] = stacks[baseline]
    paces = {name: pace_of(stack, options, len(budget.server)) for name, stack in stacks.items()}
    if options.time_budget_s is not None:
        suite = fitted_to(suite, paces, options.time_budget_s, notes)
    chosen = device_of(options)
    device = chosen.device if chosen else None
    notes += [chosen.note] if chosen and chosen.note and asks_models(suite) else []
    suite = agreeing(suite, agreement(device))
    steps = plan(suite, tuple(stacks), seed)
    return Prepared(suite, stacks, baseline, seed, budget, steps, paces, own.secrets, tuple(notes), device)


def prepare_all(options: RunOptions, running: frozenset[str] | None = None) -> Prepared:
    """As ``prepare``, but without a choice of stacks all that there are and that can run here; for verification.

    One block of each, and so without a twin.
    """
    options = replace(options, blocks=1)
    if options.stacks is not None:
        return prepare(options, 0, running)
    own = read_own_file(Path(options.stacks_file)).stacks if options.stacks_file else {}
    known = own or registered_stacks()
    names = tuple(
        name
        for name, stack in known.items()
        if (running is None or name in running)
        and (options.launcher != "local" or shortfall(stack) is None)
        and (options.launcher != "docker" or not is_local_only(stack))
    )
    names, _ = without_triton(names, known, options.launcher, named=False)
    return prepare(replace(options, stacks=names), 0, running)
