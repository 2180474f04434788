"""The loop in which clients leave, with launchers and engines that are made up."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from stackduel.analysis.early_ends import EarlyEnd
from stackduel.load.aside.client_plan import ClientPlan, ClientStream
from stackduel.load.job import Job
from stackduel.model.client_settings import LeavingSettings
from stackduel.model.measurement import Measurement
from stackduel.model.search_results.leaving import Leaving
from stackduel.model.stack import Registered
from stackduel.model.suite import ClosedLoop, Scenario, Workload
from stackduel.model.target import Address
from stackduel.planning.registry import registered_stacks
from stackduel.runner.client_windows import noting_ends, says_ends
from stackduel.runner.leaving_loop import LeavingLoop, leaving_plans, noticed_ms
from stackduel.storage.run_document import run_from_dict, run_to_dict
from tests.conftest import serving
from tests.stackduel.makers import measurement, run
from tests.stackduel.runner.fakes import STACKS, FakeEngine, FakeLauncher, context_of, plan_of

SCENARIO = Scenario("streams", (Workload("/item"),), ClosedLoop(10, duration_s=8.0))


@pytest.fixture
def address() -> Iterator[Address]:
    with serving(lambda _request: (200, b"right")) as found:
        yield found


def test_every_round_has_a_window_with_and_one_without(address: Address) -> None:
    """The load has the connections of those that stay; the finding is saved, and read back as it was."""
    connections = []

    def answer(job: Job) -> Measurement:
        connections.append(job.load.connections)
        return measurement([1.0, 1.0])

    settings = LeavingSettings(rounds=2, share=0.3, settle_s=0.0)
    begun = run([], scenarios=(SCENARIO,))
    begun = replace(begun, suite=replace(begun.suite, search=settings))
    launcher = FakeLauncher(address, frozenset({"slow"}))
    context = context_of(plan_of(begun), launcher, FakeEngine(answer), lambda _run: None)
    done = LeavingLoop(context, begun, settings).measure()
    assert connections == [7] * 4
    (finding,) = done.findings
    found: Any = finding.found
    assert isinstance(found, Leaving)
    assert [each.block for each in found.rounds] == [1, 2]
    assert (found.left, found.without_stream, found.handler, found.memory) == (0, 6, None, None)
    assert run_from_dict(run_to_dict(done)).findings == done.findings
    assert [each.place.stack for each in done.results] == ["slow"]


@pytest.mark.parametrize(("share", "leaving"), [(0.01, 1), (0.3, 3), (0.9, 9)])
def test_who_leaves_is_drawn_by_the_seed(share: float, leaving: int) -> None:
    """At least one leaves and one stays; half by a reset; all in the middle, from streams of the first quarter."""
    settings = LeavingSettings(share=share)
    plans = leaving_plans(settings, SCENARIO, random.Random(1))
    assert plans == leaving_plans(settings, SCENARIO, random.Random(1))
    assert len(plans) == leaving
    assert sum(each.resets for each in plans) == round(leaving / 2)
    assert {each.leaves_s for each in plans} == {4.0}
    assert all(0 <= each.opens_s <= 2 for each in plans)


def test_only_what_was_noticed_in_the_window_counts() -> None:
    """By the stream's own zero; nothing is known where it has none, or where nobody says it."""
    left = [ClientStream(ClientPlan(), True, zero, 5_000_000) for zero in (1, 2, 3)]
    ends = {1: EarlyEnd(7_000_000, 1), 2: EarlyEnd(99_000_000, 1), 4: EarlyEnd(6_000_000, 1)}
    assert noticed_ms(left, ends, 50_000_000) == (2.0,)
    assert noticed_ms(left, None, 50_000_000) is None
    assert noticed_ms([*left, ClientStream(ClientPlan(), True, None, 1)], ends, 50_000_000) is None


def test_our_stacks_say_when_their_clients_have_left() -> None:
    """They are started so, wherever the run starts them; a stack of somebody else's is left as it is."""
    stack = noting_ends(registered_stacks()["flask-gthread"])
    assert isinstance(stack.source, Registered)
    assert stack.source.settings["STREAM_ENDS"] == "on"
    assert [says_ends(stack, name) for name in ("local", "docker", "compose")] == [True, True, False]
    assert noting_ends(STACKS["slow"]) == STACKS["slow"]
    assert not says_ends(STACKS["slow"], "url")
