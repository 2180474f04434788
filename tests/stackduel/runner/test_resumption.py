"""A run that goes on after its end: what is measured again, and what stands."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import NoReturn

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.trial import Failure, Place, Trial
from stackduel.planning.run_plan import RunPlan
from stackduel.runner.exit_status import INTERRUPTED, STACK_FAILED
from stackduel.runner.resumption import resume
from stackduel.runner.run_context import RunContext
from stackduel.runner.run_progress import RunProgress
from stackduel.runner.run_record import RunRecord
from stackduel.runner.session import start
from stackduel.storage import run_file
from tests.stackduel.runner.scene import SUITE, Bench, Scene, spreading


@pytest.mark.parametrize("block", [3, 7])
def test_an_interrupted_run_goes_on_to_the_same_number_of_blocks(scene: Scene, block: int) -> None:
    """Within the pilot or after it: nothing is measured twice, and the plan is that of a run without a break."""
    assert scene.start() == 0
    uninterrupted = scene.kept
    for path in scene.where.iterdir():
        path.unlink()
    scene.where.rmdir()

    def until(place: Place) -> Trial:
        if place.block == block:
            raise KeyboardInterrupt
        return spreading(place)

    scene.bench = Bench(until)
    assert scene.start() == INTERRUPTED
    stopped = scene.kept
    assert stopped.status == "interrupted"
    assert len(stopped.results) == 3 * (block - 1)
    assert f"--resume {shlex.quote(str(scene.where))}" in scene.err.getvalue()
    assert (scene.where / "report.md").exists()
    assert (scene.where / "report.html").exists()
    scene.bench = Bench(spreading)
    assert scene.resume() == 0
    kept = scene.kept
    assert (kept.status, kept.suite.blocks) == ("complete", uninterrupted.suite.blocks)
    assert kept.done() == uninterrupted.done()
    assert len(scene.bench.asked) == len(kept.results) - len(stopped.results)
    assert kept.comparisons == uninterrupted.comparisons


def test_a_resumed_run_waits_for_a_quiet_host_as_it_is_asked_now(scene: Scene) -> None:
    """``--wait-quiet`` beside ``--resume`` counts, and a wait of the first part is not repeated."""
    asked: list[float | None] = []

    @contextmanager
    def opened(plan: RunPlan, record: RunRecord, progress: RunProgress) -> Iterator[RunContext]:
        asked.append(plan.options.wait_quiet_s)
        with scene.opened(plan, record, progress) as context:
            yield context

    def stopped(place: Place) -> Trial:
        raise KeyboardInterrupt

    scene.bench.found = stopped
    scene.options = replace(scene.options, wait_quiet_s=600.0)
    start(scene.request(), scene.folder / "results", scene.output(), opened)
    resume(scene.where, (), scene.output(), opened, wait_quiet_s=60.0)
    resume(scene.where, (), scene.output(), opened)
    assert asked == [600.0, 60.0, None]


def test_what_failed_is_tried_again_and_what_was_measured_stands(scene: Scene) -> None:
    """A run that is whole but for one trial measures that one."""
    lost = Place("new", "x", 2)
    scene.bench.found = lambda place: Failure(place, "it died") if place == lost else spreading(place)
    assert scene.start() == STACK_FAILED
    before = scene.kept
    scene.bench = Bench(spreading)
    assert scene.resume() == 0
    assert scene.bench.asked[0] == lost
    assert not [each for each in scene.kept.results if isinstance(each, Failure)]
    assert scene.kept.done() >= before.done() | {lost}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("/x", "/y", "the suite's scenarios changed since run"),
        ("precision = 0.05", "precision = 0.04", "the suite's precision changed since run"),
        ("most_blocks = 12", "most_blocks = 20", "the suite's most_blocks changed since run"),
    ],
)
def test_a_run_goes_on_only_with_what_it_began_with(scene: Scene, old: str, new: str, told: str) -> None:
    """A suite that changed meanwhile is named by the field that did."""
    assert scene.start(quiet=True) == 0
    (scene.folder / "suite.toml").write_text(SUITE.replace(old, new))
    with pytest.raises(FieldError, match=told):
        scene.resume()


def test_a_run_goes_on_only_on_the_python_that_it_began_on(scene: Scene) -> None:
    """Half a run on another interpreter is no run."""
    assert scene.start(quiet=True) == 0
    path = scene.where / run_file.RUN_FILE
    content = json.loads(path.read_text())
    content["environment"]["python"] = "CPython 2.7"
    path.write_text(json.dumps(content))
    with pytest.raises(FieldError, match=r"began on CPython 2.7, this is CPython 3\."):
        scene.resume()


def test_a_run_that_goes_on_is_asked_anew(scene: Scene) -> None:
    """Conditions are those of the command, and a run that is whole is judged at once."""
    assert scene.start(quiet=True) == 0
    asked = len(scene.bench.asked)
    assert scene.resume("speedup(new) > 1.5") == 1
    assert len(scene.bench.asked) == asked


def test_a_run_that_is_complete_is_shown_and_left_as_it_is(scene: Scene) -> None:
    """Nothing is opened, waited for or written; the report and the conditions are those of the run."""
    assert scene.start(quiet=True) == 0
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in scene.where.rglob("*") if path.is_file()}

    def opened(*_run: object) -> NoReturn:
        raise AssertionError("opened")

    assert resume(scene.where, (), scene.output(), opened, wait_quiet_s=60.0) == 0
    assert resume(scene.where, ("speedup(new) > 1.5",), scene.output(), opened) == 1
    assert scene.err.getvalue().count("nothing is left to measure") == 2
    assert "condition met: speedup(new) > 1.5" in scene.err.getvalue()
    assert scene.out.getvalue().count("Report:") == 2
    assert before == {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in scene.where.rglob("*") if path.is_file()
    }
