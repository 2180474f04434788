"""The conditions of ``--fail-on``: when they are judged, and what status follows."""

from __future__ import annotations

import re

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.trial import Place, Trial
from stackduel.runner.exit_status import INTERRUPTED
from stackduel.runner.request import dry_run
from tests.stackduel.makers import trial
from tests.stackduel.runner.scene import Bench, Scene, spreading


def test_a_condition_that_is_met_gives_status_1_and_a_line(scene: Scene) -> None:
    """Everything is saved as usual, the line says what was measured, and the CI server's file knows it, too."""
    assert scene.start("speedup(new) > 1.5", "errors > 0", "speedup(new) < 2", quiet=True) == 1
    (first,) = scene.err.getvalue().splitlines()
    assert first.startswith("stackduel: condition met: speedup(new) > 1.5: speedup(new, x) is ")
    assert scene.kept.status == "complete"
    junit = (scene.where / "junit.xml").read_text(encoding="utf-8")
    assert 'name="conditions"' in junit
    assert "condition met: speedup(new) &gt; 1.5" in junit


def test_what_cannot_be_told_gives_status_2_and_what_is_undecided_a_line(scene: Scene) -> None:
    """A figure that is missing is no figure that is right, and noise fails nothing."""
    scene.bench.found = lambda place: trial(
        place.stack, spreading(place).measurement.requests // 100, block=place.block, scenario="x"
    )
    assert scene.start("p99(new, x) > 1s", "speedup(new) > 1.99") == 2
    said = scene.err.getvalue().splitlines()
    (undecided_line,) = (line for line in said if "condition undecided" in line)
    assert undecided_line.startswith("stackduel: condition undecided: speedup(new) > 1.99: speedup(new, x) is ")
    (unknown,) = (line for line in said if "cannot be evaluated" in line)
    assert unknown.startswith("stackduel: condition cannot be evaluated: p99(new, x) > 1s: p99(new, x): ")
    assert unknown.endswith(" correct answers are too few (459 are needed)")


@pytest.mark.parametrize(
    ("text", "told"),
    [("speedup(new < 2", "column 13: expected )"), ("p99(newer) > 1s", "this run has no stack or scenario 'newer'")],
)
def test_a_condition_that_cannot_be_asked_starts_nothing(scene: Scene, text: str, told: str) -> None:
    """A typing error is told before the first server starts, also by a dry run, and leaves no folder behind."""
    with pytest.raises(FieldError, match=re.escape(told)):
        scene.start(text)
    with pytest.raises(FieldError, match=re.escape(told)):
        dry_run(scene.request([text]), scene.output())
    assert not (scene.folder / "results").exists()
    assert scene.bench.asked == []


def test_an_interrupted_run_is_not_judged(scene: Scene) -> None:
    """Half a run meets no condition."""

    def until(place: Place) -> Trial:
        if place.block == 3:
            raise KeyboardInterrupt
        return spreading(place)

    scene.bench = Bench(until)
    assert scene.start("speedup(new) > 1.5") == INTERRUPTED
    assert "condition" not in scene.err.getvalue()
    assert (scene.where / "trials.csv").exists()
