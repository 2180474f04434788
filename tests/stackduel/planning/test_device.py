"""The device on which a run's models are computed."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.planning import device
from stackduel.planning.device import CONTAINERS_STAY, device_of
from stackduel_servers.isolation import isolated_python
from stackduel_servers.models.device import Chosen


def lacks_cuda(name: str) -> str | None:
    return "there is no driver" if "cuda" in name else None


def test_local_servers_use_what_there_is() -> None:
    """auto is a GPU where there is one, and the CPU with its reason where there is none."""
    assert device_of(RunOptions(), lambda _name: None) == Chosen("cuda")
    assert device_of(RunOptions(), lacks_cuda) == Chosen("cpu", "Models run on the CPU: there is no driver.")
    assert device_of(RunOptions(device="torch-cpu"), lacks_cuda) == Chosen("torch-cpu")


def test_a_gpu_that_is_not_there_is_refused_before_anything_starts() -> None:
    """Asked for by name, the option is named with the reason."""
    with pytest.raises(FieldError, match=r"^--device: cuda cannot be used: there is no driver$"):
        device_of(RunOptions(device="cuda"), lacks_cuda)


def test_containers_get_gpus_only_by_name() -> None:
    """auto builds no images of gigabytes by surprise, and PyTorch is in no image."""
    assert device_of(RunOptions(launcher="docker")) == Chosen("cpu", CONTAINERS_STAY)
    assert device_of(RunOptions(launcher="docker", device="cuda")) == Chosen("cuda")
    with pytest.raises(FieldError, match="--device: torch-cuda needs --launcher local"):
        device_of(RunOptions(launcher="docker", device="torch-cuda"))


@pytest.mark.parametrize("launcher", ["compose", "url"])
def test_servers_of_somebody_else_s_are_what_they_are(launcher: Any) -> None:
    """A server that already runs has its device, and to ask for another one is an error."""
    assert device_of(RunOptions(launcher=launcher)) is None
    with pytest.raises(FieldError, match=f"--device: the servers of --launcher {launcher} were started without it"):
        device_of(RunOptions(launcher=launcher, device="cpu"))


def test_it_is_looked_for_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process's output is the answer; without a driver none is started, and one that fails is a reason."""
    asked: list[list[str]] = []

    def run(command: list[str], **_options: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        if "torch-cuda" in command:
            raise subprocess.CalledProcessError(1, command, stderr="Traceback\nImportError: it broke\n")
        return subprocess.CompletedProcess(command, 0, '{"cuda": null, "torch-cpu": "no torch"}', "")

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(device, "driver_lacks", lambda: None)
    assert device.lacking("cuda") is None
    assert device.lacking("torch-cpu") == "no torch"
    assert device.lacking("torch-cuda") == "looking for it failed: ImportError: it broke"
    assert asked[0] == [*isolated_python(), "-m", "stackduel_servers.models.device", "cuda"]
    monkeypatch.setattr(device, "driver_lacks", lambda: "no driver")
    assert device.lacking("cuda") == "no driver"
    assert len(asked) == 3
