"""Trials told to others while the run goes on: pushed to Prometheus after each one, and as a file at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stackduel.model.counted import counted
from stackduel.model.errors import StoreError, of_system
from stackduel.model.run import Run
from stackduel.model.trial import Place
from stackduel.report import aiperf
from stackduel.report.metrics.openmetrics import openmetrics
from stackduel.report.metrics.remote_write import PushError, PushTarget, push
from stackduel.report.metrics.trial_samples import MetricSample, samples_of
from stackduel.runner.run_record import RunRecord


@dataclass(frozen=True, slots=True)
class TrialOutlets:
    """Where trials are told besides run.json; None for nowhere."""

    push: PushTarget | None = None
    openmetrics: Path | None = None
    aiperf: Path | None = None


NOWHERE = TrialOutlets()


class TrialExport:
    """Takes the trials of a run as it is saved, each once, at the moment at which it ended.

    Nothing is sent while a trial measures: a run is saved between two of them. A push that fails is said, and its
    samples go with the next one.
    """

    def __init__(self, outlets: TrialOutlets, known: Run, clock: Callable[[], float] = time.time) -> None:
        self._outlets = outlets
        self._clock = clock
        self._known: set[Place] = {each.place for each in known.results}
        self._samples: list[MetricSample] = []
        self._unsent: list[MetricSample] = []
        self._last_error: str | None = None

    def take(self, run: Run, warn: Callable[[str], None]) -> None:
        """Take the trials that are new in the run, and push them; ``warn`` of a failure, once for each reason."""
        new = [each for each in run.results if each.place not in self._known]
        self._known.update(each.place for each in new)
        samples = [sample for each in new for sample in samples_of(run, each, self._clock())]
        if self._outlets.openmetrics is not None:
            self._samples += samples
        if self._outlets.push is not None and samples:
            self._unsent += samples
            before, error = self._last_error, self.send()
            if error is not None and error != before:
                warn(f"--push: {error}; the run goes on, and tries again after the next trial.")

    def send(self) -> str | None:
        """Push what is not sent yet; return why that failed."""
        self._last_error = None
        if self._outlets.push is not None and self._unsent:
            try:
                push(self._outlets.push, self._unsent)
                self._unsent.clear()
            except PushError as error:
                self._last_error = str(error)
        return self._last_error

    @property
    def unsent(self) -> int:
        """How many trials were not pushed."""
        return sum(sample.name.endswith("_end_timestamp_seconds") for sample in self._unsent)

    def write(self) -> StoreError | None:
        """Write the file; return why that failed."""
        path = self._outlets.openmetrics
        if path is None:
            return None
        try:
            path.write_text(openmetrics(self._samples), encoding="utf-8", newline="\n")
        except OSError as error:
            return StoreError(f"--openmetrics: {of_system(error)}")
        return None


@contextmanager
def exported(record: RunRecord, outlets: TrialOutlets, print_error: Callable[[str], None]) -> Iterator[None]:
    """Export the trials of a run, however it ends; what cannot be written counts as not saved."""
    if outlets == NOWHERE:
        yield
        return
    export = TrialExport(outlets, record.run)
    record.saved = lambda run: export.take(run, record.warn)
    try:
        yield
    finally:
        error = export.send()
        if error is not None:
            print_error(f"--push: {counted(export.unsent, 'trial')} could not be pushed: {error}")
        record.unsaved = record.unsaved or export.write() or _export_streams(record.run, outlets.aiperf)


def _export_streams(run: Run, path: Path | None) -> StoreError | None:
    """Write the event streams of a run by the names of AIPerf; return why that failed."""
    if path is None:
        return None
    try:
        aiperf.export(run, path)
    except StoreError as error:
        return error
    return None
