"""Profiles in Docker: py-spy beside the server's container, which stays as it is measured."""

from __future__ import annotations

import threading

import pytest
from docker import DockerClient

from stackduel.analysis.profiling.recordings import read_recording
from stackduel.launch.docker.container_launcher import ContainerLauncher
from stackduel.model.profile_settings import ProfileSettings
from stackduel.model.stack import Stack
from stackduel.model.suite import Workload
from stackduel.model.target import Address, ContainerRef
from stackduel.observe.profiler.sampler import PySpyCommand
from stackduel.observe.profiler.sidecar import SidecarPlace, SidecarSampler
from stackduel.verify.exchange import ask
from tests.docker.conftest import run_id
from tests.until import until

pytestmark = pytest.mark.docker
NO_PY_SPY = "import shutil; assert not shutil.which('py-spy')"


def busy(address: Address, ended: threading.Event) -> None:
    """Ask for a large answer again and again."""
    while not ended.is_set():
        ask(address, Workload("/json?items=5000"))


def test_a_container_is_sampled_from_another_one(
    client: DockerClient, launcher: ContainerLauncher, stacks: dict[str, Stack]
) -> None:
    """Its encoder of JSON is found by a sidecar with one capability; the server's container has none and no py-spy."""
    with launcher.start(stacks["fastapi-uvicorn"]) as started:
        subject = started.subject
        assert isinstance(subject, ContainerRef)
        ended = threading.Event()
        loading = threading.Thread(target=busy, args=(started.address, ended))
        loading.start()
        name = run_id()
        try:
            sampler = SidecarSampler(
                subject.container_id, PySpyCommand(ProfileSettings()), SidecarPlace(name, (0,), print)
            )
            with sampler:
                (sidecar,) = client.containers.list(filters={"label": f"stackduel.run={name}"})
                host = sidecar.attrs["HostConfig"]
                assert (host["CapDrop"], host["CapAdd"]) == (["ALL"], ["SYS_PTRACE"])
                assert host["ReadonlyRootfs"]
                assert host["NetworkMode"] == "none"
                assert host["PidMode"] == f"container:{subject.container_id}"
                server = client.containers.get(subject.container_id)
                assert not server.attrs["HostConfig"]["CapAdd"]
                assert (
                    server.exec_run(["python", "-c", "import shutil; assert not shutil.which('py-spy')"]).exit_code == 0
                )
                assert until(lambda: _cpu_ns(sidecar) > 0.5e9, within_s=60)
                samples = read_recording(sampler.recording())
        finally:
            ended.set()
            loading.join()
        assert not client.containers.list(all=True, filters={"label": f"stackduel.run={name}"})
    assert samples.total > 0
    assert any(frame.file.endswith("json/encoder.py") for calls in samples.calls for frame in calls)


def _cpu_ns(container: object) -> int:
    return int(container.stats(stream=False)["cpu_stats"]["cpu_usage"]["total_usage"])  # type: ignore[attr-defined]
