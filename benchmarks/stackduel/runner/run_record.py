"""The newest state of a run, written to disk after every trial."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stackduel.analysis.conclusion import conclude
from stackduel.analysis.conditions.conditions import NO_CONDITIONS, Conditions
from stackduel.analysis.conditions.evaluation import ConditionResult
from stackduel.model.run import Run, Status
from stackduel.report import files
from stackduel.storage.run_file import RUN_FILE, Writer


class RunRecord:
    """Holds a run with the conclusions from its trials, and saves each state of it in ``folder``.

    ``block_s`` is about how long a block takes; ``judged`` are the results of the user's conditions, once the run is
    complete.
    """

    def __init__(self, folder: Path, run: Run, block_s: float, conditions: Conditions = NO_CONDITIONS) -> None:
        self.folder = folder
        self.run = run
        self.judged: tuple[ConditionResult, ...] = ()
        self._block_s = block_s
        self._conditions = conditions
        self._writer = Writer(folder)

    @property
    def path(self) -> Path:
        """The file that the run is saved to."""
        return self.folder / RUN_FILE

    def save(self, run: Run) -> None:
        """Save this state of the run, with the conclusions from the trials so far."""
        self.run = conclude(run, self._block_s) if run.suite.search is None else run
        self._writer.save(self.run)

    def finish(self, status: Status) -> None:
        """Save the run and its reports for the last time; judge the conditions if it is complete."""
        self.save(replace(self.run, status=status))
        if status == "complete":
            self.judged = self._conditions.evaluate_on(self.run)
        files.write(self.run, self.folder, self.judged)
