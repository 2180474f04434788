"""The loop in which clients read slowly, with launchers and engines that are made up."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from stackduel.analysis.early_ends import EarlyEnd
from stackduel.load.aside.client_plan import ClientPlan, ClientStream
from stackduel.model.client_settings import SlowReadersSettings
from stackduel.model.search_results.slow_readers import MadeEvents, SlowReaders
from stackduel.model.suite import ClosedLoop, Scenario, Workload
from stackduel.model.target import Address
from stackduel.runner.slow_readers_loop import SlowReadersLoop, due_by, made_by, slow_plans, timetable_of
from stackduel.storage.run_document import run_from_dict, run_to_dict
from tests.conftest import serving
from tests.stackduel.makers import measurement, run
from tests.stackduel.runner.fakes import FakeEngine, FakeLauncher, context_of, plan_of

SCENARIO = Scenario("streams", (Workload("/relay?events=10&first=0.5&interval=0.1"),), ClosedLoop(8, duration_s=8.0))
MS = 1_000_000


@pytest.fixture
def address() -> Iterator[Address]:
    with serving(lambda _request: (200, b"right")) as found:
        yield found


def test_every_round_has_a_window_before_it_without_slow_readers(address: Address) -> None:
    """The load has the connections of the others in both; the finding is saved, and read back as it was."""
    settings = SlowReadersSettings(rounds=1, settle_s=0.0)
    begun = run([], scenarios=(SCENARIO,))
    begun = replace(begun, suite=replace(begun.suite, search=settings))
    engine = FakeEngine(lambda _job: measurement([1.0, 1.0]))
    context = context_of(plan_of(begun), FakeLauncher(address, frozenset({"slow"})), engine, lambda _run: None)
    done = SlowReadersLoop(context, begun, settings).measure()
    assert [job.load.connections for job in engine.jobs] == [6, 6]
    (finding,) = done.findings
    assert isinstance(finding.found, SlowReaders)
    assert (finding.found.slow, finding.found.without_stream, finding.found.handler) == (0, 2, None)
    assert run_from_dict(run_to_dict(done)).findings == done.findings


def test_slow_plans_read_slowly() -> None:
    """Each as the settings say, from a moment of the first quarter that the seed draws."""
    plans = slow_plans(SlowReadersSettings(bytes_per_s=99, buffer_bytes=300), SCENARIO, random.Random(1))
    assert {(each.bytes_per_s, each.buffer_bytes, each.leaves_s) for each in plans} == {(99, 300, None)}
    assert len(plans) == 2
    assert all(0 <= each.opens_s <= 2 for each in plans)


@pytest.mark.parametrize(("after_ms", "due"), [(0, 0), (499, 0), (500, 1), (599, 1), (600, 2), (9_000, 10)])
def test_what_is_due_follows_from_the_timetable(after_ms: int, due: int) -> None:
    """The first after its time, then one an interval, never more than there are."""
    timetable = timetable_of(SCENARIO)
    assert timetable is not None
    assert due_by(timetable, after_ms * MS) == due
    assert due_by(replace(timetable, interval_ns=0), 500 * MS) == 10


def test_what_was_made_is_known_by_the_log_alone() -> None:
    """By the stream's zero; without a log, a line, a zero or a timetable of ours nothing is known."""
    stream, timetable = ClientStream(ClientPlan(), True, 7), timetable_of(SCENARIO)
    ends = {7: EarlyEnd(7 + 800 * MS, 3)}
    assert made_by(stream, ends, timetable, 900 * MS) == MadeEvents(3, 4)
    for known, by in ((None, timetable), ({}, timetable), (ends, None)):
        assert made_by(stream, known, by, 900 * MS) is None
    assert made_by(ClientStream(ClientPlan(), True), ends, timetable, 900 * MS) is None
    assert timetable_of(replace(SCENARIO, workloads=(Workload("/chat?interval=soon"),))) is None


def test_what_a_relay_takes_after_the_window_does_not_count() -> None:
    """It had come to three of four events as the window closed, and took five more until it noticed."""
    stream, timetable = ClientStream(ClientPlan(), True, 7), timetable_of(SCENARIO)
    end = EarlyEnd(7 + 1_000 * MS, 8, (300_000, 200_000, 190_000, 40_000, 30_000, 20_000, 10_000, 0))
    assert made_by(stream, {7: end}, timetable, 7 + 850 * MS) == MadeEvents(3, 4)
