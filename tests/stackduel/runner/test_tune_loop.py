"""The loop of a tuning, from the plan to the answer, over servers of known rates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from stackduel.application.current_command import given_command
from stackduel.model.aa_pair import original_of
from stackduel.model.run_options import RunOptions
from stackduel.model.search_results.tuned import Tuned
from stackduel.model.suite import ClosedLoop
from stackduel.model.trial import Cost, Failure, Memory, Place, Result
from stackduel.model.tune_settings import CURRENT, alone_name, longer_name
from stackduel.planning.tune_suite import TuneRequest, tune_options, tune_plan
from stackduel.report.terminal.progress import Narrator
from stackduel.runner.request import RunRequest
from stackduel.runner.session import start
from tests.stackduel.makers import trial
from tests.stackduel.runner.scene import Bench, Scene
from tests.stackduel.tuned import application

WAIT_S, CPU_S = 0.2, 0.002
CHANCE = (1.0, 1.01, 0.99, 1.02, 0.98)
MOST_SLOTS = 64


def little(slots: int | None) -> float:
    """The rate of an application that waits: as many slots as there are, or what a core can compute."""
    return min(min(slots or MOST_SLOTS, MOST_SLOTS) / (WAIT_S + CPU_S), 1 / CPU_S)


@dataclass
class Tuning:
    """A tuning of a made-up application, whose stacks have known rates."""

    folder: Path
    current: str = "gunicorn shop:app"
    wanted: TuneRequest = field(default_factory=lambda: TuneRequest(path="/search", time_budget_s=240))
    rate: Callable[[int | None], float] = little
    failing: Callable[[str], bool] = lambda _stack: False
    mib: float = 40.0
    # What the memory of a stack grows by in the first requests to a server, if it does.
    filling: Callable[[str], float] = lambda _stack: 0.0

    def measure(self) -> Scene:
        """Tune, over fakes."""
        options = RunOptions(seed=1)
        app = replace(application(), folder=self.folder)
        plan = tune_plan(app, given_command(self.current, {}), self.wanted, options)
        slots = {each.stack: each.slots for each in plan.suite.search.candidates} | {CURRENT: 1}  # type: ignore[union-attr]

        def found(place: Place) -> Result:
            stack = original_of(place.stack)
            if self.failing(stack):
                return Failure(place, "did not start")
            if place.scenario == alone_name("tune"):
                made = trial(CURRENT, 10, scenario=place.scenario, latency_ms=1000 * (WAIT_S + CPU_S))
                return replace(made, place=place, cost=Cost(10 * CPU_S, self.mib))
            requests = round(2 * self.rate(slots[stack]) * CHANCE[place.block % 5])
            made = trial(place.stack, requests, block=place.block, scenario=place.scenario)
            filled = self.mib + self.filling(stack)
            readings = (self.mib, *(3 * [filled] if place.scenario == longer_name("tune") else [filled]))
            memory = tuple(Memory(float(second), mib) for second, mib in enumerate(readings))
            return replace(made, place=place, cost=Cost(0.5, filled, memory))

        scene = Scene(self.folder, tune_options(options, plan, self.wanted), Bench(found))
        request = RunRequest(scene.options, ("stackduel", "tune"), (), plan.suite, own=plan.own)
        self.status = start(request, self.folder / "results", scene.output(), scene.opened)
        return scene


def answer(scene: Scene) -> Tuned:
    """The finding of the run that was saved."""
    (finding,) = scene.kept.findings
    assert isinstance(finding.found, Tuned)
    return finding.found


@pytest.fixture
def waits(tmp_path: Path) -> Tuning:
    """An application that waits for 200 ms, under one process that holds one request."""
    return Tuning(tmp_path)


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tuning, Scene]:
    """The same application, tuned once for the tests that only look at the result."""
    tuning = Tuning(tmp_path_factory.mktemp("tuned"))
    return tuning, tuning.measure()


def test_an_application_that_waits_gets_slots(tuned: tuple[Tuning, Scene]) -> None:
    """The recommended command holds as many requests as arrive, and gains what Little's law says."""
    tuning, scene = tuned
    result = answer(scene)
    assert tuning.status == 0
    assert result.slots == MOST_SLOTS
    best = result.of(result.recommended or "")
    assert best is not None
    assert best.gain == pytest.approx(little(MOST_SLOTS) / little(1), rel=0.02)
    # Of equal gains that of Gunicorn's own workers is the smaller change.
    assert "gunicorn" in (result.after or "")


def test_where_nothing_helps_nothing_is_changed(waits: Tuning) -> None:
    """Every server is as fast as the current one."""
    waits.rate = lambda _slots: 400.0
    result = answer(waits.measure())
    assert result.after is None
    assert result.sentence.startswith("No change worth making: none is shown to be better")
    assert waits.status == 0


def test_the_rounds_halve_the_field_and_the_blocks_hold_the_twin(tuned: tuple[Tuning, Scene]) -> None:
    """The current command and its twin stand in every block beside the finalists."""
    _, scene = tuned
    rounds = [{place.stack for place in scene.bench.asked if place.scenario == f"tune@round-{n}"} for n in (1, 2)]
    assert CURRENT in rounds[0]
    assert rounds[1] < rounds[0]
    blocks = [[place.stack for place in scene.bench.asked if place.scenario == "tune" and place.block == n]
              for n in range(1, 6)]  # fmt: skip
    assert all(sorted(each) == sorted(blocks[0]) for each in blocks)
    assert {CURRENT, f"{CURRENT}.twin"} < set(blocks[0])
    assert set(blocks[0]) - {CURRENT, f"{CURRENT}.twin"} <= rounds[1]
    assert len({tuple(each) for each in blocks}) > 1


def test_what_is_left_is_what_the_steps_take(waits: Tuning) -> None:
    """All that was planned is done at the end, though the time budget held three times as much."""
    waits.wanted = replace(waits.wanted, time_budget_s=900)
    progress = waits.measure().progress
    assert isinstance(progress, Narrator)
    assert progress._clock.share == pytest.approx(1.0, abs=0.02)


def test_windows_follow_from_what_one_request_takes(tuned: tuple[Tuning, Scene]) -> None:
    """The stored load is the one that was sent: ten waits at least, but for a short time."""
    (scenario,) = tuned[1].kept.suite.scenarios
    assert isinstance(scenario.load, ClosedLoop)
    assert scenario.load.duration_s is not None
    assert 1.3 <= scenario.load.duration_s <= 2.2


def test_a_candidate_that_does_not_start_is_one_less(waits: Tuning) -> None:
    """The others are compared, and the exit status is that of success."""
    waits.failing = lambda stack: "granian" in stack
    result = answer(waits.measure())
    assert waits.status == 0
    assert result.recommended is not None
    assert {each.reason for each in result.screened if "granian" in each.stack} == {"did not start"}


def test_without_any_candidate_nothing_is_confirmed(waits: Tuning) -> None:
    """The exit status says that there was nothing to compare with."""
    waits.failing = lambda stack: stack != CURRENT
    result = answer(waits.measure())
    assert (result.after, waits.status) == (None, 3)
    assert "no candidate was confirmed" in result.sentence


def test_candidates_whose_workers_exceed_the_memory_are_not_tried(waits: Tuning) -> None:
    """One worker and the process above it took 700 of 1,024 MiB: there is no room for four."""
    waits.mib = 700.0
    scene = waits.measure()
    tried = {place.stack for place in scene.bench.asked}
    assert "gunicorn-sync-w2" in tried or "gunicorn-gthread-w2-t32" in tried
    assert not [name for name in tried if "-w4" in name or "-w8" in name or "-w16" in name]


def test_memory_that_grew_is_measured_for_longer(waits: Tuning) -> None:
    """Once, and only that of the candidates that grew: it filled a pool, so that they can be recommended."""
    waits.filling = lambda stack: 0.0 if stack == CURRENT else 5.0
    scene = waits.measure()
    asked = [place.stack for place in scene.bench.asked if place.scenario == longer_name("tune")]
    result = answer(scene)
    assert sorted(asked) == sorted(each.stack for each in result.confirmed if each.stack != CURRENT)
    assert {each.refused for each in result.confirmed} == {None}


def test_memory_that_did_not_grow_is_not_measured_for_longer(tuned: tuple[Tuning, Scene]) -> None:
    """The confirmation is the end."""
    assert not [place for place in tuned[1].bench.asked if place.scenario == longer_name("tune")]
