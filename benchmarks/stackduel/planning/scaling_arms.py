"""The arms of a scaling: each selected stack on one core, on two, and so on as far as the host goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import msgspec

from stackduel.model.budget import Budget
from stackduel.model.counted import counted
from stackduel.model.errors import FieldError
from stackduel.model.run_options import STARTING, RunOptions
from stackduel.model.scaling_settings import ScalingArm, ScalingSettings
from stackduel.model.stack import Stack
from stackduel.model.suite import ClosedLoop, Scenario, Suite
from stackduel.planning.core_division import chosen_division, memory_for
from stackduel.planning.selection import Selection

# One core of the generator keeps twice the rate that a stack in Python serves on so many (docs/scaling.md).
SERVED_PER_GENERATOR = 3
# With fewer for each core some would idle while others have two to answer.
CONNECTIONS_PER_CORE = 8


def scaled(
    suite: Suite, selection: Selection, options: RunOptions, usable: tuple[int, ...], known: Mapping[str, Stack]
) -> tuple[Suite, Selection]:
    """Return the suite of a scaling with its arms as its stacks, and these stacks; any other suite as it is.

    Raises FieldError for a launcher that gives no stack other cores, and for more cores than there are.
    """
    if not isinstance(suite.search, ScalingSettings):
        return suite, selection
    if options.launcher not in STARTING:
        raise FieldError(f"--launcher: {options.launcher} starts no stack on other cores: local or docker")
    shared = suite.shared_cores or bool(options.shared_cores)
    most = options.cores or most_measured(len(usable), shared=shared)
    budget = chosen_division(replace(options, cores=most), usable, shared=shared)
    settings = ScalingSettings(tuple(_arms(selection.stacks, budget)))
    taken = next((arm.name for arm in settings.arms if arm.name in known), None)
    if taken is not None:
        raise FieldError(f"--stacks: {taken} is the name of an arm of this suite, too; give that stack another one")
    # The user's own limit, and that of the user's own number of cores, are in the suite already.
    given = options.memory_mib is not None or options.cores is not None
    suite = replace(
        suite,
        search=settings,
        scenarios=tuple(_with_connections(each, most) for each in suite.scenarios),
        memory_mib=suite.memory_mib if given else memory_for(suite.memory_mib, most),
    )
    stacks = {arm.name: replace(selection.stacks[arm.stack], name=arm.name, cores=arm.cores) for arm in settings.arms}
    return suite, replace(selection, stacks=stacks, baseline=settings.arms_of(selection.baseline)[0].name)


def _arms(stacks: Iterable[str], budget: Budget) -> Iterator[ScalingArm]:
    for stack in stacks:
        for cores in core_counts(len(budget.server)):
            name = f"{stack}.{counted(cores, 'core').replace(' ', '-')}"
            yield ScalingArm(name, stack, cores, shared=bool({*budget.server[:cores]} & {*budget.generator}))


def core_counts(most: int) -> tuple[int, ...]:
    """Return the numbers of cores that are measured: 1, 2, 4 and so on, and the most."""
    return tuple(dict.fromkeys((*_doublings(most), most)))


def most_measured(usable: int, *, shared: bool) -> int:
    """Return the most cores that a stack is measured on: what leaves the generator enough, or all if it shares them."""
    if shared:
        return usable
    for most in range(usable - 1, 1, -1):
        left = usable - most
        # The last one is the downstream's, and the generator's, too, where no other is left.
        if max(1, left - 1) * SERVED_PER_GENERATOR >= most:
            return most
    return 1


def _doublings(most: int) -> Iterator[int]:
    cores = 1
    while cores <= most:
        yield cores
        cores *= 2


def _with_connections(scenario: Scenario, most: int) -> Scenario:
    """Return a scenario whose clients keep the largest arm busy; all arms have the same load."""
    load = scenario.load
    if not isinstance(load, ClosedLoop) or load.connections >= CONNECTIONS_PER_CORE * most:
        return scenario
    return replace(scenario, load=msgspec.structs.replace(load, connections=CONNECTIONS_PER_CORE * most))
