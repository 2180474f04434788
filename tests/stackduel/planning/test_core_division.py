"""The cores that ``--cores`` gives, and the sentences that refuse it."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from stackduel.model.budget import MOST_MEMORY_MIB
from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.planning import core_division
from stackduel.planning.core_division import chosen_division, memory_for, unpinned_note
from stackduel.planning.planner import plan_run

TWO = (0, 1)


def test_a_number_without_a_core_for_the_generator_is_refused_with_what_can_be_done() -> None:
    """The sentence names the most that is possible, the flag that shares cores, and the host that would be enough."""
    with pytest.raises(FieldError) as refused:
        chosen_division(RunOptions(cores=2), TWO)
    assert str(refused.value) == (
        "--cores: at most 1, as 2 cores can be used here and one of them is the generator's; --shared-cores lets the "
        "server have all 2 and the generator work on one of them; a host of 3 cores gives each stack 2 of its own"
    )


def test_shared_cores_are_the_one_exception() -> None:
    """With the flag, or in a suite that shares, all cores can be had; no more than there are."""
    shared = replace(RunOptions(cores=2), shared_cores=True)
    assert chosen_division(shared, TWO) == chosen_division(RunOptions(cores=2), TWO, shared=True)
    assert chosen_division(shared, TWO).server == TWO
    with pytest.raises(FieldError, match="--cores: at most 2, as 2 cores can be used here; a host of 4"):
        chosen_division(replace(shared, cores=3), TWO)


def test_a_server_that_runs_already_has_the_cores_that_it_has() -> None:
    """No launcher can give a server at a URL other cores."""
    with pytest.raises(FieldError, match="--cores: a server at a URL runs already"):
        chosen_division(RunOptions(cores=1, launcher="url"), TWO)


def test_memory_follows_the_cores() -> None:
    """Each core has workers of its own, so each has the memory of one; nobody gets more than the bound."""
    assert [memory_for(1024, cores) for cores in (None, 1, 4)] == [1024, 1024, 4096]
    assert memory_for(MOST_MEMORY_MIB, 8) == MOST_MEMORY_MIB


def test_a_plan_gives_every_stack_the_cores_that_were_asked_for() -> None:
    """The budget, the workers that follow the cores, and the memory, unless the user names another one."""
    options = RunOptions(suite="quick", cores=3)
    plan = plan_run(options, 0, cores=tuple(range(8)))
    assert (len(plan.budget.server), plan.budget.memory_mib) == (3, 3 * 1024)
    assert plan.stacks["fastapi-uvicorn"].facts(3).worker_count == 3
    assert plan_run(replace(options, memory_mib=512), 0, cores=tuple(range(8))).budget.memory_mib == 512


def test_where_processes_cannot_be_bound_the_note_says_what_the_option_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """On such a system only the workers follow; containers are confined all the same."""
    monkeypatch.setattr(core_division, "can_pin", lambda: False)
    note = unpinned_note(RunOptions(cores=4))
    assert note is not None
    assert note.startswith(f"{sys.platform} cannot bind processes to cores")
    assert "--cores 4 sets the number of workers" in note
    assert "--cores" not in str(unpinned_note(RunOptions()))
    assert unpinned_note(RunOptions(cores=4, launcher="docker")) is None
