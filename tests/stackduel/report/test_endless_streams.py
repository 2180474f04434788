"""Streams of which none ended within a window: their events are measured, and every report has them."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from stackduel.analysis.conclusion import conclude
from stackduel.cli.report import show
from stackduel.model.run import Run
from stackduel.model.suite import ServiceLevel
from stackduel.model.trial import Result, Trial
from stackduel.report.files import write
from stackduel.storage import run_file
from stackduel.storage.run_document import run_to_dict
from tests.stackduel.makers import measurement
from tests.stackduel.report.chatted import chatted
from tests.stackduel.valid import check


def unended(trial: Result) -> Result:
    """The same trial, if it is of the slow stack, without a stream that came to its end."""
    if not isinstance(trial, Trial) or trial.place.stack != "slow":
        return trial
    streams = trial.measurement.streams
    assert streams is not None
    return replace(trial, measurement=replace(measurement([]), streams=replace(streams, completed=0)))


@pytest.fixture
def run() -> Run:
    """A run whose baseline is overloaded by its streams."""
    made = chatted()
    first, *others = made.suite.scenarios
    level = (ServiceLevel("errors", 0.01),)
    suite = replace(made.suite, scenarios=(replace(first, sla=level), *others))
    return conclude(replace(made, suite=suite, results=tuple(map(unended, made.results))))


def test_they_are_compared_by_their_events(run: Run) -> None:
    """The CPU time of an event is known, so there is a speedup; nothing failed."""
    assert all(each.speedup for each in run.comparisons)
    assert {each.ok for each in run.slas} == {True}
    check(run_to_dict(run))


def test_every_report_has_them(run: Run, tmp_path: Path) -> None:
    """No form divides by the number of streams that came to their end."""
    run_file.Writer(tmp_path).save(run)
    write(run, tmp_path)
    out = io.StringIO()
    show(tmp_path, Console(file=out, width=200), Console(file=io.StringIO()), export=tmp_path / "aiperf.json")
    shown = [line for line in out.getvalue().splitlines() if line.startswith("slow ")]
    assert shown
    assert not [line for line in shown if "nan" in line or "inf" in line]
    assert sorted(path.name for path in tmp_path.glob("*.aiperf.json")) or (tmp_path / "aiperf.json").exists()
