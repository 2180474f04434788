"""The loop of the cold starts, with launchers that are made up, and a clock of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from stackduel.launch.launcher import Started
from stackduel.model.run import Run
from stackduel.model.search_results.cold_start import ColdStart, Launch
from stackduel.model.search_settings import ColdStartSettings
from stackduel.model.stack import Stack
from stackduel.model.suite import ClosedLoop, Scenario, Workload
from stackduel.model.target import Address
from stackduel.model.trial import Failure
from stackduel.report.markdown import document as markdown
from stackduel.runner.cold_start_loop import ColdStartLoop
from stackduel.search.cold_start import speedup
from stackduel.storage.run_document import run_from_dict, run_to_dict
from tests.conftest import serving
from tests.stackduel.makers import measurement, run
from tests.stackduel.runner.fakes import FakeEngine, FakeLauncher, Silent, context_of, plan_of

SCENARIO = Scenario("start", (Workload("/item"),), ClosedLoop(1, requests=3))
LAUNCH_S = {"slow": 0.8, "fast": 0.2}


class Teller(Silent):
    def __init__(self) -> None:
        self.said: list[str] = []

    def print_line(self, text: str) -> None:
        self.said.append(text)


class TimedLauncher(FakeLauncher):
    """Each start takes the stack's time on the test's clock."""

    now_s = 0.0

    @contextmanager
    def start(self, stack: Stack) -> Iterator[Started]:
        with super().start(stack) as started:
            self.now_s += LAUNCH_S[stack.name]
            yield started


def scene(address: Address, broken: frozenset[str] = frozenset(), launches: int = 6) -> tuple[Run, list[Run], Teller]:
    """Return what all the launches made of the run, every state that was kept, and what was said."""
    begun = run([], scenarios=(SCENARIO,))
    settings = ColdStartSettings(launches)
    begun = replace(begun, suite=replace(begun.suite, search=settings))
    launcher, kept, teller = TimedLauncher(address, broken), list[Run](), Teller()
    engine = FakeEngine(lambda _job: measurement([1.0]))
    context = context_of(plan_of(begun), launcher, engine, kept.append, teller)

    def clock() -> float:
        launcher.now_s += 0.005
        return launcher.now_s

    return ColdStartLoop(context, begun, settings, clock).measure(), kept, teller


@pytest.fixture
def address() -> Iterator[Address]:
    with serving(lambda _request: (200, b"right")) as found:
        yield found


def test_every_stack_is_launched_as_often_as_asked_and_compared(address: Address) -> None:
    """Six launches of 805 and 205 ms: medians with bounds, and a speedup of 3.93 over the baseline."""
    done, kept, teller = scene(address)
    found = {finding.stack: finding.found for finding in done.findings}
    slow, fast = found["slow"], found["fast"]
    assert isinstance(slow, ColdStart)
    assert isinstance(fast, ColdStart)
    assert [len(slow.launches), len(fast.launches)] == [6, 6]
    assert slow.launch_ms.value == pytest.approx(805)
    assert fast.launch_ms.low == pytest.approx(205)
    assert slow.speedup is None
    assert fast.speedup is not None
    assert fast.speedup.ratio == pytest.approx(805 / 205)
    assert fast.speedup.blocks == 6
    assert slow.first_ms.value == pytest.approx(5)
    assert slow.warm_ms.value == pytest.approx(5)
    assert len(kept) == len(teller.said) == 12
    assert "3.93x (3.93-3.93) as fast to start as slow." in fast.sentence


def test_findings_survive_the_document_and_are_reported(address: Address) -> None:
    """The result is loaded back as it was, and stands in the report."""
    done, _, _ = scene(address)
    document = run_to_dict(done)
    assert run_from_dict(document).findings == done.findings
    assert "| stack | tier | launch ms | first ms | warm ms | speedup |" in markdown.render(done)


def test_a_stack_that_does_not_start_is_tried_once(address: Address) -> None:
    """It stands as a failure; the others are launched as often as asked."""
    done, _, _ = scene(address, frozenset({"slow"}))
    (failure,) = [result for result in done.results if isinstance(result, Failure)]
    assert failure.reason == "slow: no such module"
    (finding,) = done.findings
    assert isinstance(finding.found, ColdStart)
    assert (finding.stack, len(finding.found.launches), finding.found.speedup) == ("fast", 6, None)


def test_a_wrong_first_answer_is_a_failure() -> None:
    """A stack that answers its first request wrongly has not started."""
    with serving(lambda _request: (503, b"not yet")) as address:
        done, _, _ = scene(address, launches=1)
    reasons = {result.reason for result in done.results if isinstance(result, Failure)}
    assert reasons == {"GET /item answered 503 instead of 200"}
    assert done.findings == ()


def test_speedups_are_made_within_blocks() -> None:
    """Only blocks that hold both count; five of them give an interval."""
    baseline = [Launch(block, 100.0 * block, 1.0, 1.0, None) for block in range(1, 7)]
    candidate = [Launch(block, 50.0 * block, 1.0, 1.0, None) for block in range(2, 9)]
    found = speedup(candidate, baseline)
    assert found is not None
    assert (found.ratio, found.low, found.high, found.blocks) == (*[pytest.approx(2.0)] * 3, 5)
    few = speedup(candidate[:3], baseline)
    assert few is not None
    assert (few.low, few.blocks) == (None, 3)
    assert speedup(candidate, []) is None
