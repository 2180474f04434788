"""The context that all loops of a run share, and how it is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from stackduel.analysis.gates import Thresholds
from stackduel.launch.launcher import Launcher
from stackduel.model.run import Run
from stackduel.observe.gpu import nvml
from stackduel.planning.run_plan import RunPlan
from stackduel.process.cores import kept_on
from stackduel.process.interrupts import as_keyboard_interrupt
from stackduel.runner.generators import generator_for, reach_for
from stackduel.runner.launchers import launcher_for
from stackduel.runner.run_progress import RunProgress
from stackduel.runner.run_record import RunRecord
from stackduel.runner.trial_runner import TrialRunner, TrialTerms


@dataclass(frozen=True, slots=True)
class RunContext:
    """The plan, the launcher of its stacks, what measures a trial, what saves a run, and what shows its progress."""

    plan: RunPlan
    launcher: Launcher
    trial_runner: TrialRunner
    save: Callable[[Run], None]
    progress: RunProgress


@contextmanager
def open_run(plan: RunPlan, record: RunRecord, progress: RunProgress) -> Iterator[RunContext]:
    """Open the launcher, the GPUs, the load engine and the null server of a run, and close them afterwards.

    Meanwhile this process runs only on the downstream's cores, and SIGTERM interrupts it as Ctrl-C does.
    """
    run_id = record.run.run_id
    with (
        as_keyboard_interrupt(),
        kept_on(plan.budget.downstream),
        launcher_for(plan, run_id, record.folder, progress.print_line) as launcher,
        nvml.devices_if_any() as gpus,
        generator_for(plan, launcher, run_id, progress.print_line) as (engine, null_rates),
    ):
        trial_runner = TrialRunner(
            terms_of(plan),
            launcher=launcher,
            engine=engine,
            reach=reach_for(plan.options),
            null_rate_rps=null_rates.rate_rps,
            progress=progress.progress,
            gpus=gpus,
        )
        yield RunContext(plan, launcher, trial_runner, record.save, progress)


def terms_of(plan: RunPlan) -> TrialTerms:
    """Return what all trials of a plan have in common."""
    return TrialTerms(
        budget=plan.budget,
        driver=plan.options.driver,
        timeout_s=plan.options.timeout_s,
        seed=plan.seed,
        bounds=Thresholds(**plan.options.gates),
        slots={name: pace.slots for name, pace in plan.paces.items()},
        protocols={stack.name: stack.protocol for stack in plan.stacks.values()},
    )
