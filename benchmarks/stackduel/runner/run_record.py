"""The newest state of a run, written to disk after every trial."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from stackduel.analysis.conclusion import conclude
from stackduel.analysis.conditions.conditions import NO_CONDITIONS, Conditions
from stackduel.analysis.conditions.evaluation import ConditionResult
from stackduel.analysis.scaling import with_scaling
from stackduel.analysis.screening.ablation import with_effects
from stackduel.analysis.tuning import with_tuning
from stackduel.model.errors import StoreError
from stackduel.model.run import Run, Status
from stackduel.model.scaling_settings import ScalingSettings
from stackduel.model.tune_settings import TuneSettings
from stackduel.report import files
from stackduel.storage.run_file import RUN_FILE, Writer


class RunRecord:
    """Holds a run with the conclusions from its trials, and saves each state of it in ``folder``.

    ``block_s`` is about how long a block takes; ``judged`` are the results of the user's conditions, once the run is
    complete; ``unsaved`` says why the newest state or a report could not be written, None if all was;
    ``warn`` shows a sentence while the run goes on; ``saved`` is told each state of the run after it was written.
    """

    def __init__(self, folder: Path, run: Run, block_s: float, conditions: Conditions = NO_CONDITIONS) -> None:
        self.folder = folder
        self.run = run
        self.unsaved: StoreError | None = None
        self.warn: Callable[[str], None] = lambda _sentence: None
        self.saved: Callable[[Run], None] = lambda _run: None
        self.judged: tuple[ConditionResult, ...] = ()
        self._block_s = block_s
        self._conditions = conditions
        self._writer = Writer(folder)

    @property
    def path(self) -> Path:
        """The file that the run is saved to."""
        return self.folder / RUN_FILE

    def begin(self) -> None:
        """Save the run before anything is measured; raise StoreError if it cannot be saved there."""
        self.save(self.run)
        if self.unsaved is not None:
            raise self.unsaved

    def save(self, run: Run) -> None:
        """Save this state of the run, with the conclusions from the trials so far.

        A disk that is full loses no trial: the run goes on, and its next state is tried again.
        """
        self.run = self._concluded(run)
        before, self.unsaved = self.unsaved, None
        try:
            self._writer.save(self.run)
        except StoreError as error:
            self.unsaved = error
            if before is None:
                self.warn(f"{error}; the run goes on, and tries again after the next trial.")
        self.saved(self.run)

    def _concluded(self, run: Run) -> Run:
        match run.suite.search:
            case None:
                return conclude(run, self._block_s)
            case TuneSettings() as settings:
                return with_tuning(run, settings, self._block_s)
            case ScalingSettings() as settings:
                return with_scaling(run, settings)
            case _:
                return with_effects(run, self._block_s)

    def finish(self, status: Status) -> None:
        """Save the run and its reports for the last time; judge the conditions if it came to its end.

        A run that measured nothing has failed, even if it did all that was planned.
        """
        measured = status != "complete" or self.run.has_measured
        self.save(replace(self.run, status=status if measured else "failed"))
        if status == "complete":
            self.judged = self._conditions.evaluate_on(self.run)
        try:
            files.write(self.run, self.folder, self.judged)
        except StoreError as error:
            self.unsaved = self.unsaved or error
