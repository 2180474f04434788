"""Where a run is shown: standard output, standard error, a page for a browser."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console

from stackduel.analysis.conditions.conditions import status_with
from stackduel.model.counted import counted
from stackduel.model.duration import duration
from stackduel.planning.run_plan import RunPlan
from stackduel.report.files import HTML_FILE
from stackduel.report.terminal import run_report
from stackduel.report.terminal.condition_lines import print_conditions
from stackduel.report.terminal.page import Page, message
from stackduel.report.terminal.progress import Narrator
from stackduel.runner.exit_status import INTERRUPTED, exit_status
from stackduel.runner.run_progress import RunProgress
from stackduel.runner.run_record import RunRecord
from stackduel.storage.run_file import to_json


@dataclass(frozen=True, slots=True)
class Output:
    """How a run is shown: tables, JSON or nothing on standard output; progress and errors on standard error.

    ``live`` adds a page for a browser while it measures.
    """

    out: Console
    err: Console
    json: bool = False
    quiet: bool = False
    live: bool = False

    def print_line(self, text: str) -> None:
        """Show a line of progress before the run measures, or after it."""
        if not self.quiet:
            message(self.err, text)

    @contextmanager
    def progress(self, plan: RunPlan, record: RunRecord) -> Iterator[RunProgress]:
        """Say what begins, and show the progress of the run; afterwards the terminal is as it was."""
        run, planned_s = record.run, plan.seconds_left(record.run)
        with self._narrator(plan, record, planned_s) as narrator:
            stacks = counted(len(run.suite.stacks), "stack")
            narrator.print_line(f"{run.run_id}: {stacks}, about {duration(planned_s)}; saving to {record.path}")
            for note in plan.notes:
                narrator.print_line(note)
            yield narrator

    def report(self, record: RunRecord) -> int:
        """Show a run that ended, complete or interrupted, and return its exit status."""
        run = record.run
        if run.status == "interrupted":
            self.print_line(f"Interrupted; what was measured is in {record.path}")
            if run.suite.search is None:
                self.print_line(f"Resume it with: stackduel run --resume {shlex.quote(str(record.folder))}")
        self._show(record)
        if run.status == "interrupted":
            return INTERRUPTED
        print_conditions(record.judged, run.secrets, self.err, quiet=self.quiet)
        return status_with(record.judged, exit_status(run))

    def _show(self, record: RunRecord) -> None:
        if self.json:
            self.out.file.write(to_json(record.run))
        elif not self.quiet:
            run_report.show(record.run, self.out)
            Page(self.out).paragraph(f"Report: {record.folder / HTML_FILE}", rest="  ")

    def _narrator(self, plan: RunPlan, record: RunRecord, planned_s: float) -> Narrator:
        run = record.run
        if not self.live:
            return Narrator(self.err, planned_s, plan.paces, quiet=self.quiet, trials=run.planned)
        from stackduel.report.live.narrator import LiveNarrator  # noqa: PLC0415 - a web server, only where wished for

        report, cores = record.folder / HTML_FILE, plan.budget.downstream
        return LiveNarrator(self.err, planned_s, plan.paces, quiet=self.quiet, run=run, report=report, cores=cores)
