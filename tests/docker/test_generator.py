"""The load generator in a container on the stacks' network."""

from __future__ import annotations

import pytest
from docker import DockerClient

from benchmarks.budget import Budget
from benchmarks.launch.base import Started
from benchmarks.launch.containers import ContainerLauncher
from benchmarks.load.container_channel import container_engine
from benchmarks.load.engine import LoadError
from benchmarks.load.job import Call, Job
from benchmarks.measurement import Expectation
from benchmarks.stacks import Stack
from benchmarks.suite import ClosedLoop, Workload
from tests.docker.conftest import run_id

pytestmark = pytest.mark.docker


def job(started: Started, duration_s: float = 0.5) -> Job:
    assert started.inner_address is not None
    load = ClosedLoop(4, duration_s=duration_s)
    return Job(started.inner_address, (Call(Workload("/slow-io?delay=0.01"), Expectation(200)),), load)


def test_the_generator_loads_from_inside_the_network(
    client: DockerClient, launcher: ContainerLauncher, stacks: dict[str, Stack], budget: Budget
) -> None:
    """It reaches the stack by its inner address, on its own core; a killed one fails the load and is replaced."""
    run, cores = run_id(), budget.generator[:1]
    with (
        launcher.start(stacks["fastapi-uvicorn"]) as started,
        container_engine(launcher.network, cores, run, lambda _line: None) as generator,
    ):
        found = generator.measure(job(started))
        assert (found.failed, found.generator.cores) == (0, cores)
        assert found.succeeded > 20
        (first,) = client.containers.list(filters={"label": f"stackduel.run={run}"})
        assert first.attrs["HostConfig"]["CpusetCpus"] == str(cores[0])
        assert first.attrs["HostConfig"]["CapDrop"] == ["ALL"]
        with pytest.raises(LoadError, match="ended during the load"):
            generator.measure(job(started, 60), at_start=first.kill)
        assert generator.measure(job(started)).failed == 0
        (second,) = client.containers.list(all=True, filters={"label": f"stackduel.run={run}"})
        assert second.id != first.id
