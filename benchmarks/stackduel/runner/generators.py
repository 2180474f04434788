"""The load generator that the options name, and how it reaches a stack."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from stackduel.launch.launcher import Launcher, Started
from stackduel.load.engine import Engine, local_engine
from stackduel.load.shards.null_rate import NullRates, local_null_rates
from stackduel.model.errors import LaunchError
from stackduel.model.run_options import RunOptions
from stackduel.model.target import Address
from stackduel.planning.run_plan import RunPlan


@contextmanager
def generator_for(
    plan: RunPlan, launcher: Launcher, run_id: str, say: Callable[[str], None]
) -> Iterator[tuple[Engine, NullRates]]:
    """Open the load engine, in processes here or in containers on the stacks' network, and its null server."""
    cores, of_server = plan.budget.generator, plan.budget.server
    if plan.options.generator == "process":
        with local_engine(cores, shards=len(cores)) as engine, local_null_rates(engine, of_server) as null_rates:
            yield engine, null_rates
        return
    network = launcher.network
    if network is None:
        raise LaunchError(f"--launcher {launcher.name} has no network for a generator in a container")
    from stackduel.load.shards.container_channel import container_engine  # noqa: PLC0415 - the SDK only here
    from stackduel.load.shards.container_null_rate import container_null_rates  # noqa: PLC0415

    with (
        container_engine(network, plan.budget, run_id, say) as engine,
        container_null_rates(engine, network, plan.budget, run_id, say) as null_rates,
    ):
        yield engine, null_rates


def reach_for(options: RunOptions) -> Callable[[Started], Address]:
    """Return how the generator reaches a started stack."""
    return _published if options.generator == "process" else _inner


def _published(started: Started) -> Address:
    return started.address


def _inner(started: Started) -> Address:
    if started.inner_address is None:
        raise LaunchError("the stack is on no containers' network: --generator process reaches it")
    return started.inner_address
