"""How a run works, from request to report. Read this module first.

A request becomes a RunPlan. The stacks are launched, verified and loaded; every trial is judged and saved at once.
The first blocks (the pilot) decide how many blocks the run has. At the end the run is saved and reported.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from stackduel.analysis.conditions.conditions import conditions_for
from stackduel.model.run import Status
from stackduel.model.search_settings import ColdStartSettings
from stackduel.observe.host import host_facts
from stackduel.planning.estimates import total_seconds
from stackduel.planning.models import build_models
from stackduel.planning.run_plan import RunPlan
from stackduel.runner.cold_start_loop import ColdStartLoop
from stackduel.runner.comparison_loop import ComparisonLoop
from stackduel.runner.environment import environment, with_launch
from stackduel.runner.output import Output
from stackduel.runner.pilot import block_seconds, blocks_needed, with_blocks
from stackduel.runner.request import RunRequest, resolve, restore_plan
from stackduel.runner.run_context import RunContext, open_run
from stackduel.runner.run_progress import RunProgress
from stackduel.runner.run_record import RunRecord
from stackduel.runner.run_state import new_run, restore_run
from stackduel.runner.search_loop import SearchLoop
from stackduel.storage import run_file

OpenContext = Callable[[RunPlan, RunRecord, RunProgress], AbstractContextManager[RunContext]]


def start(request: RunRequest, results: Path, output: Output, open_context: OpenContext = open_run) -> int:
    """Measure a new run, saved in a folder below ``results``; return the exit status.

    Raises FieldError, before anything is started, for wrong options, suites and conditions.
    """
    plan = resolve(request)
    run = new_run(plan, request.command)
    record = RunRecord(results / run.run_id, run, plan.block_s, conditions_for(request.fail_on, run))
    return RunSession(plan, record, output, open_context).measure()


def resume(where: Path, fail_on: Sequence[str], output: Output, open_context: OpenContext = open_run) -> int:
    """Measure the trials that a stored run lacks; return the exit status.

    Raises StoreError if it cannot be read, FieldError if it cannot be resumed or a condition is wrong.
    """
    stored = run_file.load(where)
    plan = restore_plan(stored)
    run = restore_run(stored, plan)
    folder = where if where.is_dir() else where.parent
    record = RunRecord(folder, run, plan.block_s, conditions_for(fail_on, run))
    return RunSession(plan, record, output, open_context).measure()


@dataclass(frozen=True, slots=True)
class RunSession:
    """A planned run, the record that it is saved in, and where it is shown."""

    plan: RunPlan
    record: RunRecord
    output: Output
    open_context: OpenContext

    def measure(self) -> int:
        """Measure to the end or to an interruption, save and report; return the exit status."""
        build_models(self.plan.suite, self.plan.options.launcher, self.output.print_line)
        self.record.save(self.record.run)
        with self.output.progress(self.plan, self.record) as progress:
            status: Status = "failed"
            try:
                self._measure(progress)
                status = "complete"
            except KeyboardInterrupt:
                status = "interrupted"
            finally:
                self.record.finish(status)
        return self.output.report(self.record)

    def _measure(self, progress: RunProgress) -> None:
        machine = host_facts.describe()  # before this process is bound to its core
        record = self.record
        with self.open_context(self.plan, record, progress) as context:
            record.save(replace(record.run, status="running", environment=environment(context, machine)))
            try:
                self._run_loop(context)
            finally:
                # Only now does the launcher know every image that it used.
                record.save(replace(record.run, environment=with_launch(record.run.environment, context.launcher)))

    def _run_loop(self, context: RunContext) -> None:
        match self.plan.suite.search:
            case None:
                self._compare(context)
            case ColdStartSettings() as settings:
                ColdStartLoop(context, self.record.run, settings).measure()
            case settings:
                SearchLoop(context, self.record.run, settings).measure()

    def _compare(self, context: RunContext) -> None:
        """Measure the pilot, decide how many blocks the run has, and measure the rest."""
        plan, record = self.plan, self.record
        loop, began_s = ComparisonLoop(context, record.run), time.monotonic()
        pilot = plan.steps_left(record.run)
        loop.measure(pilot)
        spent_s = time.monotonic() - began_s
        blocks = blocks_needed(record.run, plan, spent_s, block_seconds(plan, pilot, spent_s))
        if blocks > record.run.suite.blocks:
            loop.run = with_blocks(record.run, blocks)
            rest = plan.steps_left(loop.run)
            context.progress.print_line(f"The pilot fixes the number of blocks at {blocks}.")
            context.progress.plan_more(total_seconds(rest, plan.paces))
            loop.measure(rest)
