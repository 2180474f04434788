"""Trials in Debian's Prometheus: pushed while a run goes on, or backfilled from its file."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from stackduel.model.run import Run
from stackduel.model.run_options import RunOptions
from stackduel.model.trial import Failure, Place, Result
from stackduel.report.metrics.remote_write import push_target
from stackduel.runner.session import start
from stackduel.runner.trial_export import TrialOutlets
from tests.monitoring.watching import FOLDER, WITHIN_S, Watching, tool, watching
from tests.stackduel.runner.scene import STACKS, SUITE, Bench, Scene, spreading
from tests.until import until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Debian's Prometheus does not run on Windows")

DASHBOARD = json.loads((FOLDER / "grafana" / "dashboards" / "stacks.json").read_text())


def result(place: Place) -> Result:
    """Return the measurement of each place: one of them fails."""
    return Failure(place, "no answer") if (place.stack, place.block) == ("new", 2) else spreading(place)


def measured(folder: Path, outlets: TrialOutlets) -> Run:
    """A run of made-up trials, told to these outlets."""
    folder.mkdir()
    (folder / "own.toml").write_text(STACKS)
    (folder / "s.toml").write_text(SUITE)
    options = RunOptions(suite=str(folder / "s.toml"), stacks_file=str(folder / "own.toml"), launcher="url")
    scene = Scene(folder, replace(options, blocks=3), Bench(result))
    start(replace(scene.request(), outlets=outlets), folder / "results", scene.output(), scene.opened)
    assert "--push" not in scene.err.getvalue()
    return scene.kept


def marks(prometheus: Watching) -> dict[tuple[str, str, str, str], float]:
    """Return Grafana's marks: the dashboard's own query of annotations, by run, stack, block and state."""
    [annotation] = DASHBOARD["annotations"]["list"]
    found = prometheus.query(annotation["expr"])
    return {tuple(labels[name] for name in ("run", "stack", "block", "state")): at for labels, at in found}  # type: ignore[misc]


def wanted(run: Run) -> set[tuple[str, str, str, str]]:
    """Each trial of the run."""
    return {(run.run_id, each.place.stack, str(each.place.block), each.state) for each in run.results}


def test_the_dashboard_marks_each_trial_that_was_pushed(tmp_path: Path) -> None:
    """The annotation query returns every trial, the failed one too, and the panels of trials have numbers."""
    with watching(tmp_path, {}) as prometheus:
        run = measured(tmp_path / "run", TrialOutlets(push=push_target(prometheus.url)))
        assert until(lambda: set(marks(prometheus)) == wanted(run), WITHIN_S), marks(prometheus)
        panels = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]
        of_trials = [each for each in panels if "stackduel_trial_" in each]
        assert len(of_trials) == 2
        for expression in of_trials:
            assert len(prometheus.query(expression)) == sum(each.state == "ok" for each in run.results)


def test_the_file_can_be_backfilled(tmp_path: Path) -> None:
    """promtool makes blocks of it, and a Prometheus that has them marks each trial at the moment at which it ended."""
    file = tmp_path / "trials.om"
    run = measured(tmp_path / "run", TrialOutlets(openmetrics=file))
    command = [tool("promtool"), "tsdb", "create-blocks-from", "openmetrics", str(file), str(tmp_path / "data")]
    made = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert made.returncode == 0, made.stderr
    ends = [line for line in file.read_text().splitlines() if line.startswith("stackduel_trial_end_timestamp_seconds{")]
    with watching(tmp_path, {}) as prometheus:
        assert until(lambda: set(marks(prometheus)) == wanted(run), WITHIN_S), marks(prometheus)
        assert sorted(marks(prometheus).values()) == pytest.approx(
            sorted(1000 * float(line.split()[-2]) for line in ends), abs=1
        )
