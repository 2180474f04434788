"""Triton in containers: confined like every stack, beside the application that calls it, and gone at the end."""

from __future__ import annotations

import json

import pytest
from docker import DockerClient

from stackduel.launch.companion import StackWithCompanion
from stackduel.launch.docker.container_launcher import ContainerLauncher
from stackduel.model.budget import Budget
from stackduel.model.stack import Stack
from stackduel.model.target import ContainerRef, parts_of
from stackduel.observe.resources.meters import meter_of
from stackduel.verify.exchange import exchange
from stackduel_servers.core import kserve
from stackduel_servers.models import sample_inputs
from tests.docker.test_launcher import run_inside
from tests.until import until

# The first of them may have to build two images.
pytestmark = [pytest.mark.docker, pytest.mark.triton, pytest.mark.timeout(900)]

SAMPLES = sample_inputs.sound(48_000, 48_000, 1)
FORM = [("Content-Type", "application/octet-stream")]


def test_triton_runs_confined(
    client: DockerClient, launcher: ContainerLauncher, stacks: dict[str, Stack], budget: Budget
) -> None:
    """Without root, on a read-only file system and the run's cores it serves its models, with shared memory enough."""
    with launcher.start(stacks["triton"]) as started:
        body, length = kserve.encode_request({"samples": SAMPLES}, ["speaker_a"])
        reply = exchange(
            started.address,
            kserve.target("fast-cnn"),
            method="POST",
            headers=[(kserve.HEADER_LENGTH, str(length))],
            body=body,
        )
        answer = kserve.decode_response(reply.body, int(reply.header(kserve.HEADER_LENGTH) or 0))
        assert answer["speaker_a"].shape == (192,)
        assert isinstance(started.subject, ContainerRef)
        container = client.containers.get(started.subject.container_id)
        host = container.attrs["HostConfig"]
        assert (host["ReadonlyRootfs"], host["CapDrop"], host["ShmSize"]) == (True, ["ALL"], 256 * 1024 * 1024)
        assert host["CpusetCpus"] == ",".join(map(str, budget.server))
        assert run_inside(container, "import os; print(os.getuid())") == "10001"


def test_triton_over_grpc_is_healthy(launcher: ContainerLauncher, stacks: dict[str, Stack]) -> None:
    """HTTP/2's greeting is waited for, and nothing answers HTTP there."""
    with launcher.start(stacks["triton-grpc"]) as started:
        assert started.failure() is None


def test_an_application_has_its_triton_beside_it(
    client: DockerClient, launcher: ContainerLauncher, stacks: dict[str, Stack]
) -> None:
    """Two containers on the run's network are one stack: one answer, account and failure, and none of them stays."""
    with launcher.start(stacks["fastapi-triton"]) as started:
        assert isinstance(started, StackWithCompanion)
        ids = [part.container_id for part in parts_of(started.subject) if isinstance(part, ContainerRef)]
        assert len(ids) == 2
        before = meter_of(started.subject)
        assert before is not None
        idle = before.read()
        reply = exchange(started.address, "/infer/fast-cnn", method="POST", headers=FORM, body=SAMPLES.tobytes())
        assert reply.status == 200, reply.body
        assert set(json.loads(reply.body)["outputs"]) == {"speaker_a", "speaker_b"}
        used = before.read()
        assert used.cpu_s > idle.cpu_s
        assert used.memory_mib > idle.memory_mib
        limits = [client.containers.get(each).attrs["HostConfig"] for each in ids]
        for name in ("CpusetCpus", "Memory", "MemorySwap", "PidsLimit", "ReadonlyRootfs", "CapDrop", "SecurityOpt"):
            assert limits[0][name] == limits[1][name], name
        client.containers.get(ids[1]).kill()
        assert until(lambda: started.failure() == "its companion: its container ended with exit status 137 (SIGKILL)")
    left = {each.id for each in client.containers.list(all=True, ignore_removed=True)}
    assert not left & set(ids)
