"""Choosing the launcher and the load engine that the options ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import inf
from pathlib import Path

from stackduel.analysis.gates import Thresholds
from stackduel.inference.isolated_bench import command, parse
from stackduel.launch.compose.compose_launcher import AttachedLauncher
from stackduel.launch.compose.compose_project import stacks_up
from stackduel.launch.docker.container_launcher import ContainerLauncher
from stackduel.launch.launcher import Launcher, Started
from stackduel.launch.local.local_launcher import LocalLauncher
from stackduel.launch.url import UrlLauncher
from stackduel.load.engine import Engine, local_engine
from stackduel.load.shards.null_rate import NullRates, local_null_rates
from stackduel.model.errors import FieldError, LaunchError
from stackduel.model.gpu_use import ReadableGpu
from stackduel.model.isolated import IsolatedMeasurement
from stackduel.model.plan_step import IsolatedStep
from stackduel.model.run import Run
from stackduel.model.run_options import RunOptions
from stackduel.model.target import Address
from stackduel.planning.estimates import total_seconds
from stackduel.planning.preparation import Prepared
from stackduel.report.terminal.progress import Narrator
from stackduel.runner.trial_runner import TrialRunner, TrialTerms


def running_stacks(options: RunOptions) -> frozenset[str] | None:
    """The stacks that an attached project has up; None where this run starts its stacks itself."""
    return stacks_up(options.project) if options.launcher == "compose" else None


def launcher_for(
    options: RunOptions, prepared: Prepared, run_id: str, folder: Path, say: Callable[[str], None]
) -> Launcher:
    """The launcher that the options name."""
    own = Path(options.model) if options.model else None
    match options.launcher:
        case "local":
            return LocalLauncher(prepared.budget, folder / "logs", own_model=own, device=prepared.device)
        case "docker":
            return ContainerLauncher(prepared.budget, run_id, say, own_model=own, device=prepared.device)
        case "compose":
            return AttachedLauncher(run_id, options.project)
        case "url":
            return UrlLauncher()


@contextmanager
def bench_for(
    options: RunOptions,
    prepared: Prepared,
    launcher: Launcher,
    run: Run,
    show: Narrator,
    gpus: Sequence[ReadableGpu] = (),
) -> Iterator[TrialRunner]:
    """The bench on which every trial is measured: the load engine, the null server, and the terms of the run."""
    terms = TrialTerms(
        budget=prepared.budget,
        driver=options.driver,
        timeout_s=options.timeout_s,
        seed=run.seed,
        bounds=Thresholds(**options.gates),
        slots={name: pace.slots for name, pace in prepared.paces.items()},
        protocols={stack.name: stack.protocol for stack in prepared.stacks.values()},
    )
    with generator_for(options, prepared, launcher, run.run_id, show.say) as (engine, null_rates):
        yield TrialRunner(
            terms,
            launcher=launcher,
            engine=engine,
            reach=reach_for(options),
            null_rate_rps=null_rates.rate_rps,
            progress=show.progress,
            gpus=gpus,
        )


def alone_for(launcher: Launcher) -> Callable[[IsolatedStep], IsolatedMeasurement] | None:
    """What measures a model alone, on the server's cores; None where the launcher starts nothing itself."""
    if not isinstance(launcher, LocalLauncher | ContainerLauncher):
        return None
    pool = len(launcher.budget.server)
    return lambda solo: parse(solo.model, solo.block, launcher.alone(command(solo.model, pool)))


def spare_seconds(options: RunOptions, prepared: Prepared) -> float:
    """What a time budget leaves for repeating trials that do not count."""
    if options.time_budget_s is None:
        return inf
    return max(0.0, options.time_budget_s - total_seconds(prepared.steps, prepared.paces))


@contextmanager
def generator_for(
    options: RunOptions, prepared: Prepared, launcher: Launcher, run_id: str, say: Callable[[str], None]
) -> Iterator[tuple[Engine, NullRates]]:
    """The load engine, in processes here or in containers on the stacks' network, and its null server beside it."""
    cores, server_core = prepared.budget.generator, prepared.budget.server[0]
    if options.generator == "process":
        with local_engine(cores, shards=len(cores)) as engine, local_null_rates(engine, server_core) as null_rates:
            yield engine, null_rates
        return
    if not isinstance(launcher, ContainerLauncher | AttachedLauncher):
        raise FieldError("--generator: container needs --launcher docker or compose")
    from stackduel.load.shards.container_channel import container_engine  # noqa: PLC0415 - the SDK only here
    from stackduel.load.shards.container_null_rate import container_null_rates  # noqa: PLC0415

    network = launcher.network
    with (
        container_engine(network, cores, run_id, say) as engine,
        container_null_rates(engine, network, server_core, run_id, say) as null_rates,
    ):
        yield engine, null_rates


def reach_for(options: RunOptions) -> Callable[[Started], Address]:
    """How the generator reaches a started stack."""
    return _published if options.generator == "process" else _inner


def _published(started: Started) -> Address:
    return started.address


def _inner(started: Started) -> Address:
    if started.inner_address is None:
        raise LaunchError("the stack is on no containers' network: --generator process reaches it")
    return started.inner_address
