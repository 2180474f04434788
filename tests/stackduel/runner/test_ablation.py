"""An ablation from its request to its files, on servers that are made up."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import pytest

from stackduel.model.ablation_settings import AblationSettings
from stackduel.model.errors import FieldError, LaunchError
from stackduel.model.run_options import RunOptions
from stackduel.model.search_results.ablation import Ablation
from stackduel.model.suite import Scenario, Suite
from stackduel.model.trial import Failure, Place, Result
from stackduel.planning.ablation_suite import AblationRequest, ablation_suite
from stackduel.runner.exit_status import INTERRUPTED, STACK_FAILED
from stackduel.runner.request import RunRequest
from stackduel.storage import run_file
from tests.stackduel.ablated import made
from tests.stackduel.runner.scene import Bench, Scene

EFFECTS = {"uvloop": 0.3, "backlog": 0.0}
STACK = "fastapi-uvicorn"


def planted(suite: Suite) -> Callable[[Place], Result]:
    """Servers whose rate follows from the switches that are on, but for a little that depends on the place."""
    settings = suite.search
    assert isinstance(settings, AblationSettings)
    arms = {arm.name: arm for arm in settings.arms}

    def found(place: Place) -> Result:
        chance = 0.01 * math.sin(crc32(f"{place.stack} {place.scenario} {place.block}".encode()))
        log = sum(EFFECTS[name] for name in arms[place.stack].on) + 0.1 * place.block + chance
        return made(place.stack, place.scenario, place.block, log - 1)

    return found


class AblationScene(Scene):
    """Ablations of two switches in a folder of their own."""

    def request(self, fail_on: tuple[str, ...] = ()) -> RunRequest:  # type: ignore[override]
        return RunRequest(self.options, ("stackduel", "ablate", STACK), fail_on, self.suite)

    @property
    def suite(self) -> Suite:
        return ablation_suite(self.options, AblationRequest(STACK, tuple(EFFECTS)))

    def results(self) -> dict[str, Ablation]:
        return {each.scenario: each.found for each in self.kept.findings if isinstance(each.found, Ablation)}


@pytest.fixture
def scene(tmp_path: Path) -> AblationScene:
    made_up = AblationScene(tmp_path, RunOptions(seed=7), Bench(lambda _place: pytest.fail("not planted")))
    made_up.bench.found = planted(made_up.suite)
    return made_up


def test_a_whole_ablation_finds_what_was_planted(scene: AblationScene) -> None:
    """Every arm is measured in every block, and the file holds effects, all together and their interaction."""
    assert scene.start() == 0
    kept = scene.kept
    assert (kept.status, len(kept.done())) == ("complete", kept.planned)
    found = scene.results()["small"]
    (uvloop,) = (each.of("throughput") for each in found.switches if each.switch == "uvloop")
    assert uvloop is not None
    assert uvloop.low <= math.exp(0.3) <= uvloop.high
    assert [each.switch for each in found.interactions] == ["uvloop x backlog"]
    assert found.whole
    text = scene.out.getvalue()
    assert "What each switch of fastapi-uvicorn does" in text
    assert "uvloop" in text
    for name in ("report.html", "report.md", "junit.xml", "trials.csv"):
        assert (scene.where / name).stat().st_size > 0


def test_an_interrupted_ablation_goes_on_where_it_stopped(scene: AblationScene) -> None:
    """Nothing is measured twice, and the result is that of an ablation without a break."""
    assert scene.start() == 0
    uninterrupted = scene.kept
    for path in scene.where.iterdir():
        path.unlink()
    scene.where.rmdir()
    whole = scene.bench.found

    def until(place: Place) -> Result:
        if place.block == 4:
            raise KeyboardInterrupt
        return whole(place)

    scene.bench = Bench(until)
    assert scene.start() == INTERRUPTED
    stopped = scene.kept
    assert stopped.status == "interrupted"
    assert "stackduel run --resume" in scene.err.getvalue()
    scene.bench = Bench(whole)
    assert scene.resume() == 0
    assert scene.kept.done() == uninterrupted.done()
    assert len(scene.bench.asked) == len(uninterrupted.results) - len(stopped.results)
    assert scene.results()["small"].switches == _results(uninterrupted)["small"].switches


def _results(run: object) -> dict[str, Ablation]:
    return {each.scenario: each.found for each in run.findings}  # type: ignore[attr-defined]


def test_an_ablation_whose_requests_held_secrets_is_not_resumed(scene: AblationScene) -> None:
    """The stored requests lack them, so that other requests would be sent; the error says so."""
    assert scene.start() == 0
    kept = scene.kept
    first, *others = kept.suite.scenarios
    hidden: Scenario = replace(first, workloads=(replace(first.workloads[0], headers=(("Cookie", "[redacted]"),)),))
    run_file.Writer(scene.where).save(
        replace(kept, status="interrupted", suite=replace(kept.suite, scenarios=(hidden, *others)))
    )
    with pytest.raises(FieldError, match=r"--resume: this ablation's requests held secrets"):
        scene.resume()


def test_a_slow_machine_measures_fewer_blocks(scene: AblationScene, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the first block the number of blocks is cut to the time, once, and the record and the screen say so."""
    scene.options = replace(scene.options, time_budget_s=300.0)
    planned = scene.suite.blocks
    now = [0.0]
    monkeypatch.setattr("stackduel.runner.measuring.time.monotonic", lambda: now[0])
    whole = planted(scene.suite)

    def slow(place: Place) -> Result:
        now[0] += 5.0
        return whole(place)

    scene.bench = Bench(slow)
    assert scene.start() == 0
    kept = scene.kept
    assert 5 <= kept.suite.blocks < planned
    assert len(kept.done()) == kept.planned
    assert scene.err.getvalue().count("Slower than planned: the time holds") == 1
    assert now[0] <= 300


def test_an_arm_that_cannot_be_measured_costs_its_trials_alone(scene: AblationScene) -> None:
    """All others are measured, the effects are found, and the status says that a stack failed."""
    whole = scene.bench.found
    scene.bench.found = lambda place: (
        Failure(place, "it died") if (place.stack, place.block) == ("uvloop", 2) else whole(place)
    )
    assert scene.start() == STACK_FAILED
    found = scene.results()["small"]
    assert found.trials == found.planned - 1
    assert any(each.effects for each in found.switches)


def test_a_value_with_which_the_stack_does_not_start_ends_the_ablation(scene: AblationScene) -> None:
    """Everything on is started before anything is measured: nothing is, and the reason is told."""

    def refused(*_asked: object) -> None:
        raise LaunchError("LOOP must be one of asyncio, uvloop")

    scene.bench.verify = refused  # type: ignore[method-assign]
    with pytest.raises(LaunchError, match=r"2 of 2 stacks cannot be measured(.|\n)*LOOP must be"):
        scene.start()
    assert scene.bench.asked == []


def test_a_condition_on_everything_on_fails_the_build(scene: AblationScene) -> None:
    """``speedup(all-on)`` is the rate of everything on over that of everything off."""
    assert scene.start("speedup(all-on) < 1.2x") == 0
    for path in scene.where.iterdir():
        path.unlink()
    scene.where.rmdir()
    scene.bench.asked.clear()
    assert scene.start("speedup(all-on) < 1.5x") == 1
