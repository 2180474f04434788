"""The context that all loops of a run share, and how it is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from stackduel.analysis.gates import Thresholds
from stackduel.analysis.slo import parse_slo
from stackduel.launch.launcher import Launcher
from stackduel.load.engine import Engine
from stackduel.load.shards.null_rate import NullRates
from stackduel.model.run import Run
from stackduel.model.run_options import NEVER_RESEND_S, RESEND_IDLE_S
from stackduel.model.search_settings import CapacitySettings, LossSettings
from stackduel.observe.gpu import nvml
from stackduel.planning.run_plan import RunPlan
from stackduel.process.cores import kept_on
from stackduel.process.interrupts import as_keyboard_interrupt
from stackduel.runner.generators import generator_for, reach_for
from stackduel.runner.launchers import launcher_for
from stackduel.runner.quiet_host import await_quiet, time_with_repeats
from stackduel.runner.run_progress import RunProgress
from stackduel.runner.run_record import RunRecord
from stackduel.runner.trial_runner import TrialRunner, TrialTerms
from stackduel.storage.run_document import redaction_for


@dataclass(frozen=True, slots=True)
class RunContext:
    """The plan, the launcher of its stacks, what measures a trial, what saves a run, and what shows its progress.

    ``notes`` are those that the report must hold of how the run began. ``gil_forced_by`` names the modules for which
    stacks turned the GIL on again when they were started.
    """

    plan: RunPlan
    launcher: Launcher
    trial_runner: TrialRunner
    save: Callable[[Run], None]
    progress: RunProgress
    notes: Sequence[str] = ()
    gil_forced_by: Mapping[str, str] = field(default_factory=dict)
    engine: Engine | None = None
    null_rates: NullRates | None = None


@contextmanager
def open_run(plan: RunPlan, record: RunRecord, progress: RunProgress) -> Iterator[RunContext]:
    """Look whether the host is quiet; open the launcher, GPUs, load engine and null server of a run, and close them.

    Meanwhile this process runs only on the downstream's cores, and SIGTERM interrupts it as Ctrl-C does.
    """
    run_id = record.run.run_id
    bounds = Thresholds(**plan.options.gates)
    with as_keyboard_interrupt(), kept_on(plan.budget.downstream):
        note = await_quiet(plan.options.wait_quiet_s, bounds, progress.print_line)
        if note is not None and plan.suite.search is None:
            planned_s = plan.preflight_s + plan.seconds_left(record.run)
            progress.print_line(time_with_repeats(planned_s, plan.spare_s))
        with (
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
                say=progress.print_line,
            )
            notes = (note,) if note else ()
            yield RunContext(
                *(plan, launcher, trial_runner, record.save, progress, notes), engine=engine, null_rates=null_rates
            )


def terms_of(plan: RunPlan) -> TrialTerms:
    """Return what all trials of a plan have in common."""
    return TrialTerms(
        budget=plan.budget,
        driver=plan.options.driver,
        timeout_s=plan.options.timeout_s,
        resend_idle_s=_resend_idle_s(plan),
        seed=plan.seed,
        bounds=bounds_of(plan),
        slots={name: pace.slots for name, pace in plan.paces.items()},
        cores={name: stack.cores for name, stack in plan.stacks.items()},
        protocols={stack.name: stack.protocol for stack in plan.stacks.values()},
        redaction=redaction_for(plan.secrets, plan.suite, plan.stacks),
        ends_early=plan.suite.has_twin,
        setup=plan.suite.setup or (),
    )


def bounds_of(plan: RunPlan) -> Thresholds:
    """Return the bounds of the gates: the method's, that of pauses for a service level, and those of the options."""
    search = plan.suite.search
    usual = {"pause_ms": parse_slo(search.slo).pause_ms} if isinstance(search, CapacitySettings) else {}
    return Thresholds(**{**usual, **plan.options.gates})


def _resend_idle_s(plan: RunPlan) -> float:
    """Return how long a connection must have been idle for its request to be sent again."""
    if isinstance(plan.suite.search, LossSettings):
        return NEVER_RESEND_S
    return RESEND_IDLE_S if plan.options.resend_idle_s is None else plan.options.resend_idle_s
