"""Trials told to others: each once, never in the way of the run."""

from __future__ import annotations

from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from stackduel.model.run_options import RunOptions
from stackduel.model.trial import Failure, Place, Result, Trial
from stackduel.report.metrics import remote_write
from stackduel.report.metrics.remote_write import PushTarget
from stackduel.runner.resumption import resume
from stackduel.runner.session import start
from stackduel.runner.trial_export import TrialExport, TrialOutlets
from tests.conftest import serving
from tests.stackduel.cli.called import called
from tests.stackduel.makers import run, trial
from tests.stackduel.runner.scene import STACKS, SUITE, Bench, Scene, spreading

NOBODY = PushTarget(is_tls=False, host="127.0.0.1", port=1)
END = "stackduel_trial_end_timestamp_seconds{"


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A run of two stacks that are made up."""
    (tmp_path / "own.toml").write_text(STACKS)
    (tmp_path / "s.toml").write_text(SUITE)
    options = RunOptions(suite=str(tmp_path / "s.toml"), stacks_file=str(tmp_path / "own.toml"), launcher="url")
    return Scene(tmp_path, replace(options, blocks=3), Bench(spreading))


def started(scene: Scene, outlets: TrialOutlets) -> int:
    """The run's exit status."""
    request = replace(scene.request(), outlets=outlets)
    return start(request, scene.folder / "results", scene.output(), scene.opened)


def test_the_file_has_every_trial_once(scene: Scene) -> None:
    """As many ends as the run has trials, each with the trial's place."""
    file = scene.folder / "trials.om"
    assert started(scene, TrialOutlets(openmetrics=file)) == 0
    ends = [line for line in file.read_text().splitlines() if line.startswith(END)]
    kept = scene.kept
    assert len(ends) == len(kept.results) > 0
    for result in kept.results:
        place = result.place
        wanted = f'stack="{place.stack}",scenario="{place.scenario}",block="{place.block}",attempt="{place.attempt}"'
        assert sum(wanted in line and kept.run_id in line for line in ends) == 1


def test_a_push_that_fails_is_said_and_the_run_goes_on(scene: Scene) -> None:
    """The sentence comes once, at the end how many trials were not taken; everything is measured and saved."""
    assert started(scene, TrialOutlets(push=NOBODY)) == 0
    said = scene.err.getvalue()
    assert said.count("the run goes on, and tries again after the next trial") == 1
    count = len(scene.kept.results)
    assert f"stackduel: --push: {count} trials could not be pushed: 127.0.0.1:1" in said
    assert scene.kept.status == "complete"


def test_what_was_not_pushed_goes_with_the_next_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver that comes back gets all of it, each trial once."""
    answers, sizes = iter([503, 200, 200]), []
    message = remote_write._message

    def counted(samples: list[object]) -> bytes:
        sizes.append(len(samples))
        return message(samples)  # type: ignore[arg-type]

    def answer(_request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        return next(answers), b""

    monkeypatch.setattr(remote_write, "_message", counted)
    warnings: list[str] = []
    with serving(answer) as address:
        outlets = TrialOutlets(push=PushTarget(is_tls=False, host="127.0.0.1", port=address.port))
        export, results = TrialExport(outlets, run([])), []
        for block in (1, 2, 3):
            results.append(Failure(Place("old", "x", block), "no"))
            export.take(run(results), warnings.append)
            export.take(run(results), warnings.append)  # a state without a new trial
    assert sizes == [1, 2, 1]
    assert len(warnings) == 1
    assert (export.unsent, export.send()) == (0, None)


def test_a_file_that_cannot_be_written_is_unsaved(scene: Scene) -> None:
    """The run itself is saved, and the exit status says that something is missing."""
    assert started(scene, TrialOutlets(openmetrics=scene.folder)) == 2
    assert "stackduel: --openmetrics: " in scene.err.getvalue()
    assert scene.kept.status == "complete"


def test_a_resumed_run_exports_what_it_measures_now(scene: Scene) -> None:
    """Trials of the first part have no time any more, and are not told a second time."""

    def interrupted(place: Place) -> Result:
        if len(scene.bench.asked) > 3:
            raise KeyboardInterrupt
        return spreading(place)

    scene.bench.found = interrupted
    first, second = scene.folder / "first.om", scene.folder / "second.om"
    assert started(scene, TrialOutlets(openmetrics=first)) == 130
    before = first.read_text().count(END)
    assert before == sum(isinstance(each, Trial) for each in scene.kept.results) == 3
    scene.bench.found = spreading
    assert resume(scene.where, (), scene.output(), scene.opened, outlets=TrialOutlets(openmetrics=second)) == 0
    assert before + second.read_text().count(END) == len(scene.kept.results)


def test_a_trial_that_is_judged_anew_is_told_once() -> None:
    """A void attempt that is kept as noisy in the end is still one trial, with the state that it ended with."""
    void = replace(trial("old", 100, scenario="x"), state="void")
    export = TrialExport(TrialOutlets(openmetrics=Path("unused")), run([]), clock=lambda: 5.0)
    export.take(run([void]), print)
    export.take(run([replace(void, state="noisy")]), print)
    assert [each.labels["state"] for each in export._samples if each.name in END] == ["void"]


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--push", "127.0.0.1:9090", "--push: must be http://HOST[:PORT] of a Prometheus"),
        ("--push", "http://me:secret@127.0.0.1", "--push: must hold no user and no password"),
        ("--openmetrics", "nowhere/trials.om", "--openmetrics: its folder must exist, and nowhere is none"),
    ],
)
def test_the_command_refuses_before_anything_is_measured(option: str, value: str, sentence: str) -> None:
    """A wrong target is an error of the option with status 2, not of the end of a run of an hour."""
    ended = called("run", "quick", option, value)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert sentence in ended.stderr
    assert "secret" not in ended.stderr
