"""The length of a plan, and the steps that a run still lacks."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from stackduel.model.run_options import RunOptions
from stackduel.planning.estimates import total_seconds
from stackduel.planning.planner import plan_run
from stackduel.planning.run_plan import RunPlan
from tests.stackduel.makers import run, trial

OPTIONS = RunOptions(suite="quick", stacks=("flask-gunicorn", "fastapi-uvicorn"), blocks=5, launcher="docker")


def planned(options: RunOptions = OPTIONS) -> RunPlan:
    return plan_run(options, 1, cores=(0, 1))


def test_a_run_that_is_resumed_lacks_the_trials_that_it_does_not_hold() -> None:
    """All steps of a new run; one scenario less of the stack and block whose trial counts."""
    plan = planned()
    new = replace(run([]), suite=plan.suite, seed=plan.seed)
    assert plan.steps_left(new) == plan.steps
    assert plan.seconds_left(new) == pytest.approx(5 * plan.block_s)
    name = plan.suite.scenarios[0].name
    begun = replace(new, results=(trial("fastapi-uvicorn", 100, block=2, scenario=name),))
    trials = [place for step in plan.steps_left(begun) for place in step.places()]  # type: ignore[union-attr]
    assert len(trials) == 3 * 2 * 5 - 1
    assert plan.seconds_left(begun) < plan.seconds_left(new)


def test_the_time_for_repetitions_is_what_a_time_budget_leaves() -> None:
    """Without a budget it has no end; a budget leaves what its blocks do not take, and never less than nothing."""
    assert planned().spare_s == inf
    plan = planned(replace(OPTIONS, blocks=None, time_budget_s=600.0))
    assert plan.spare_s == pytest.approx(600.0 - plan.preflight_s - total_seconds(plan.steps, plan.paces))
    assert replace(plan, options=replace(plan.options, time_budget_s=1.0)).spare_s == 0.0


def test_the_length_of_searches_is_the_sum_over_stacks() -> None:
    """A search has no steps to count: each stack adds its own estimate, and a comparison has none."""
    both = planned(replace(OPTIONS, suite="soak", blocks=None))
    one = planned(replace(OPTIONS, suite="soak", blocks=None, stacks=("flask-gunicorn",)))
    assert both.search_s == pytest.approx(2 * one.search_s, rel=0.1)
    assert both.seconds_left(run([])) == both.search_s
    assert planned().search_s == 0.0


def test_the_baseline_is_that_of_the_suite() -> None:
    """Options decide it before the plan is made."""
    assert planned(replace(OPTIONS, baseline="fastapi-uvicorn")).baseline == "fastapi-uvicorn"
