"""Where a run is shown: standard output, standard error, a page for a browser."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console

from stackduel.analysis.conditions.conditions import status_with
from stackduel.analysis.thresholds import ThresholdVerdict, judge_thresholds
from stackduel.model.counted import counted
from stackduel.model.duration import duration
from stackduel.planning.run_plan import RunPlan
from stackduel.report.files import HTML_FILE
from stackduel.report.terminal import run_report
from stackduel.report.terminal.condition_lines import print_conditions
from stackduel.report.terminal.page import Page, message
from stackduel.report.terminal.progress import Narrator
from stackduel.runner.exit_status import INTERRUPTED, UNSAVED, exit_status
from stackduel.runner.run_progress import RunProgress
from stackduel.runner.run_record import RunRecord
from stackduel.storage.run_document import redaction_of
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

    def print_error(self, text: str) -> None:
        """Show what went wrong, even where nothing else is shown."""
        message(self.err, f"stackduel: {text}")

    @contextmanager
    def progress(self, plan: RunPlan, record: RunRecord) -> Iterator[RunProgress]:
        """Say what begins, and show the progress of the run; afterwards the terminal is as it was."""
        run, planned_s = record.run, plan.preflight_s + plan.seconds_left(record.run)
        with self._narrator(plan, record) as narrator:
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
            if run.suite.is_planned and not run.suite.alternates:
                self.print_line(f"Resume it with: stackduel run --resume {shlex.quote(str(record.folder))}")
        self._show(record)
        if record.unsaved is not None:
            message(self.err, f"stackduel: {record.unsaved}")
        if run.status == "interrupted":
            return INTERRUPTED
        print_conditions(record.judged, redaction_of(run), self.err, quiet=self.quiet)
        verdict = judge_thresholds(run)
        self._print_thresholds(verdict)
        status = verdict.status_with(status_with(record.judged, exit_status(run)))
        return status or (UNSAVED if record.unsaved is not None else 0)

    def _print_thresholds(self, verdict: ThresholdVerdict) -> None:
        """Show the thresholds that were not kept, and unless ``quiet`` those that were not judged."""
        for sentence in verdict.sentences:
            if not (self.quiet and "was not judged" in sentence):
                self.print_error(sentence)

    def _show(self, record: RunRecord) -> None:
        if self.json:
            self.out.file.write(to_json(record.run))
        elif not self.quiet:
            run_report.show(record.run, self.out)
            Page(self.out).paragraph(f"Report: {record.folder / HTML_FILE}", rest="  ")

    def _narrator(self, plan: RunPlan, record: RunRecord) -> Narrator:
        run, planned = record.run, plan.seconds_left_by_stack(record.run)
        pilot = plan.suite.blocks if plan.awaits_pilot(run) else 0
        if not self.live:
            return Narrator(
                self.err,
                planned,
                plan.paces,
                quiet=self.quiet,
                trials=run.planned,
                pilot_blocks=pilot,
                chooses_loads=plan.suite.chooses_loads,
            )
        from stackduel.report.live.narrator import LiveNarrator  # noqa: PLC0415 - a web server, only where wished for

        report, cores = record.folder / HTML_FILE, plan.budget.downstream
        return LiveNarrator(
            self.err,
            planned,
            plan.paces,
            quiet=self.quiet,
            pilot_blocks=pilot,
            run=run,
            report=report,
            cores=cores,
        )
