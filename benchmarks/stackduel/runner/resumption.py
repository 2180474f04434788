"""A stored run that is taken up again: only the trials that it lacks are measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from stackduel.analysis.conditions.conditions import conditions_for
from stackduel.runner.output import Output
from stackduel.runner.request import restore_plan
from stackduel.runner.run_context import open_run
from stackduel.runner.run_record import RunRecord
from stackduel.runner.run_state import restore_run
from stackduel.runner.session import OpenContext, RunSession
from stackduel.runner.trial_export import NOWHERE, TrialOutlets
from stackduel.storage import run_file
from stackduel.storage.run_lock import locked


def resume(
    where: Path,
    fail_on: Sequence[str],
    output: Output,
    open_context: OpenContext = open_run,
    *,
    wait_quiet_s: float | None = None,
    outlets: TrialOutlets = NOWHERE,
) -> int:
    """Measure the trials that a stored run lacks; return the exit status. A run that lacks none is shown as it is.

    ``wait_quiet_s`` is how long to wait for a quiet host now, whatever the run did before; ``outlets``
    get the trials that are measured now.

    Raises StoreError if it cannot be read, FieldError if it cannot be resumed or a condition is wrong.
    """
    run_file.load(where)
    folder = where if where.is_dir() else where.parent
    with locked(folder):
        # Only now is it certain that nobody else changes it.
        stored = run_file.load(where)
        waiting = replace(stored, options=replace(stored.options, wait_quiet_s=wait_quiet_s))
        plan = restore_plan(waiting)
        run = restore_run(waiting, plan)
        conditions = conditions_for(fail_on, run)
        if stored.status == "complete" and not plan.steps_left(run):
            output.print_line(f"{run.run_id}: nothing is left to measure.")
            record = RunRecord(folder, replace(stored, secrets=plan.secrets), plan.block_s)
            record.judged = conditions.evaluate_on(record.run)
            return output.report(record)
        record = RunRecord(folder, run, plan.block_s, conditions)
        return RunSession(plan, record, output, open_context, outlets=outlets).measure()
