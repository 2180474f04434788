"""The arms of a scaling: which numbers of cores a host has room for, and what each arm is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.launch.docker.container_spec import Specs
from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.scaling_settings import ScalingSettings
from stackduel.model.stack import Registered
from stackduel.planning.planner import plan_run
from stackduel.planning.run_plan import RunPlan
from stackduel.planning.scaling_arms import core_counts, most_measured

OPTIONS = RunOptions(suite="scaling", stacks=("flask-gthread", "fastapi-uvicorn"), launcher="docker")


def planned(cores: int, options: RunOptions = OPTIONS) -> RunPlan:
    return plan_run(options, 1, cores=tuple(range(cores)))


def arms_of(plan: RunPlan) -> ScalingSettings:
    assert isinstance(plan.suite.search, ScalingSettings)
    return plan.suite.search


@pytest.mark.parametrize(
    ("usable", "shared", "counts"),
    [
        (1, False, (1,)),
        (2, False, (1,)),
        (2, True, (1, 2)),
        (4, False, (1, 2, 3)),
        (8, False, (1, 2, 4, 5)),
        (16, False, (1, 2, 4, 8, 11)),
        (64, False, (1, 2, 4, 8, 16, 32, 47)),
        (8, True, (1, 2, 4, 8)),
    ],
)
def test_a_host_is_measured_as_far_as_it_leaves_the_generator_enough(
    usable: int, shared: bool, counts: tuple[int, ...]
) -> None:
    """Doublings and the most: a core of the generator for every three of the server, or all where they are shared."""
    assert core_counts(most_measured(usable, shared=shared)) == counts


def test_each_stack_has_an_arm_for_each_number_of_cores() -> None:
    """In every block each arm stands once; the baseline is the baseline's arm on one core."""
    plan = planned(8)
    assert arms_of(plan).counts_text == "1, 2, 4 and 5 cores"
    assert plan.suite.stacks[:5] == (
        *("flask-gthread.1-core", "flask-gthread.2-cores", "flask-gthread.4-cores", "flask-gthread.5-cores"),
        "fastapi-uvicorn.1-core",
    )
    assert plan.baseline == "flask-gthread.1-core"
    assert len(plan.steps) == 8 * plan.suite.blocks
    assert (len(plan.budget.server), plan.budget.memory_mib) == (5, 5 * 1024)
    assert plan.checked == ("flask-gthread.5-cores", "fastapi-uvicorn.5-cores")
    assert not any(arm.shared for arm in arms_of(plan).arms)


def test_an_arm_has_the_first_of_the_server_s_cores_and_workers_with_them() -> None:
    """In a container it is confined to them, and counts its workers by them."""
    plan = planned(8)
    stack = plan.stacks["fastapi-uvicorn.4-cores"]
    assert isinstance(stack.source, Registered)
    spec = Specs(plan.budget, None, None).registered(stack, stack.source.entry, "image", {})
    assert (spec.cores, spec.env["CPUS"]) == ((0, 1, 2, 3), "4")
    assert stack.facts(4).worker_count == 4


def test_the_user_s_number_of_cores_is_the_most() -> None:
    """It is measured, too, where it is no doubling; the generator has what it leaves."""
    plan = planned(16, replace(OPTIONS, cores=6))
    assert arms_of(plan).counts == (1, 2, 4, 6)
    assert (len(plan.budget.server), plan.budget.memory_mib) == (6, 6 * 1024)


def test_cores_that_are_shared_are_marked() -> None:
    """On two cores the larger arm has the generator's, too."""
    plan = planned(2, replace(OPTIONS, shared_cores=True))
    assert [arm.shared for arm in arms_of(plan).arms] == [False, True] * 2


def test_all_arms_have_connections_for_the_largest() -> None:
    """Eight for each core, where the suite's are fewer."""
    assert planned(8).suite.scenarios[0].load.connections == 64
    assert planned(64).suite.scenarios[0].load.connections == 8 * 47


def test_a_time_budget_sets_the_blocks() -> None:
    """There is no pilot: all blocks that the time holds are measured."""
    suite = planned(8, replace(OPTIONS, time_budget_s=1800)).suite
    assert (suite.blocks, suite.precision) == (suite.most_blocks, None)
    assert suite.blocks > 5


@pytest.mark.parametrize("launcher", ["url", "compose"])
def test_stacks_that_run_already_are_refused(launcher: str) -> None:
    """They cannot be started on other cores."""
    options = replace(OPTIONS, launcher=launcher)  # type: ignore[arg-type]
    running = frozenset({"flask-gthread", "fastapi-uvicorn"})
    with pytest.raises(FieldError, match=f"--launcher: {launcher}|url"):
        plan_run(options, 1, running, cores=(0, 1))
