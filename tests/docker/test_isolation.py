"""The reach of a measured container: what docs/docker.md says of it, and nothing else."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from docker import DockerClient
from docker.models.containers import Container

from stackduel.containers.engine import describe, reaches_containers
from stackduel.launch.docker.container_launcher import ContainerLauncher
from stackduel.model.budget import Budget
from stackduel.model.stack import Stack
from tests.docker.conftest import run_id

pytestmark = pytest.mark.docker
# An address of the internet that is meant to be asked; whether a machine of a test gets there is its own affair.
OUTSIDE = ("1.1.1.1", 53)


def reaches(container: Container, host: str, port: int) -> bool:
    """Whether a process in the container can connect there."""
    code = f"import socket; socket.create_connection(({host!r}, {port}), 1.5); print('reached')"
    found = container.exec_run(["python", "-c", code])
    assert found.exit_code == 0 or b"Error" in found.output
    return found.exit_code == 0


@contextmanager
def listening(host: str) -> Iterator[int]:
    """A port of this machine on which somebody listens at this address."""
    with closing(socket.socket()) as held:
        held.bind((host, 0))
        held.listen(8)
        yield int(held.getsockname()[1])


def containers_of(client: DockerClient, run: str) -> dict[str, Container]:
    """The containers of a run, by the stack in them."""
    found = client.containers.list(filters={"label": f"stackduel.run={run}"}, ignore_removed=True)
    return {each.labels["stackduel.stack"]: each for each in found}


def inner(container: Container) -> str:
    """The address of a container in its only network."""
    (network,) = (container.attrs or {})["NetworkSettings"]["Networks"].values()
    return str(network["IPAddress"])


def test_nothing_outside_is_reached_from_inside_an_internal_network(
    client: DockerClient, launcher: ContainerLauncher, stacks: dict[str, Stack], budget: Budget
) -> None:
    """Neither another network's container, by its own address or its published port, nor the internet, nor what this
    machine has for itself; the own downstream is, and so is what this machine offers on every address."""
    if not reaches_containers(describe(client)):
        pytest.skip("this machine reaches containers by published ports alone")
    run = run_id()
    with (
        launcher.start(stacks["flask-gunicorn"]) as other,
        ContainerLauncher(budget, run, load_inside=True) as inside,
        inside.start(stacks["flask-gunicorn"]),
        listening("127.0.0.1") as private,
        listening("0.0.0.0") as offered,
    ):
        mine = containers_of(client, run)
        assert all(not ports for each in mine.values() for ports in each.ports.values())
        container = mine["flask-gunicorn"]
        network = client.networks.get(inside.network)
        gateway = (network.attrs or {})["IPAM"]["Config"][0]["Gateway"]
        foreign = client.containers.list(filters={"network": launcher.network}, ignore_removed=True)
        assert len(foreign) == 2
        refused = [(inner(each), 8002) for each in foreign] + [(inner(each), 8009) for each in foreign]
        refused += [(gateway, other.address.port), (gateway, private), OUTSIDE]
        assert [each for each in refused if reaches(container, *each)] == []
        assert reaches(container, inner(mine["downstream"]), 8009)
        assert reaches(container, gateway, offered)


def test_a_published_port_is_this_machine_s_alone(
    client: DockerClient, launcher: ContainerLauncher, stacks: dict[str, Stack]
) -> None:
    """With a way out, ports are published on 127.0.0.1: no address of this machine that others see leads to them."""
    with launcher.start(stacks["flask-gunicorn"]) as started:
        (server,) = client.containers.list(
            filters={"network": launcher.network, "label": "stackduel.stack=flask-gunicorn"}
        )
        published = [each for ports in server.ports.values() for each in ports or ()]
        assert {each["HostIp"] for each in published} == {"127.0.0.1"}
        assert started.address.port in {int(each["HostPort"]) for each in published}
        gateway = (client.networks.get(launcher.network).attrs or {})["IPAM"]["Config"][0]["Gateway"]
        with pytest.raises(OSError, match=r"refused|timed out"):
            socket.create_connection((gateway, started.address.port), 1.5).close()
