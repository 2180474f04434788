"""The load generator in a container on the stacks' network."""

from __future__ import annotations

from dataclasses import replace

import pytest
from docker import DockerClient

from stackduel.containers.engine import describe, reaches_containers
from stackduel.inference.translation import translate
from stackduel.launch.docker.container_launcher import ContainerLauncher
from stackduel.launch.launcher import Started
from stackduel.load.job import Call, Job, LoadError
from stackduel.load.shards.container_channel import container_engine
from stackduel.load.shards.container_null_rate import container_null_rates
from stackduel.model.budget import Budget
from stackduel.model.measurement import Expectation
from stackduel.model.model_input import ModelInput
from stackduel.model.stack import Stack
from stackduel.model.suite import ClosedLoop, Workload
from stackduel.verify.exchange import exchange
from tests.docker.conftest import run_id

pytestmark = pytest.mark.docker


def job(started: Started, duration_s: float = 0.5) -> Job:
    assert started.inner_address is not None
    load = ClosedLoop(4, duration_s=duration_s)
    return Job(started.inner_address, (Call(Workload("/slow-io?delay=0.01"), Expectation(200)),), load)


def on(cores: tuple[int, ...], budget: Budget) -> Budget:
    """Return the budget with so many cores for the generator."""
    return replace(budget, generator=cores)


def test_the_generator_loads_from_inside_the_network(
    client: DockerClient, launcher: ContainerLauncher, stacks: dict[str, Stack], budget: Budget
) -> None:
    """It reaches the stack by its inner address, on its own core; a killed one fails the load and is replaced."""
    run, cores = run_id(), budget.generator[:1]
    with (
        launcher.start(stacks["fastapi-uvicorn"]) as started,
        container_engine(launcher.network, on(cores, budget), run, lambda _line: None) as generator,
    ):
        found = generator.measure(job(started))
        assert (found.failed, found.generator.cores) == (0, cores)
        assert found.succeeded > 20
        (first,) = client.containers.list(filters={"label": f"stackduel.run={run}"}, ignore_removed=True)
        assert first.attrs["HostConfig"]["CpusetCpus"] == str(cores[0])
        assert first.attrs["HostConfig"]["CapDrop"] == ["ALL"]
        with pytest.raises(LoadError, match=r"a worker of the load generator ended with exit status 137 \(SIGKILL\)"):
            generator.measure(job(started, 60), at_start=first.kill)
        assert generator.measure(job(started)).failed == 0
        (second,) = client.containers.list(all=True, filters={"label": f"stackduel.run={run}"}, ignore_removed=True)
        assert second.id != first.id


@pytest.mark.triton
@pytest.mark.timeout(900)  # Triton's image may have to be built
def test_the_generator_speaks_grpc_too(launcher: ContainerLauncher, stacks: dict[str, Stack], budget: Budget) -> None:
    """From its container it asks Triton over gRPC, and reads the numbers in the answers."""
    details = translate(
        Workload("/infer/fast-cnn", model="fast-cnn", given=ModelInput("float32", 48_000, 48_000)), "kserve-grpc"
    )
    with (
        launcher.start(stacks["triton-grpc"]) as started,
        container_engine(launcher.network, on(budget.generator[:1], budget), run_id(), lambda _line: None) as generator,
    ):
        assert started.inner_address is not None
        call = Call(details.workload, Expectation(200))
        found = generator.measure(Job(started.inner_address, (call,), ClosedLoop(2, requests=10), driver="grpc"))
        assert (found.succeeded, found.failed) == (10, 0)


def test_the_null_server_stands_in_the_same_network(
    client: DockerClient, launcher: ContainerLauncher, stacks: dict[str, Stack], budget: Budget
) -> None:
    """Shards in containers drive it faster than any stack, on the stack's core; nothing of it is left afterwards."""
    run, cores = run_id(), budget.generator[:1]
    mine: dict[str, str | list[str] | bool] = {"label": f"stackduel.run={run}"}
    with (
        launcher.start(stacks["fastapi-uvicorn"]) as started,
        container_engine(launcher.network, on(cores, budget), run, lambda _line: None) as generator,
    ):
        loaded = job(started)
        with container_null_rates(generator, launcher.network, budget, run, lambda _line: None) as rates:
            (shard,) = client.containers.list(filters=mine, ignore_removed=True)
            rate_rps = rates.rate_rps(loaded)
            assert rate_rps is not None
            # Four clients that wait for 10 ms each time cannot make more than 400.
            assert rate_rps > 2 * 400
            (server,) = (
                each for each in client.containers.list(filters=mine, ignore_removed=True) if each.id != shard.id
            )
            assert server.attrs["HostConfig"]["CpusetCpus"] == str(budget.server[0])
            assert server.attrs["HostConfig"]["CapDrop"] == ["ALL"]
            assert server.attrs["HostConfig"]["ReadonlyRootfs"] is True
            # Another length of the answers takes the place of the first server, under the same name.
            (call,) = loaded.calls
            longer = Call(call.workload, Expectation(200, 5000))
            assert rates.rate_rps(replace(loaded, calls=(longer,))) is not None
        assert [each.id for each in client.containers.list(all=True, filters=mine, ignore_removed=True)] == [shard.id]


@pytest.mark.parametrize("load_inside", [True, False])
def test_a_network_that_is_loaded_from_inside_has_no_way_out(
    client: DockerClient, stacks: dict[str, Stack], budget: Budget, load_inside: bool
) -> None:
    """Its load stays inside and no port is published; stacks start, answer and are loaded all the same."""
    run = run_id()
    with ContainerLauncher(budget, run, load_inside=load_inside) as launcher:
        network = client.networks.get(launcher.network)
        with launcher.start(stacks["flask-gunicorn"]) as started:
            assert exchange(started.address, "/slow-io?delay=0").status == 200
            one = on(budget.generator[:1], budget)
            with container_engine(launcher.network, one, run, lambda _line: None) as generator:
                assert generator.measure(job(started)).failed == 0
            (server,) = client.containers.list(
                filters={"label": [f"stackduel.run={run}", "stackduel.stack=flask-gunicorn"]}
            )
            published = [port for ports in server.ports.values() for port in ports or ()]
        is_internal = load_inside and reaches_containers(describe(client))
        assert (network.attrs["Internal"], bool(published)) == (is_internal, not is_internal)
        assert launcher.facts()["network"] == ("internal" if is_internal else "with a way out")
