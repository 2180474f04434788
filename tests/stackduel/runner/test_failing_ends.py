"""A run that breaks, measures nothing, or cannot be saved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.model.errors import StoreError
from stackduel.model.trial import Failure, Place, Result, Trial
from stackduel.runner.exit_status import STACK_FAILED
from stackduel.storage import run_file
from tests.stackduel.runner.scene import Scene, spreading


def test_a_run_that_breaks_says_so_in_its_record(scene: Scene) -> None:
    """Measured trials are kept, with the status failed, and the error is not swallowed."""

    def broken(place: Place) -> Trial:
        if place.block == 2:
            raise RuntimeError("no more memory")
        return spreading(place)

    scene.bench.found = broken
    with pytest.raises(RuntimeError, match="no more memory"):
        scene.start()
    assert (scene.kept.status, len(scene.kept.results)) == ("failed", 3)


def test_a_disk_that_is_full_for_a_while_loses_no_trial(scene: Scene) -> None:
    """The run goes on, says it once, and what it could not save in the middle is in the file at the end."""

    def filled(place: Place) -> Trial:
        if place.block == 2 and not scene.hidden.exists():
            scene.block()
        if place.block == 4 and scene.hidden.exists():
            scene.free()
        return spreading(place)

    scene.bench.found = filled
    assert scene.start() == 0
    assert scene.err.getvalue().count("cannot be written") == 1
    assert "the run goes on, and tries again after the next trial." in scene.err.getvalue()
    assert scene.kept.status == "complete"
    assert len(scene.kept.results) == scene.kept.planned


def test_results_that_cannot_be_saved_are_shown_all_the_same(scene: Scene) -> None:
    """The tables are printed, the sentence names the file, the status is 2, and the last state on disk stands."""

    def filled(place: Place) -> Trial:
        if place.block == 2 and not scene.hidden.exists():
            scene.block()
        return spreading(place)

    scene.bench.found = filled
    assert scene.start() == 2
    assert "2.0" in scene.out.getvalue()
    assert scene.err.getvalue().splitlines()[-1].startswith("stackduel: run ")
    assert "cannot be written: " in scene.err.getvalue().splitlines()[-1]
    kept = run_file.load(scene.hidden)
    assert (kept.status, len(kept.results)) == ("running", 3)


def test_a_folder_that_cannot_be_written_to_is_told_before_anything_is_measured(scene: Scene) -> None:
    """Nobody waits for a run whose results go nowhere."""
    (scene.folder / "results").write_text("a file")
    with pytest.raises(StoreError, match=r"run .*run\.json: cannot be written: "):
        scene.start()
    assert scene.bench.asked == []


@pytest.mark.parametrize("state", ["failed", "void"])
def test_a_run_that_measured_nothing_is_not_complete(scene: Scene, state: str) -> None:
    """Its record says failed, and its exit status 3, whether stacks failed or every trial was void."""

    def nothing(place: Place) -> Result:
        return Failure(place, "it died") if state == "failed" else replace(spreading(place), state="void")

    scene.bench.found = nothing
    scene.options = replace(scene.options, strict=True)
    assert scene.start("void > 0") == (STACK_FAILED if state == "failed" else 1)
    assert scene.kept.status == "failed"
    assert "complete" not in scene.out.getvalue()
    assert scene.resume() == STACK_FAILED
