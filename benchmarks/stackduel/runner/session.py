"""How a run works, from request to report. Read this module first.

A request becomes a RunPlan. The preflight starts every stack once and reports all that is wrong. In each block every
stack is started, verified and loaded; each trial is judged and saved at once. The first blocks (the pilot) fix the
number of blocks (``measuring.py``, which also leads to the searches). At the end the run is saved and reported.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from stackduel.analysis.conditions.conditions import conditions_for
from stackduel.model.run import Run
from stackduel.observe.host import host_facts
from stackduel.planning.models import build_models
from stackduel.planning.run_plan import RunPlan
from stackduel.runner.environment import environment, with_launch
from stackduel.runner.generator_size import with_enough_generator
from stackduel.runner.interpreters import with_interpreters
from stackduel.runner.measuring import Measuring
from stackduel.runner.output import Output
from stackduel.runner.preflight import preflight
from stackduel.runner.request import RunRequest, resolve
from stackduel.runner.run_context import RunContext, open_run
from stackduel.runner.run_end import recorded_end
from stackduel.runner.run_progress import RunProgress
from stackduel.runner.run_record import RunRecord
from stackduel.runner.run_state import new_run
from stackduel.runner.trial_export import NOWHERE, TrialOutlets, exported
from stackduel.storage.run_lock import locked

OpenContext = Callable[[RunPlan, RunRecord, RunProgress], AbstractContextManager[RunContext]]


def start(request: RunRequest, results: Path, output: Output, open_context: OpenContext = open_run) -> int:
    """Measure a new run, saved in a folder below ``results``; return the exit status.

    Raises FieldError, before anything is started, for wrong options, suites and conditions.
    """
    return planned_session(request, results, output, open_context).measure_alone()


def planned_session(
    request: RunRequest, results: Path, output: Output, open_context: OpenContext = open_run
) -> RunSession:
    """Return the session of a new run, which nothing was started of yet; raises FieldError as ``start`` does."""
    plan = resolve(request)
    run = new_run(plan, request.command)
    record = RunRecord(results / run.run_id, run, plan.block_s, conditions_for(request.fail_on, run))
    return RunSession(plan, record, output, open_context, request.flamegraph, request.outlets)


@dataclass(frozen=True, slots=True)
class RunSession:
    """A planned run, the record that it is saved in, where it is shown, and who else gets its flamegraph and trials."""

    plan: RunPlan
    record: RunRecord
    output: Output
    open_context: OpenContext
    flamegraph: Path | None = None
    outlets: TrialOutlets = NOWHERE

    def measure_alone(self) -> int:
        """Measure while nobody else writes into the run's folder; return the exit status."""
        with locked(self.record.folder):
            return self.measure()

    def measure(self) -> int:
        """Measure to the end, to an interruption or until the sandbox fails; save, report, return the exit status."""
        build_models(self.plan.suite, self.plan.stacks.values(), self.plan.options.launcher, self.output.print_line)
        self.record.begin()
        with (
            exported(self.record, self.outlets, self.output.print_error),
            self.output.progress(self.plan, self.record) as progress,
            recorded_end(self.record) as end,
        ):
            self.record.warn = progress.print_line
            self._measure(progress)
        if end.problem is not None:
            self.output.print_error(end.problem)
        return self.output.report(self.record)

    def _measure(self, progress: RunProgress) -> None:
        record, machine = self.record, host_facts.describe()  # before this process is bound to its core
        with self.open_context(self.plan, record, progress) as context:
            found = environment(context, machine, record.run.environment)
            record.save(replace(record.run, status="running", environment=found))
            try:
                checked = with_enough_generator(preflight(context, record.run))
                record.save(with_interpreters(_on_cores_of(record.run, checked), checked))
                Measuring(checked, record, self.flamegraph).measure()
            finally:
                # Only now does the launcher know every image that it used.
                after = with_launch(record.run.environment, context.launcher, context.trial_runner.notes)
                record.save(replace(record.run, environment=after))


def _on_cores_of(run: Run, context: RunContext) -> Run:
    """Return the run with the division of the cores as it is now that the generator knows what it needs."""
    return replace(run, environment=replace(run.environment, budget=context.plan.budget))
