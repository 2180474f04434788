"""The differences in how two runs were measured, each by its name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from stackduel.analysis.history.environment_changes import differences, facts_of, unlike
from stackduel.model.budget import Budget
from stackduel.model.environment import Environment
from stackduel.model.interpreter_facts import InterpreterFacts
from stackduel.model.run import Run
from stackduel.model.run_options import RunOptions
from stackduel.model.stack_facts import StackFacts
from stackduel.model.suite import Workload
from tests.stackduel.analysis.history.made import NEW, OLD, simulated
from tests.stackduel.makers import WAITING

RUN = replace(simulated(1, run_id=OLD), options=RunOptions(seed=3))


def test_a_run_is_like_itself() -> None:
    """The time it was started at is no difference, nor is what was noted."""
    assert differences(RUN, replace(RUN, run_id=NEW, environment=replace(RUN.environment, notes=("Another.",)))) == ()


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        ({"processor": "Another CPU"}, "CPU model: A CPU -> Another CPU"),
        ({"cores": 4}, "cores: unknown -> 4"),
        ({"python": "CPython 3.12.1"}, "stackduel's own Python: CPython 3.11.7 -> CPython 3.12.1"),
        ({"libraries": {"flask": "3.1.0"}}, "libraries uvicorn: 0.30.0 -> unknown"),
        ({"system": "Linux 6.1"}, "system and kernel: unknown -> Linux 6.1"),
        ({"launch": {"images": {"fast": "sha256:ab"}}}, "launch images fast: unknown -> sha256:ab"),
        ({"budget": Budget((0, 1), (1,), (1,))}, "budget server: 0 -> 0 1"),
    ],
)
def test_every_fact_of_the_environment_is_compared(other: dict[str, Any], difference: str) -> None:
    """Machine, kernel, Python, libraries, image digests, budget."""
    assert differences(RUN, replace(RUN, environment=replace(RUN.environment, **other))) == (difference,)


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        (replace(RUN, seed=8), "seed: 7 -> 8"),
        (replace(RUN, suite=RUN.suite.with_blocks(9)), "blocks: 6 -> 9"),
        (replace(RUN, baseline="fast"), "baseline: slow -> fast"),
        (replace(RUN, options=replace(RUN.options, strict=True)), "strict: False -> True"),
        (replace(RUN, options=replace(RUN.options, gates={"steal": 1.0})), "gates steal: unknown -> 1.0"),
        (
            replace(RUN, stacks={**RUN.stacks, "fast": StackFacts("rewrite", worker_count=4)}),
            "fast worker_count: unknown -> 4",
        ),
    ],
)
def test_settings_options_and_seed_are_compared(other: Run, difference: str) -> None:
    """Each option is listed once, after the environment."""
    assert differences(RUN, other) == (difference,)


OLD_PYTHON = InterpreterFacts("CPython", "3.11.7", "GCC", packages={"flask": "3.1.3"})


@pytest.mark.parametrize(
    ("now", "difference"),
    [
        (replace(OLD_PYTHON, version="3.13.0"), "slow: Python: CPython 3.11.7 -> CPython 3.13.0"),
        (replace(OLD_PYTHON, build="Clang 19"), "slow: build: GCC -> Clang 19"),
        (replace(OLD_PYTHON, jit="on"), "slow: JIT: none -> on"),
        (replace(OLD_PYTHON, gil="off"), "slow: GIL: on -> off"),
        (replace(OLD_PYTHON, gil_forced_by="shop"), "slow: GIL: on -> on, for shop"),
        (replace(OLD_PYTHON, packages={"flask": "3.2.0"}), "slow: flask: 3.1.3 -> 3.2.0"),
        (replace(OLD_PYTHON, packages={}), "slow: flask: 3.1.3 -> unknown"),
    ],
)
def test_what_a_stack_runs_on_is_compared(now: InterpreterFacts, difference: str) -> None:
    """Interpreter, GIL, JIT and packages of each stack, once: its twin runs on the same."""
    before, after = (
        replace(RUN, environment=replace(RUN.environment, interpreters={"slow": each, "slow.twin": each}))
        for each in (OLD_PYTHON, now)
    )
    assert differences(before, after) == (difference,)


def test_a_run_that_did_not_ask_differs_in_nothing_by_that() -> None:
    """Those of an older version had the packages of their stacks among their own libraries."""
    asked = replace(RUN.environment, interpreters={"slow": OLD_PYTHON}, libraries={"httptools": "0.6.4"})
    assert differences(RUN, replace(RUN, environment=asked)) == ()


def test_facts_are_flat() -> None:
    """Nested tables become names of several words, lists texts; notes are no facts."""
    launch = {"a": {"b": {"c": 1}, "d": [1, None]}, "e": []}
    assert facts_of(Environment(launch=launch, notes=("x",))) == {
        "gpus": "none", "launch a b c": "1", "launch a d": "1 none", "launch e": "none",
    }  # fmt: skip


def test_scenarios_are_compared_by_what_they_ask() -> None:
    """Requests, load and victim count, the summary does not."""
    other = replace(WAITING, workloads=(Workload("/y"),), victim=Workload("/z"), summary="Else.")
    assert unlike(WAITING, other) == ("workloads", "victim")
    assert unlike(WAITING, replace(WAITING, summary="Else.")) == ()
